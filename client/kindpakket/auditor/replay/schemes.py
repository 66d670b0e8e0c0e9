"""Replays what happens to schemes."""

from __future__ import annotations

from kindpakket.auditor.books import Books, SchemeBook, agreed
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import MAX_BUDGET, Findings, Handlers
from kindpakket.ledger.days import day_of
from kindpakket.ledger.domain import Domain


def _draft(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    rules = content["rules"]
    findings.expect_rules(rules, books.layout)
    scheme = SchemeBook(content["request_id"], [agreed(rules)], content["budget_cents"], request.person)
    findings.expect(scheme.id not in books.schemes, f"scheme {scheme.id} had already been drafted")
    findings.expect_amount(scheme.budget, MAX_BUDGET)
    books.schemes[scheme.id] = scheme


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "draft")
    findings.expect_second_person(scheme.drafted_by, request.person)
    scheme.state, scheme.approved_by = "approved", request.person


def _open(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "approved", "paused")
    if scheme.state == "paused" and books.layout >= 2:
        findings.expect_second_person(scheme.paused_by, request.person)
    scheme.state, scheme.opened_by, scheme.paused_by, scheme.pause_reason = "open", request.person, "", ""


def _pause(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    scheme.state, scheme.paused_by, scheme.pause_reason = "paused", request.person, request.request["reason"]


def _close_day(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    day = request.request["day"]
    findings.expect(
        scheme.closed_until < day <= day_of(request.at),
        f"{day} was closed, which is in the future or had already been closed",
    )
    scheme.closed_until = day


HANDLERS: Handlers = {
    "scheme:Draft": _draft,
    "scheme:Approve": _approve,
    "scheme:Open": _open,
    "scheme:Pause": _pause,
    "scheme:CloseDay": _close_day,
}
"""Applies each operation to the books."""
