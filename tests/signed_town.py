"""A town whose ledger is really signed: requests as the chaincode accepts them, with every key at hand.

The records that it writes are those of an auditor's books; a test says what a chaincode would write instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import count, islice
from typing import Any

from story import CODE, DOMAIN, NOON, ORGANISATIONS, SCHEME, SHOP, Story, rules

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from forge import Channel, Invocation, Ledger, Sets
from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.replay import Replay
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder, self_block_hash
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance, Line

MSPIDS = ("GemeenteMSP", "WinkelsMSP", "AuditorMSP", "RegieMSP")
GIVEN = 30_000
"""Cents of each voucher."""
_PART = 500
Writes = dict[str, bytes | None]


def voucher_id(number: int) -> str:
    """The id of a voucher, by its number from 0."""
    return f"{0xB0 << 32 | number:032x}"


class SignedTown:
    """A scheme, a shop and vouchers, on a ledger that four organisations sign.

    Attributes:
        channel: the channel, with its keys.
        ledger: the ledger; it keeps its blocks unless the town is a large one.
        story: the requests.
    """

    def __init__(self, vouchers: int = 2, *, keep: bool = True) -> None:
        """Make the keys, block 0 and the definition of the chaincode; `begin` gives the rest.

        Args:
            vouchers: how many vouchers there are.
            keep: keep the blocks.
        """
        self.channel = Channel(DOMAIN.channel, MSPIDS)
        self.ledger = Ledger(self.channel, keep=keep)
        self.story = Story()
        self.story.layout = 3
        self.holders = [HolderKey.generate() for _ in range(vouchers)]
        self._people: dict[tuple[str, str, str], Identity] = {}
        self._replay = Replay(DOMAIN)
        self._next = 0

    @property
    def books(self) -> Books:
        """What the requests amount to."""
        return self._replay.books

    @cached_property
    def peers(self) -> dict[str, Identity]:
        """A peer of each organisation."""
        return {mspid: self.channel.member(mspid, "peer", "peer0") for mspid in MSPIDS}

    def person(self, request: CommittedRequest) -> Identity:
        """Whoever made a request, with the attributes of the certificate."""
        who = request.mspid, request.person, request.shop
        if who not in self._people:
            attributes = {"kindpakket.person": request.person, "kindpakket.role": request.role}
            if request.shop:
                attributes["kindpakket.shop"] = request.shop
            self._people[who] = self.channel.member(
                request.mspid, "client", request.person, attributes=attributes
            )
        return self._people[who]

    def definition(self) -> bytes:
        """The transaction that commits the chaincode's definition: municipality and shops endorse."""
        data, lifecycle = m.lifecycle_state.StateData, m.lifecycle
        rule = m.policies.SignaturePolicy
        policy = m.policies.SignaturePolicyEnvelope(
            rule=rule(n_out_of=rule.NOutOf(n=2, rules=[rule(signed_by=0), rule(signed_by=1)]))
        )
        for mspid in MSPIDS[:2]:
            role = m.msp_principal.MSPRole(msp_identifier=mspid, role=m.msp_principal.MSPRole.PEER)
            policy.identities.add(principal=role.SerializeToString())
        parameter = m.policy.ApplicationPolicy(signature_policy=policy).SerializeToString()
        values = {
            "Sequence": data(Int64=1),
            "EndorsementInfo": data(
                Bytes=lifecycle.ChaincodeEndorsementInfo(
                    version="1.0", endorsement_plugin="escc"
                ).SerializeToString()
            ),
            "ValidationInfo": data(
                Bytes=lifecycle.ChaincodeValidationInfo(
                    validation_plugin="vscc", validation_parameter=parameter
                ).SerializeToString()
            ),
            "Collections": data(Bytes=m.collection.CollectionConfigPackage().SerializeToString()),
        }
        prefix = f"namespaces/fields/{DOMAIN.chaincode}"
        writes = {f"{prefix}/{name}": value.SerializeToString() for name, value in values.items()}
        described = m.lifecycle_state.StateMetadata(datatype="ChaincodeDefinition", fields=list(values))
        writes[f"namespaces/metadata/{DOMAIN.chaincode}"] = described.SerializeToString()
        return Invocation(
            creator=self.channel.admins[MSPIDS[0]],
            endorsers=list(self.peers.values())[:3],
            channel=DOMAIN.channel,
            chaincode="_lifecycle",
            arguments=[b"CommitChaincodeDefinition"],
            sets={"_lifecycle": Sets(writes=writes)},
            at=_time(NOON),
        ).envelope()

    def envelope(
        self,
        request: CommittedRequest,
        *,
        endorsers: Sequence[str] = MSPIDS[:2],
        creator: Identity | None = None,
        changed: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> bytes:
        """The transaction of a request, with what an honest chaincode writes.

        Args:
            request: the request.
            endorsers: MSP ids of whose peers endorse.
            creator: who signs; default: whoever made the request.
            changed: members of written records that another chaincode writes instead, by the kind of record.
        """
        self._replay.apply(request)
        writes = _written(self._replay.books, request, changed or {})
        return Invocation(
            creator=creator or self.person(request),
            endorsers=[self.peers[mspid] for mspid in endorsers],
            channel=DOMAIN.channel,
            chaincode=DOMAIN.chaincode,
            arguments=[request.operation.encode(), json.dumps(request.request).encode()],
            sets={DOMAIN.chaincode: Sets(writes=writes)},
            at=_time(request.at),
        ).envelope()

    def begin(self) -> list[Any]:
        """The first blocks: organisations, an open scheme, an approved shop and active vouchers."""
        self._open()
        blocks = [self.ledger.genesis, self.ledger.add([self.definition()])]
        return [*blocks, *self.seal(1)]

    def seal(self, per_block: int = 1, **block: Any) -> list[Any]:
        """Blocks of the requests that are in none yet; arguments as of `Ledger.add`."""
        return list(self.sealing(per_block, **block))

    def sealing(self, per_block: int = 1, **block: Any) -> Iterator[Any]:
        """The same, each block when it is asked for."""
        while self._next < len(self.story.requests):
            batch = self.story.requests[self._next : self._next + per_block]
            self._next += len(batch)
            yield self.ledger.add([self.envelope(request) for request in batch], **block)

    def take(self) -> CommittedRequest:
        """The next request that is in no block yet, for one to be made by hand."""
        request = self.story.requests[self._next]
        self._next += 1
        return request

    def pay(self, number: int = 0, cents: int = 100) -> str:
        """A payment with a voucher, which its holder agreed to."""
        order = PaymentOrder(
            domain=DOMAIN,
            scheme=SCHEME,
            voucher=voucher_id(number),
            version=1,
            request_id=f"{next(_NUMBERS):032x}",
            shop=SHOP,
            lines=(Line(category="toys", cents=cents),),
            deadline=NOON + 60,
        )
        return self.story.send(order, self.holders[number].authorise(order))

    def settle(self, *, paid: bool = True) -> str:
        """A settlement of what is open, up to the bank's answer."""
        add: Any = self.story.add
        add("scheme:CloseDay", scheme=SCHEME, day="2026-03-10")
        settlement = str(add("settlement:Draft", "p-clerk", scheme=SCHEME, shop=SHOP))
        named: Any = {"scheme": SCHEME, "settlement": settlement}
        add("settlement:Approve", "p-manager", **named)
        add("settlement:Export", "p-treasurer", scheme=SCHEME, settlements=[settlement], file_sha256="f" * 64)
        if paid:
            add("settlement:Book", "p-treasurer", **named, outcome="paid")
        return settlement

    def large(self, payments: int, per_block: int = 10) -> Iterator[Any]:
        """All blocks of a town with many payments, each made when it is asked for.

        Only its vouchers are kept, so that memory does not grow with the payments.
        """
        yield from self.begin()
        self._forget()
        made = (self.pay(number % len(self.holders)) for number in range(payments))
        while list(islice(made, per_block)):
            yield from self.sealing(per_block)
            self._forget()

    def _forget(self) -> None:
        """Let go of what no later payment needs: vouchers know what they have left."""
        self.story.requests.clear()
        self._next = 0
        books = self._replay.books
        books.payments.clear()
        books.movements = []
        for scheme in books.schemes.values():
            scheme.unsettled.clear()
        self._replay = Replay(DOMAIN, books)

    def _open(self) -> None:
        add: Any = self.story.add
        size = len(self.holders)
        add("organisations:Initialise", "p-manager", **ORGANISATIONS)
        add("scheme:Draft", request_id=SCHEME, rules=rules(), budget_cents=(size + 1) * GIVEN)
        add("scheme:Approve", "p-manager", scheme=SCHEME)
        add("scheme:Open", scheme=SCHEME)
        add("shop:Apply", "p-shop", request_id=SHOP, categories=["books", "toys"])
        grants = [{"code": code, "from": "2026-01-01"} for code in ("books", "toys")]
        add("shop:Approve", "p-manager", shop=SHOP, categories=grants)
        issued: list[Issuance] = [
            {
                "id": voucher_id(number),
                "entitlement": f"{0xE0 << 32 | number:032x}",
                "preset": "child",
                "units": 1,
            }
            for number in range(size)
        ]
        lines = ApprovableList.cut(issued)
        proposal = add(
            "allocation:Propose",
            scheme=SCHEME,
            use="issue",
            vouchers=size,
            cents=size * GIVEN,
            list_sha256=lines.sha256,
            parts=len(lines.parts),
            expires_at=NOON + 86_400,
            reason="intake",
        )
        add("allocation:Approve", "p-manager", scheme=SCHEME, allocation=proposal)
        for part in lines.parts:
            add("voucher:Issue", scheme=SCHEME, vouchers=list(part.lines), **part.drawing(proposal))
        for start in range(0, size, _PART):
            numbers = range(start, min(start + _PART, size))
            activations = [self._activation(number) for number in numbers]
            add("voucher:Activate", "p-manager", scheme=SCHEME, activations=activations)

    def _activation(self, number: int) -> Any:
        voucher = voucher_id(number)
        code = self_block_hash(DOMAIN, SCHEME, voucher, CODE)
        return self.holders[number].activate(DOMAIN, SCHEME, voucher, code)


_NUMBERS = count(0xF0 << 64)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _written(books: Books, request: CommittedRequest, changed: Mapping[str, Mapping[str, Any]]) -> Writes:
    """What the chaincode writes for the requests that this town makes."""
    content = request.request
    writes: Writes = {}

    def write(kind: str, place: str, members: Mapping[str, Any]) -> None:
        record = {"v": 3, **{name: value for name, value in members.items() if value is not None}}
        record.update(changed.get(kind, {}))
        writes[f"{kind}/{place}"] = json.dumps(record).encode()

    write("request", content["request_id"], {"operation": request.operation, "digest": "0" * 64})
    for voucher in _vouchers_of(content):
        book = books.schemes[SCHEME].vouchers[voucher]
        write("voucher", f"{SCHEME}/{voucher}", {"id": voucher, **book.members()})
    if request.operation == "payment:Pay":
        payment = books.payments[content["request_id"]]
        write("payment", payment.id, {"id": payment.id, **payment.members()})
        place = f"{SCHEME}/{payment.shop}/{payment.day}/{payment.id}"
        write("unsettled", place, {"cents": payment.cents})
    for settlement in _settlements_of(request):
        settled = books.settlements[settlement]
        write("settlement", f"{SCHEME}/{settlement}", {"id": settlement, **settled.members()})
        if settled.state == "drafted":
            places = (f"{SCHEME}/{settled.shop}/{item['day']}/{item['id']}" for item in settled.items)
            writes.update(dict.fromkeys((f"unsettled/{place}" for place in places), None))
    return dict(sorted(writes.items()))


def _vouchers_of(content: Mapping[str, Any]) -> Iterable[str]:
    if "voucher" in content:
        return [content["voucher"]]
    activated = [activation["voucher"] for activation in content.get("activations", ())]
    issued = content["vouchers"] if "path" in content else ()
    return activated or [line["id"] for line in issued]


def _settlements_of(request: CommittedRequest) -> Iterable[str]:
    content = request.request
    if request.operation == "settlement:Draft":
        return [content["request_id"]]
    return content.get("settlements") or ([content["settlement"]] if "settlement" in content else [])
