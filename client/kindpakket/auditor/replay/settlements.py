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
    closed = scheme.items(shop.id, scheme.closed_until)
    settlement = _take(books, request, closed[: _enough(closed)])
    if _is_stuck(scheme, shop, settlement):
        settlement.state = "carried"
        if settlement.cents:
            last = settlement.items[-1]["day"]
            scheme.open(
                shop.id, {"id": settlement.id, "day": last, "cents": settlement.cents, "kind": "carried"}
            )
        return
    findings.expect(
        settlement.cents > 0,
        f"settlement {settlement.id} was drafted for {in_cents(settlement.cents)}: it must be above zero",
    )
    due = _is_due(scheme, shop, settlement, closed)
    findings.expect(due, f"settlement {settlement.id} was not due")


def _claim(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    shop = books.shops[request.request["shop"]]
    findings.expect(
        _is_ending(scheme, shop),
        f"shop {shop.id} had a claim although it is {shop.state}, not ended, and the scheme is not closed",
    )
    claimed = _take(books, request, scheme.items(shop.id, scheme.closed_until)[:_MAX_ITEMS])
    claimed.state, claimed.claim_reason, claimed.claimed_at = "claimed", request.request["reason"], request.at
    findings.expect(
        claimed.cents < 0,
        f"shop {shop.id} has a receivable of {in_cents(claimed.cents)}: it must be below zero",
    )


def _net(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """Two records with opposite cents, each with an open item that balances it in its scheme."""
    content = request.request
    shop = books.shops[content["shop"]]
    sides = [books.schemes[content["scheme"]], books.schemes[content["against"]]]
    findings.expect(sides[0].id != sides[1].id, f"scheme {sides[0].id} was netted against itself")
    debt, credit = (
        sum(item["cents"] for item in scheme.items(shop.id, scheme.closed_until)[:_MAX_ITEMS])
        for scheme in sides
    )
    findings.expect(debt < 0, f"shop {shop.id} had {in_cents(debt)} netted: it must be below zero")
    findings.expect(
        credit > 0, f"shop {shop.id} had {in_cents(credit)} to net against: it must be above zero"
    )
    cents = min(-debt, credit)
    for scheme, against, moved in ((sides[0], sides[1], -cents), (sides[1], sides[0], cents)):
        netting = SettlementBook(
            id=content["request_id"],
            scheme=scheme.id,
            shop=shop.id,
            items=(),
            through=scheme.closed_until,
            drafted_by=request.person,
            state="netted",
            against=against.id,
            net_reason=content["reason"],
            netted_cents=moved,
        )
        books.settlements[f"{scheme.id}/{netting.id}"] = netting
        scheme.open(
            shop.id, {"id": netting.id, "day": scheme.closed_until, "cents": -moved, "kind": "netted"}
        )


def _enough(items: list[Item]) -> int:
    """How many of a shop's items one settlement takes: the target, or more until their sum is above zero."""
    sums = accumulate(item["cents"] for item in items[:_MAX_ITEMS])
    return next(
        (size for size, cents in enumerate(sums, 1) if size >= _TARGET_ITEMS and cents > 0),
        min(len(items), _MAX_ITEMS),
    )


def _is_stuck(scheme: SchemeBook, shop: ShopBook, settlement: SettlementBook) -> bool:
    """Whether no settlement could hold the items: too many without a sum, or nothing for good."""
    if len(settlement.items) >= _MAX_ITEMS:
        return settlement.cents <= 0
    return bool(settlement.items) and settlement.cents == 0 and _is_ending(scheme, shop)


def _is_ending(scheme: SchemeBook, shop: ShopBook) -> bool:
    return shop.state == "ended" or scheme.state == "closed"


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


def _is_due(scheme: SchemeBook, shop: ShopBook, settlement: SettlementBook, closed: list[Item]) -> bool:
    """Whether it is due by the newest rules: by rhythm or amount, or because the shop or scheme has ended.

    The amount is that of all open items of closed days; as many as a settlement may hold are always enough.
    """
    if not settlement.items:
        return False
    wait = max(scheme.rules["settlement_days"], 1) - 1
    amount = scheme.rules.get("settlement_cents")
    sums = accumulate(item["cents"] for item in closed[:_MAX_ITEMS])
    looked = [cents for size, cents in enumerate(sums, 1) if size >= len(settlement.items)]
    return (
        scheme.closed_until >= day_after(settlement.items[0]["day"], wait)
        or (amount is not None and (max(looked) >= amount or len(closed) >= _MAX_ITEMS))
        or _is_ending(scheme, shop)
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
    settlement.bank_reference = request.request.get("bank_reference", "")
    settlement.value_date = request.request.get("value_date", "")
    if outcome != "paid":
        _reopen(books, settlement)


def _collect(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "claimed")
    if books.layout >= 3:
        findings.expect_second_person(settlement.drafted_by, request.person)
    left = -settlement.cents - settlement.collected_cents
    cents = request.request.get("cents", left)
    findings.expect(
        0 < cents <= left,
        f"{in_cents(cents)} of receivable {settlement.id} was collected: {in_cents(left)} was left",
    )
    settlement.collected_cents += cents
    _end(settlement, "collected" if cents == left else "claimed", request)


def _reopen_claim(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(
        f"settlement {settlement.id}", settlement.state, "claimed", "collected", "written-off"
    )
    findings.expect_second_person(settlement.drafted_by, request.person)
    findings.expect_second_person(settlement.booked_by, request.person)
    collected = settlement.collected_cents
    received = request.request.get("received_cents", collected)
    findings.expect(
        0 <= received <= collected,
        f"{in_cents(received)} of receivable {settlement.id} was called received: {in_cents(collected)} was",
    )
    settlement.state, settlement.collected_cents = "reopened", received
    settlement.reopened_by, settlement.reopen_reason = request.person, request.request["reason"]
    if received:
        item: Item = {"id": settlement.id, "day": settlement.through, "cents": received, "kind": "collected"}
        books.schemes[settlement.scheme].open(settlement.shop, item)
    _reopen(books, settlement)


def _index(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """Moves no money: only where the ledger finds a settlement."""
    known = request.request["settlement"] in books.settlements or (
        f"{request.request['scheme']}/{request.request['settlement']}" in books.settlements
    )
    findings.expect(known, f"settlement {request.request['settlement']} was indexed, and is unknown")


def _write_off(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "claimed")
    findings.expect_second_person(settlement.drafted_by, request.person)
    _end(settlement, "written-off", request)


def _end(settlement: SettlementBook, state: str, request: CommittedRequest) -> None:
    settlement.state, settlement.booked_by = state, request.person
    settlement.book_reason = request.request.get("reason", "")


def _reopen(books: Books, settlement: SettlementBook) -> None:
    for item in settlement.items:
        books.schemes[settlement.scheme].open(settlement.shop, item)


HANDLERS: Handlers = {
    "settlement:Draft": _draft,
    "settlement:Approve": _approve,
    "settlement:Withdraw": _withdraw,
    "settlement:Export": _export,
    "settlement:Book": _book,
    "settlement:Claim": _claim,
    "settlement:Collect": _collect,
    "settlement:WriteOff": _write_off,
    "settlement:Reopen": _reopen_claim,
    "settlement:Net": _net,
    "settlement:Index": _index,
}
"""Applies each operation to the books."""
