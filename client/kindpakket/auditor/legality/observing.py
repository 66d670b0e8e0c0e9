"""Reads blocks once, from the first one on, and notes what a report is made of.

    observer = Observer(Domain("zuidhorn", "kindpakket"))
    for block in blocks:
        observer.add(block)
    facts = observer.facts()

What is noted comes from the auditor's own replay of the requests, and from no record that the chaincode
wrote. Whether a transaction is valid is what the source of the blocks says; `kindpakket audit verify` derives
it.
"""

from __future__ import annotations

from fabric_gateway.blocks import Block, BlockTransaction
from kindpakket.auditor.chain import Chain
from kindpakket.auditor.committed_requests import CommittedRequest, attributes_of, requests_in
from kindpakket.auditor.legality.facts import Approval, ClosedDay, Facts, Step, Undone
from kindpakket.auditor.legality.watching.approvals import first_steps
from kindpakket.auditor.legality.watching.callers import watch_caller
from kindpakket.auditor.legality.watching.payments import PaymentWatch
from kindpakket.auditor.legality.watching.proposals import proposals_in
from kindpakket.auditor.legality.watching.settlements import watch_settlements
from kindpakket.auditor.replay.callers import named
from kindpakket.auditor.replay.replay import Replay
from kindpakket.ledger.domain import Domain


class Observer:
    """Notes what happens, block by block."""

    def __init__(self, domain: Domain) -> None:
        """Begin before block 0.

        Args:
            domain: the channel and chaincode, which holders' signatures cover.
        """
        self._domain = domain
        self._chain = Chain()
        self._replay = Replay(domain)
        self._facts = Facts(domain.channel, domain.chaincode)
        self._payments = PaymentWatch(self._facts, domain)
        self._last_at = 0

    def add(self, block: Block) -> None:
        """Note the next block."""
        self._chain.add(block)
        facts = self._facts
        facts.hashes.append(block.header_hash.hex())
        for transaction in block.transactions:
            if transaction.valid:
                self._note_private(transaction)
            elif transaction.chaincode == self._domain.chaincode:
                self._note_undone(block.number, transaction)
        requests, unreadable = requests_in(block, self._domain.chaincode)
        for sentence in unreadable:
            facts.broken.append((Step(block.number, "", self._last_at, ""), "", sentence))
        for request in requests:
            self.apply(request)
        facts.height = self._chain.height

    def apply(self, request: CommittedRequest) -> None:
        """Note the next committed request."""
        replay, facts = self._replay, self._facts
        self._last_at = max(self._last_at, request.at)
        times = facts.times
        times[request.block_number] = min(times.get(request.block_number, request.at), request.at)
        person = named(replay.books, request).person
        step = Step(request.block_number, request.transaction_id, request.at, person, request.item)
        firsts = first_steps(replay.books, request)
        self._payments.before(replay.books, request)
        found, repeated = len(replay.findings), replay.repeated
        closed = {scheme.id: scheme.state == "closed" for scheme in replay.books.schemes.values()}
        replay.apply(request)
        broken = [finding.sentence for finding in replay.findings[found:]]
        facts.broken += [(step, request.operation, sentence) for sentence in broken]
        if request.outcome == "refused":
            return
        watch_caller(facts, request, step)
        if replay.repeated > repeated:
            return
        facts.approvals += [
            Approval(request.operation, first.subject, first.scheme, first.person, person, step, first.cents)
            for first in firsts
        ]
        self._note_closing(request, step, closed)
        try:
            self._payments.after(replay.books, request, step, broken)
            watch_settlements(facts, replay.books, request, step, broken)
        except (LookupError, TypeError, AttributeError):
            # A committed request that the replay could not apply: it is among what is broken already.
            return

    def facts(self) -> Facts:
        """Everything that was noted, as it is after the last block."""
        facts, books = self._facts, self._replay.books
        facts.flaws = tuple(self._chain.flaws)
        facts.proposals = list(proposals_in(books, self._last_at))
        facts.schemes = {
            scheme.id: {
                "name": str(scheme.rules["name"]),
                "state": scheme.state,
                "rules": list(scheme.versions),
                "budget_cents": scheme.budget,
                "closed_until": scheme.closed_until,
                "starts_on": str(scheme.rules["starts_on"]),
                "ends_on": str(scheme.rules["ends_on"]),
                "vouchers": len(scheme.vouchers),
            }
            for scheme in books.schemes.values()
        }
        facts.shops = {
            shop.id: {
                "state": shop.state,
                "approved_by": shop.approved_by,
                "msp": shop.msp,
                "accounts": list(shop.accounts),
            }
            for shop in books.shops.values()
        }
        return facts

    def _note_private(self, transaction: BlockTransaction) -> None:
        for namespace in transaction.namespaces:
            if namespace.namespace != self._domain.chaincode:
                continue
            for write in namespace.private_writes:
                self._facts.private_seen = True
                if write.value_hash is not None:
                    hashes = self._facts.private.setdefault(write.key_hash.hex(), [])
                    hashes.append(write.value_hash.hex())

    def _note_undone(self, number: int, transaction: BlockTransaction) -> None:
        creator, at = transaction.creator, transaction.timestamp
        attributes = {} if creator is None else attributes_of(creator.certificate_pem)
        step = Step(
            number,
            transaction.transaction_id,
            0 if at is None else int(at.timestamp()),
            attributes.get("kindpakket.person", ""),
        )
        mspid = "" if creator is None else creator.mspid
        self._facts.undone.append(Undone(step, mspid, transaction.function, transaction.code))

    def _note_closing(self, request: CommittedRequest, step: Step, closed: dict[str, bool]) -> None:
        if request.operation == "scheme:CloseDay":
            content = request.request
            self._facts.closed_days.append(ClosedDay(str(content["scheme"]), str(content["day"]), step))
        for scheme in self._replay.books.schemes.values():
            if scheme.state == "closed" and not closed.get(scheme.id, False):
                self._facts.closed_days.append(ClosedDay(scheme.id, "", step))
