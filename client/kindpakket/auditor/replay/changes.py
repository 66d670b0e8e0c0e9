"""Replays changes to schemes in force: rules, budget, closing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.auditor.books import Books, ChangeBook, SchemeBook, expiry
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import MAX_BUDGET, Findings, Handlers
from kindpakket.ledger.domain import Domain

_IN_FORCE = ("approved", "open", "paused")
_CONTENT = ("rules", "applies_to", "add_cents", "remove_cents")
_KINDS = {
    "scheme:ProposeRules": "rules",
    "scheme:ProposeBudget": "budget",
    "scheme:ProposeClosing": "closing",
}


def _propose(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    scheme = books.schemes[content["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, *_IN_FORCE)
    if request.operation == "scheme:ProposeRules":
        rules = content["rules"]
        findings.expect_rules(rules, books.layout)
        kept = rules["starts_on"] == scheme.rules["starts_on"]
        findings.expect(
            kept,
            f"starts_on of scheme {scheme.id} is {scheme.rules['starts_on']}: it cannot be changed to "
            f"{rules['starts_on']}",
        )
        findings.expect(
            content["applies_to"] in ("new", "all"),
            f"applies_to is {content['applies_to']!r}: it must be new or all",
        )
    elif request.operation == "scheme:ProposeBudget":
        _expect_budget(findings, scheme, content)
    scheme.changes[content["request_id"]] = ChangeBook(
        id=content["request_id"],
        kind=_KINDS[request.operation],
        reason=content["reason"],
        proposed_by=request.person,
        proposed_at=request.at,
        base_version=len(scheme.versions) if request.operation == "scheme:ProposeRules" else 0,
        content={name: content[name] for name in _CONTENT if name in content},
    )


def _expect_budget(findings: Findings, scheme: SchemeBook, content: Mapping[str, Any]) -> None:
    """A budget grows or shrinks by one amount, and shrinks by no more than is unallocated."""
    amounts = [content[name] for name in ("add_cents", "remove_cents") if name in content]
    findings.expect(len(amounts) == 1, "the budget must grow or shrink by one amount")
    for cents in amounts:
        findings.expect_amount(cents, MAX_BUDGET)
    _expect_removable(findings, scheme, content.get("remove_cents", 0))


def _expect_removable(findings: Findings, scheme: SchemeBook, cents: int) -> None:
    findings.expect(
        cents <= max(scheme.unallocated, 0),
        f"{cents} cents are removed from the budget of scheme {scheme.id}, of which {scheme.unallocated} are "
        "unallocated",
    )


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    change = scheme.changes[request.request["change"]]
    findings.expect_state(f"change {change.id}", change.state, "proposed")
    findings.expect_state(f"scheme {scheme.id}", scheme.state, *_IN_FORCE)
    findings.expect_second_person(change.proposed_by, request.person)
    if books.layout >= 3:
        _expect_timely(findings, scheme, change, request)
    change.state, change.decided_by = "approved", request.person
    _put_into_force(findings, scheme, change, request)


def _expect_timely(
    findings: Findings, scheme: SchemeBook, change: ChangeBook, request: CommittedRequest
) -> None:
    """A change is approved within its term, and rules while they still start from the newest ones."""
    findings.expect_term(f"change {change.id}", request, expiry(change.proposed_at))
    newest = len(scheme.versions)
    findings.expect(
        change.base_version in (0, newest),
        f"change {change.id} starts from version {change.base_version} of the rules: "
        f"it must be {newest}, the newest",
    )


def _put_into_force(
    findings: Findings, scheme: SchemeBook, change: ChangeBook, request: CommittedRequest
) -> None:
    if change.kind == "rules":
        scheme.versions.append(change.content["rules"])
        change.version = len(scheme.versions)
        if change.content["applies_to"] == "all":
            scheme.floor = change.version
    elif change.kind == "budget":
        if "remove_cents" in change.content:
            _expect_removable(findings, scheme, change.content["remove_cents"])
            scheme.budget -= change.content["remove_cents"]
        else:
            scheme.budget += change.content["add_cents"]
            findings.expect_amount(scheme.budget, MAX_BUDGET)
    else:
        scheme.state = "closed"
        scheme.closed_by, scheme.close_reason, scheme.closed_at = request.person, change.reason, request.at


def _reject(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    change = books.schemes[content["scheme"]].changes[content["change"]]
    findings.expect_state(f"change {change.id}", change.state, "proposed")
    findings.expect_decider(request, change.proposed_by)
    change.state, change.decided_by, change.reject_reason = "rejected", request.person, content["reason"]


HANDLERS: Handlers = {
    "scheme:ProposeRules": _propose,
    "scheme:ProposeBudget": _propose,
    "scheme:ProposeClosing": _propose,
    "scheme:ApproveChange": _approve,
    "scheme:RejectChange": _reject,
}
"""Applies each operation to the books."""
