"""Replays settlements, from their drafts to the bank's answers."""

from __future__ import annotations

from collections.abc import Callable

from kindpakket.books import Books, SettlementBook
from kindpakket.records import Item
from kindpakket.replay_rules import Findings
from kindpakket.requested import Requested
from kindpakket.signing import Domain

_MOST_ITEMS = 500
_BEFORE = {"paid": "exported", "rejected": "exported", "returned": "paid"}


def _draft(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    content = request.request
    scheme = books.schemes[content["scheme"]]
    opened = scheme.unsettled.setdefault(content["shop"], {})
    due = sorted(key for key in opened if key[0] <= scheme.closed_until)[:_MOST_ITEMS]
    settlement = SettlementBook(
        id=content["request_id"],
        scheme=scheme.id,
        shop=content["shop"],
        items=tuple(Item(id=item, day=day, cents=opened[day, item]) for day, item in due),
        through=scheme.closed_until,
        drafted_by=request.person,
    )
    findings.expect(
        settlement.cents > 0, f"settlement {settlement.id} comes to {settlement.cents} cents, and was drafted"
    )
    for key in due:
        del opened[key]
    books.settlements[settlement.id] = settlement


def _approve(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "drafted")
    findings.expect_second_person(settlement.drafted_by, request.person)
    settlement.state = "approved"


def _withdraw(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, "drafted", "approved")
    settlement.state = "withdrawn"
    _reopen(books, settlement)


def _export(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    for settlement_id in request.request["settlements"]:
        settlement = books.settlements[settlement_id]
        findings.expect_state(f"settlement {settlement.id}", settlement.state, "approved")
        settlement.state = "exported"
        settlement.file_sha256 = request.request["file_sha256"]


def _book(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    settlement = books.settlements[request.request["settlement"]]
    outcome = request.request["outcome"]
    findings.expect_state(f"settlement {settlement.id}", settlement.state, _BEFORE[outcome])
    settlement.state = outcome
    if outcome != "paid":
        _reopen(books, settlement)


def _reopen(books: Books, settlement: SettlementBook) -> None:
    opened = books.schemes[settlement.scheme].unsettled.setdefault(settlement.shop, {})
    for item in settlement.items:
        opened[item["day"], item["id"]] = item["cents"]


HANDLERS: dict[str, Callable[[Books, Findings, Requested, Domain], None]] = {
    "settlement:Draft": _draft,
    "settlement:Approve": _approve,
    "settlement:Withdraw": _withdraw,
    "settlement:Export": _export,
    "settlement:Book": _book,
}
"""How each operation changes the books."""
