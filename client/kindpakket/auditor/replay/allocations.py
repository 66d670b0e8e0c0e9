"""Replays allocations: proposed by one person, approved by another, withdrawn."""

from __future__ import annotations

from kindpakket.auditor.books import AllocationBook, Books, SchemeBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import MAX_BUDGET, Findings, Handlers
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.lists import MAX_PARTS, PART
from kindpakket.ledger.money import in_cents

_IN_FORCE = ("approved", "open", "paused")
_MAX_TERM = 366 * 86_400


def _propose(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    scheme = books.schemes[content["scheme"]]
    allocation = AllocationBook(
        id=content["request_id"],
        use=content["use"],
        vouchers=content["vouchers"],
        cents=content["cents"],
        list_sha256=content["list_sha256"],
        parts=content["parts"],
        file_commitment=content.get("file_commitment", ""),
        reason=content["reason"],
        proposed_by=request.person,
        proposed_at=request.at,
        expires_at=content["expires_at"],
    )
    findings.expect_state(f"scheme {scheme.id}", scheme.state, *_IN_FORCE)
    findings.expect(
        allocation.use in ("issue", "top-up"), f"use is {allocation.use!r}: it must be issue or top-up"
    )
    findings.expect_amount(allocation.cents, MAX_BUDGET)
    sized = (
        0 < allocation.parts <= MAX_PARTS
        and allocation.parts <= allocation.vouchers <= allocation.parts * PART
    )
    findings.expect(sized, f"{allocation.vouchers} vouchers cannot be in {allocation.parts} parts")
    findings.expect(
        request.at < allocation.expires_at <= request.at + _MAX_TERM,
        f"allocation {allocation.id} expires at {allocation.expires_at}, and was proposed at {request.at}",
    )
    _expect_left(findings, scheme, allocation)
    scheme.allocations[allocation.id] = allocation


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme, allocation = _named(books, request)
    findings.expect_state(f"allocation {allocation.id}", allocation.state, "proposed")
    findings.expect_state(f"scheme {scheme.id}", scheme.state, *_IN_FORCE)
    findings.expect_second_person(allocation.proposed_by, request.person)
    findings.expect(request.at < allocation.expires_at, f"allocation {allocation.id} had expired")
    _expect_left(findings, scheme, allocation)
    allocation.state, allocation.decided_by = "approved", request.person


def _reject(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    allocation = _named(books, request)[1]
    findings.expect_state(f"allocation {allocation.id}", allocation.state, "proposed")
    findings.expect_decider(request, allocation.proposed_by)
    allocation.state, allocation.decided_by = "rejected", request.person
    allocation.reject_reason = request.request["reason"]


def _withdraw(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    allocation = _named(books, request)[1]
    findings.expect_state(f"allocation {allocation.id}", allocation.state, "approved")
    allocation.state, allocation.withdrawn_by = "withdrawn", request.person
    allocation.withdraw_reason = request.request["reason"]


def _named(books: Books, request: CommittedRequest) -> tuple[SchemeBook, AllocationBook]:
    scheme = books.schemes[request.request["scheme"]]
    return scheme, scheme.allocations[request.request["allocation"]]


def _expect_left(findings: Findings, scheme: SchemeBook, allocation: AllocationBook) -> None:
    findings.expect(
        allocation.cents <= scheme.unallocated,
        f"allocation {allocation.id} is for {in_cents(allocation.cents)}, but scheme {scheme.id} had "
        f"{in_cents(scheme.unallocated)} left",
    )


HANDLERS: Handlers = {
    "allocation:Propose": _propose,
    "allocation:Approve": _approve,
    "allocation:Reject": _reject,
    "allocation:Withdraw": _withdraw,
}
"""Applies each operation to the books."""
