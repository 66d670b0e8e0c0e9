"""Replays orders to purge private records: second persons, terms, and that a certificate tells the truth."""

from __future__ import annotations

from kindpakket.auditor.books import Books, ErasureBook
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.ledger.days import day_after, day_of, first_instant
from kindpakket.ledger.domain import Domain

CITIZENS, ACCOUNTS = "citizens", "shopAccounts"
_RETENTION = "retention"


def _order(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
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
    _judge(books, findings, erasure, request.at)
    books.erasures[erasure.id] = erasure


def _judge(books: Books, findings: Findings, erasure: ErasureBook, at: int) -> None:
    """Whether the records may go: shops have ended, and for retention the term is over."""
    for each in erasure.ids:
        if erasure.collection == ACCOUNTS:
            findings.expect_state(f"shop {each}", books.shops[each].state, "ended")
        if erasure.reason == _RETENTION:
            start, due_on = _term(books, erasure, each)
            findings.expect(
                bool(due_on) and at >= start and day_of(at) >= due_on,
                f"the private record of {each} is to be kept until {due_on or 'the scheme is closed'}",
            )


def _term(books: Books, erasure: ErasureBook, each: str) -> tuple[int, str]:
    """When the retention term of a record begins, and the day on which it is over; 0 and "" before that."""
    if erasure.collection == ACCOUNTS:
        shop = books.shops[each]
        start, days = first_instant(shop.ended_on) if shop.ended_on else 0, shop.retention_days or 0
    else:
        scheme = books.schemes[erasure.scheme]
        voucher = scheme.vouchers[each]
        rules = scheme.rules_for(voucher)
        days = rules["retention_days"]
        start = scheme.closed_at if rules.get("retention_from") == "closing" else voucher.ends_at
    return start, day_after(day_of(start), days) if start else ""


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "ordered")
    findings.expect_second_person(erasure.ordered_by, request.person)
    _judge(books, findings, erasure, request.at)
    erasure.state, erasure.approved_by = "approved", request.person


def _withdraw(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "ordered", "approved")
    findings.expect_decider(request, erasure.ordered_by)
    done = erasure.state == "approved" and not _left(books, erasure)
    findings.expect(not done, f"erasure {erasure.id} was withdrawn after its records were purged")
    erasure.state, erasure.withdrawn_by = "withdrawn", request.person
    erasure.withdraw_reason = request.request["reason"]


def _purge(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "approved")
    erasure.purged = True


def _certify(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "approved")
    left = _left(books, erasure)
    findings.expect(
        not left, f"erasure {erasure.id} was certified, and nothing purged the record of {', '.join(left)}"
    )
    erasure.state, erasure.certified_by, erasure.certified_at = "certified", request.person, request.at


def _left(books: Books, erasure: ErasureBook) -> list[str]:
    """Whose records nothing has purged yet."""
    gone = {
        each
        for other in books.erasures.values()
        if other.purged and (other.collection, other.scheme) == (erasure.collection, erasure.scheme)
        for each in other.ids
    }
    return sorted(set(erasure.ids) - gone)


HANDLERS: Handlers = {
    "erasure:Order": _order,
    "erasure:Approve": _approve,
    "erasure:Withdraw": _withdraw,
    "erasure:Purge": _purge,
    "erasure:Certify": _certify,
}
"""How each operation changes the books."""
