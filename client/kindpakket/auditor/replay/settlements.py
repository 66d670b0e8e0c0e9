"""Replays settlements, from draft to the bank's answer, and receivables."""

from __future__ import annotations

from itertools import accumulate

from kindpakket.auditor.books import Books, SchemeBook, SettlementBook, ShopBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.callers import TILLS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.days import day_after
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.money import in_cents
from kindpakket.ledger.records import Item

_TARGET_ITEMS = 500
_MAX_ITEMS = 5_000
_STATE_BEFORE = {"paid": "exported", "rejected": "exported", "returned": "paid"}


def _draft(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    shop = books.shops[request.request["shop"]]
    if request.role in TILLS:
        findings.expect_own(request, shop)
    closed = _closed(scheme, shop)
    settlement = _take(books, request, closed[: _enough(closed)])
    findings.expect(
        settlement.cents > 0,
        f"settlement {settlement.id} was drafted for {in_cents(settlement.cents)}: it must be above zero",
    )
    findings.expect(_is_due(scheme, shop, settlement), f"settlement {settlement.id} was not due")


def _claim(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "ended")
    claimed = _take(books, request, _closed(scheme, shop))
    claimed.state, claimed.claim_reason = "claimed", request.request["reason"]
    findings.expect(
        claimed.cents < 0,
        f"shop {shop.id} has a receivable of {in_cents(claimed.cents)}: it must be below zero",
    )


def _closed(scheme: SchemeBook, shop: ShopBook) -> list[Item]:
    """A shop's oldest open items of closed days, at most as many as a settlement or receivable may have."""
    opened = scheme.unsettled.get(shop.id, {})
    keys = sorted(key for key in opened if key[0] <= scheme.closed_until)[:_MAX_ITEMS]
    return [Item(id=item, day=day, cents=opened[day, item]) for day, item in keys]


def _enough(items: list[Item]) -> int:
    """How many of a shop's items one settlement takes: the target, or more until their sum is above zero."""
    sums = accumulate(item["cents"] for item in items)
    return next(
        (size for size, cents in enumerate(sums, 1) if size >= _TARGET_ITEMS and cents > 0), len(items)
    )


def _take(books: Books, request: CommittedRequest, items: list[Item]) -> SettlementBook:
    content = request.request
    scheme = books.schemes[content["scheme"]]
    settlement = SettlementBook(
        id=content["request_id"],
        scheme=scheme.id,
        shop=content["shop"],
        items=tuple(items),
        through=scheme.closed_until,
        drafted_by=request.person,
    )
    for item in items:
        del scheme.unsettled[settlement.shop][item["day"], item["id"]]
    books.settlements[settlement.id] = settlement
    return settlement


def _is_due(scheme: SchemeBook, shop: ShopBook, settlement: SettlementBook) -> bool:
    """Whether it is due by the newest rules: by rhythm or amount, or because the shop or scheme has ended."""
    if not settlement.items:
        return False
    wait = max(scheme.rules["settlement_days"], 1) - 1
    amount = scheme.rules.get("settlement_cents")
    return (
        scheme.closed_until >= day_after(settlement.items[0]["day"], wait)
        or (amount is not None and settlement.cents >= amount)
        or shop.state == "ended"
        or scheme.state == "closed"
    )


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "drafted")
    findings.expect_second_person(settlement.drafted_by, request.person)
    settlement.state, settlement.approved_by = "approved", request.person


def _withdraw(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "drafted", "approved")
    settlement.state = "withdrawn"
    settlement.withdrawn_by, settlement.withdraw_reason = request.person, request.request["reason"]
    _reopen(books, settlement)


def _export(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    findings.expect_bulk(request.request["settlements"])
    for settlement_id in request.request["settlements"]:
        settlement = books.settlements[settlement_id]
        findings.expect_state(f"settlement {settlement.id}", settlement.state, "approved")
        if books.layout >= 3:
            findings.expect_second_person(settlement.approved_by, request.person)
            frozen = books.shops[settlement.shop].payout_frozen
            findings.expect(
                not frozen, f"settlement {settlement.id} was exported while its payout was frozen"
            )
        settlement.state, settlement.exported_by = "exported", request.person
        settlement.file_sha256 = request.request["file_sha256"]


def _book(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    outcome = request.request["outcome"]
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, _STATE_BEFORE[outcome])
    _end(settlement, outcome, request)
    if outcome != "paid":
        _reopen(books, settlement)


def _collect(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "claimed")
    if books.layout >= 3:
        findings.expect_second_person(settlement.drafted_by, request.person)
    _end(settlement, "collected", request)


def _write_off(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "claimed")
    findings.expect_second_person(settlement.drafted_by, request.person)
    _end(settlement, "written-off", request)


def _end(settlement: SettlementBook, state: str, request: CommittedRequest) -> None:
    settlement.state, settlement.booked_by = state, request.person
    settlement.book_reason = request.request.get("reason", "")


def _reopen(books: Books, settlement: SettlementBook) -> None:
    opened = books.schemes[settlement.scheme].unsettled.setdefault(settlement.shop, {})
    for item in settlement.items:
        opened[item["day"], item["id"]] = item["cents"]


HANDLERS: Handlers = {
    "settlement:Draft": _draft,
    "settlement:Approve": _approve,
    "settlement:Withdraw": _withdraw,
    "settlement:Export": _export,
    "settlement:Book": _book,
    "settlement:Claim": _claim,
    "settlement:Collect": _collect,
    "settlement:WriteOff": _write_off,
}
"""Applies each operation to the books."""
