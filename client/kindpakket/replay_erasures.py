"""Replays orders to purge private records: second persons, terms, and that a certificate tells the truth."""

from __future__ import annotations

from kindpakket.books import Books, ErasureBook
from kindpakket.days import day_after, day_of
from kindpakket.replay_rules import Findings, Handlers
from kindpakket.requested import Requested
from kindpakket.signing import Domain

CITIZENS, ACCOUNTS = "citizens", "shopAccounts"
_RETENTION = "retention"


def _order(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    content = request.request
    erasure = ErasureBook(
        id=content["request_id"],
        collection=content["collection"],
        scheme=content.get("scheme", ""),
        ids=tuple(content["ids"]),
        reason=content["reason"],
        ordered_by=request.person,
    )
    findings.expect_bulk(erasure.ids)
    findings.expect(erasure.collection in (CITIZENS, ACCOUNTS), f"there is no {erasure.collection}")
    today = day_of(request.at)
    for each in erasure.ids:
        if erasure.collection == ACCOUNTS:
            findings.expect_state(f"shop {each}", books.shops[each].state, "ended")
        if erasure.reason == _RETENTION:
            due_on = _due_on(books, erasure, each)
            findings.expect(
                bool(due_on) and due_on <= today,
                f"the private record of {each} is to be kept until {due_on or 'the scheme is closed'}",
            )
    books.erasures[erasure.id] = erasure


def _due_on(books: Books, erasure: ErasureBook, each: str) -> str:
    """The day on which the retention term of a record is over; "" when it has not begun."""
    if erasure.collection == ACCOUNTS:
        shop = books.shops[each]
        return day_after(shop.ended_on, shop.retention_days or 0) if shop.ended_on else ""
    scheme = books.schemes[erasure.scheme]
    voucher = scheme.vouchers[each]
    rules = scheme.rules_for(voucher)
    if rules.get("retention_from") != "closing":
        return day_after(voucher.last_day, rules["retention_days"])
    return day_after(day_of(scheme.closed_at), rules["retention_days"]) if scheme.closed_at else ""


def _approve(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "ordered")
    findings.expect_second_person(erasure.ordered_by, request.person)
    erasure.state, erasure.approved_by = "approved", request.person


def _withdraw(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "ordered", "approved")
    findings.expect_decider(request, erasure.ordered_by)
    erasure.state, erasure.withdrawn_by = "withdrawn", request.person
    erasure.withdraw_reason = request.request["reason"]


def _purge(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "approved")
    erasure.purged = True


def _certify(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "approved")
    gone = {
        each
        for other in books.erasures.values()
        if other.purged and (other.collection, other.scheme) == (erasure.collection, erasure.scheme)
        for each in other.ids
    }
    left = sorted(set(erasure.ids) - gone)
    findings.expect(
        not left, f"erasure {erasure.id} was certified, and nothing purged the record of {', '.join(left)}"
    )
    erasure.state, erasure.certified_by, erasure.certified_at = "certified", request.person, request.at


HANDLERS: Handlers = {
    "erasure:Order": _order,
    "erasure:Approve": _approve,
    "erasure:Withdraw": _withdraw,
    "erasure:Purge": _purge,
    "erasure:Certify": _certify,
}
"""How each operation changes the books."""
