"""Replays orders to purge private records: second persons, retention terms, and truthful certificates."""

from __future__ import annotations

from kindpakket.auditor.books import Books, ErasureBook, end_of
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.days import day_after, day_of, first_instant
from kindpakket.ledger.domain import Domain

CITIZENS, ACCOUNTS = "citizens", "shopAccounts"
_RETENTION = "retention"
_LIVE = ("drafted", "approved", "exported", "claimed")


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
    findings.expect(
        erasure.collection in (CITIZENS, ACCOUNTS),
        f"collection is {erasure.collection!r}: it must be {CITIZENS} or {ACCOUNTS}",
    )
    _judge(books, findings, erasure, request.at)
    books.erasures[erasure.id] = erasure


def _judge(books: Books, findings: Findings, erasure: ErasureBook, at: int) -> None:
    """Find out whether the records may be purged: shops have ended, and retention terms have passed."""
    for owner in erasure.ids:
        if erasure.collection == ACCOUNTS:
            findings.expect_state(f"shop {owner}", books.shops[owner].state, "ended")
            _expect_nothing_open(books, findings, owner)
        if erasure.reason == _RETENTION:
            start, due_on = _term(books, erasure, owner)
            findings.expect(
                bool(due_on) and at >= start and day_of(at) >= due_on,
                f"the private record of {owner} must be kept until {due_on or 'the scheme is closed'}",
            )


def _expect_nothing_open(books: Books, findings: Findings, shop: str) -> None:
    """Find out whether a shop had money open: without its account it could not be paid."""
    if books.layout < 3:
        return
    items = any(scheme.unsettled.get(shop) for scheme in books.schemes.values())
    live = any(
        settlement.shop == shop and settlement.state in _LIVE for settlement in books.settlements.values()
    )
    findings.expect(not items and not live, f"the account of shop {shop} was erased while it had money open")


def _term(books: Books, erasure: ErasureBook, owner: str) -> tuple[int, str]:
    """When a record's retention term begins, in Unix seconds, and the day it ends; 0 and "" before that."""
    if erasure.collection == ACCOUNTS:
        shop = books.shops[owner]
        start, days = first_instant(shop.ended_on) if shop.ended_on else 0, shop.retention_days or 0
    else:
        scheme = books.schemes[erasure.scheme]
        voucher = scheme.vouchers.get(owner)
        rules = scheme.rules_for(voucher) if voucher else scheme.rules
        days = rules["retention_days"]
        start = voucher.ends_at if voucher else end_of(rules)
        if rules.get("retention_from") == "closing":
            start = scheme.closed_at
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
    if books.layout >= 3 and _left(books, erasure):
        _judge(books, findings, erasure, request.at)
    erasure.purged = True


def _certify(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    erasure = books.erasures[request.request["erasure"]]
    findings.expect_state(f"erasure {erasure.id}", erasure.state, "approved")
    left = _left(books, erasure)
    findings.expect(
        not left, f"erasure {erasure.id} was certified before these records were purged: {', '.join(left)}"
    )
    erasure.state, erasure.certified_by, erasure.certified_at = "certified", request.person, request.at


def _left(books: Books, erasure: ErasureBook) -> list[str]:
    """Vouchers or shops whose records have not been purged yet."""
    purged = {
        owner
        for other in books.erasures.values()
        if other.purged and (other.collection, other.scheme) == (erasure.collection, erasure.scheme)
        for owner in other.ids
    }
    return sorted(set(erasure.ids) - purged)


HANDLERS: Handlers = {
    "erasure:Order": _order,
    "erasure:Approve": _approve,
    "erasure:Withdraw": _withdraw,
    "erasure:Purge": _purge,
    "erasure:Certify": _certify,
}
"""Applies each operation to the books."""
