"""A small story of requests, as blocks hold them: one scheme, one shop, one voucher, made by hand."""

from __future__ import annotations

from dataclasses import fields
from itertools import count
from typing import Any

from kindpakket.auditor.books import Books, SchemeBook, VoucherBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.replay import Replay
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import HoldOrder, Order, PaymentOrder, self_block_hash
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance, Line, Rules

DOMAIN = Domain("zuidhorn", "kindpakket")
NOON = 1_773_140_400  # 2026-03-10 12:00 in Amsterdam
DAY = "2026-03-10"
SECONDS_OF_A_DAY = 86_400
CODE = "c0de" * 8
SCHEME, SHOP, VOUCHER, ENTITLEMENT = (letter * 32 for letter in "abcd")
ROLES = {
    "p-clerk": "issuer",
    "p-manager": "approver",
    "p-treasurer": "treasurer",
    "p-shop": "shopkeeper",
    "p-acquirer": "acquirer",
}
ORGANISATIONS = {"municipality": "GemeenteMSP", "shops": ["WinkelsMSP"], "auditors": ["AuditorMSP"]}
_LATER_RULES = frozenset({"paper_day_cap_cents", "refund_days", "refund_limit_cents"})
"""Rules that ledgers of layout 3 know only."""
_numbers = count(1)
_IDS = 0xA0 << 64  # where ids begin that no test gives to what it counts itself


def rules(**changes: Any) -> Rules:
    """Rules of a scheme, some of them changed."""
    base: dict[str, Any] = {
        "name": "kindpakket-2026",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "presets": {"child": 30000},
        "products": {"course": {"category": "toys", "max_cents": 12500}},
        "categories": [{"code": "books", "cap_cents": 20000}, {"code": "toys"}],
        "payment_min_cents": 100,
        "payment_cap_cents": 25000,
        "day_cap_cents": 30000,
        "proofs": ["key", "booklet"],
        "paper_cap_cents": 5000,
        "hold_days": 7,
        "extension_days": 60,
        "refund_grace_days": 14,
        "settlement_days": 1,
        "retention_days": 2555,
    }
    return {**base, **changes}  # type: ignore[typeddict-item]


class Story:
    """Requests in the order of the ledger; each method adds one and returns its request id."""

    def __init__(self, holder: HolderKey | Booklet | None = None) -> None:
        self.requests: list[CommittedRequest] = []
        self.layout = 0  # unknown, so that the requests alone tell
        self.holder = holder or HolderKey.generate()

    def add(self, operation: str, person: str = "p-clerk", at: int = NOON, **members: Any) -> str:
        number = next(_numbers)
        request_id = str(members.pop("request_id", f"{_IDS + number:032x}"))
        self.requests.append(
            CommittedRequest(
                block_number=number,
                transaction_id=f"{number:064x}",
                at=at,
                operation=operation,
                request={"request_id": request_id, **members},
                mspid="WinkelsMSP" if person.startswith(("p-shop", "p-acquirer")) else "GemeenteMSP",
                person=person,
                shop=SHOP if person.startswith("p-shop") else "",
                role=ROLES[person.rstrip("0123456789")],
                layout=self.layout,
            )
        )
        return request_id

    def open(self, *, preset: str = "child", **changes: Any) -> None:
        """A scheme that is open, a shop that is approved, a voucher that is active."""
        members: dict[str, Any] = dict(ORGANISATIONS)
        self.add("organisations:Initialise", "p-manager", **members)
        self.add("scheme:Draft", request_id=SCHEME, rules=rules(**changes), budget_cents=100000)
        self.add("scheme:Approve", "p-manager", scheme=SCHEME)
        self.add("scheme:Open", scheme=SCHEME)
        self.add("shop:Apply", "p-shop", request_id=SHOP, categories=["books", "toys"])
        grants = [{"code": code, "from": "2026-01-01"} for code in ("books", "toys")]
        self.add("shop:Approve", "p-manager", shop=SHOP, categories=grants)
        line: Issuance = {"id": VOUCHER, "entitlement": ENTITLEMENT, "preset": preset, "units": 1}
        self.issue(line, under_allocation=self.layout == 3 or not _LATER_RULES.isdisjoint(changes))
        code = self_block_hash(DOMAIN, SCHEME, VOUCHER, CODE)
        activation = self.holder.activate(DOMAIN, SCHEME, VOUCHER, code)
        self.add("voucher:Activate", "p-manager", scheme=SCHEME, activations=[activation])

    def issue(self, line: Issuance, *, under_allocation: bool) -> None:
        """A voucher, as it was issued before there were allocations or under one of its own."""
        drawing: dict[str, Any] = {}
        if under_allocation:
            lines = ApprovableList.cut([line])
            proposal = self.add(
                "allocation:Propose",
                scheme=SCHEME,
                use="issue",
                vouchers=1,
                cents=30_000,
                list_sha256=lines.sha256,
                parts=1,
                expires_at=NOON + SECONDS_OF_A_DAY,
                reason="intake",
            )
            self.add("allocation:Approve", "p-manager", scheme=SCHEME, allocation=proposal)
            drawing = dict(lines.parts[0].drawing(proposal))
        self.add("voucher:Issue", scheme=SCHEME, vouchers=[line], **drawing)

    def order(self, *lines: tuple[str, int], at: int = NOON, version: int = 1) -> PaymentOrder:
        """A payment that the holder could agree to."""
        return PaymentOrder(
            domain=DOMAIN,
            scheme=SCHEME,
            voucher=VOUCHER,
            version=version,
            request_id=f"{_IDS + next(_numbers):032x}",
            shop=SHOP,
            lines=tuple(Line(category=category, cents=cents) for category, cents in lines),
            deadline=at + 60,
        )

    def pay(self, *lines: tuple[str, int], at: int = NOON, page: int = 1, version: int = 1) -> str:
        """A payment that the holder agreed to."""
        order = self.order(*lines, at=at, version=version)
        return self.send(order, self.signer(page).authorise(order), at=at)

    def hold(
        self, *lines: tuple[str, int], at: int = NOON, lasting: int = 3600, page: int = 1, version: int = 1
    ) -> str:
        """A hold for so many seconds that the holder agreed to."""
        order = self.order(*lines, at=at, version=version)
        members = {field.name: getattr(order, field.name) for field in fields(order)}
        held = HoldOrder(**members, expires_at=at + lasting)
        return self.send(held, self.signer(page).authorise(held), at=at)

    def send(self, order: Order, proof: Any, at: int = NOON, person: str = "p-shop", **more: str) -> str:
        """A payment or hold with any proof."""
        return self.add(order.operation, person, at, **order.request(proof), **more)

    def about(self, operation: str, person: str, at: int = NOON, **members: Any) -> str:
        """A request about the voucher."""
        return self.add(operation, person, at, scheme=SCHEME, voucher=VOUCHER, **members)

    def bulk(self, operation: str, person: str, at: int = NOON, **members: Any) -> str:
        """A request about a bulk that holds just the voucher."""
        return self.add(operation, person, at, scheme=SCHEME, vouchers=[VOUCHER], **members)

    def change(self, operation: str, person: str = "p-manager", at: int = NOON, **members: Any) -> str:
        """A change of the scheme that is proposed and approved."""
        change = self.add(operation, scheme=SCHEME, reason="council", **members)
        self.add("scheme:ApproveChange", person, at, scheme=SCHEME, change=change)
        return change

    def signer(self, page: int = 1) -> Any:
        """Who proves that the holder agrees: the key, or a page of the booklet."""
        return self.holder.page(page) if isinstance(self.holder, Booklet) else self.holder


def replay(story: Story) -> Replay:
    """The story as the auditor replays it."""
    result = Replay(DOMAIN)
    for request in story.requests:
        result.apply(request)
    return result


def findings(story: Story) -> list[str]:
    """What the auditor finds in the story."""
    return [finding.sentence for finding in replay(story).findings]


def books(story: Story) -> Books:
    """The books of a story in which nothing is to be found."""
    result = replay(story)
    assert [str(finding) for finding in result.findings] == []
    return result.books


def scheme_of(story: Story) -> SchemeBook:
    """The scheme of a story in which nothing is to be found, whose sums must be right."""
    scheme = books(story).schemes[SCHEME]
    terms = scheme.terms()
    assert terms.balanced
    assert (scheme.issued, scheme.topped_up) == (terms.issued, terms.topped_up)
    assert (scheme.lapsed, scheme.revoked) == (terms.lapsed, terms.revoked)
    assert scheme.budget == terms.given - terms.lapsed - terms.revoked + scheme.unallocated
    return scheme


def voucher_of(story: Story) -> VoucherBook:
    """The voucher of such a story."""
    return scheme_of(story).vouchers[VOUCHER]
