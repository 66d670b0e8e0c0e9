"""Replays the naming of the channel's organisations: the first ones, and further ones by two persons."""

from __future__ import annotations

from kindpakket.auditor.books import Books, OrganisationBook
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.ledger.domain import Domain

_MOST = 100


def _initialise(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    findings.expect(books.organisations is None, "the organisations were named before")
    findings.expect(request.mspid == content["municipality"], f"{request.mspid} is not the municipality")
    books.organisations = {
        "municipality": content["municipality"],
        "shops": content["shops"],
        "auditors": content["auditors"],
    }


def _propose(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    proposed = OrganisationBook(
        content["msp"],
        content["kind"],
        content["request_id"],
        content["reason"],
        request.person,
        content.get("accounts", ""),
    )
    first = books.organisations
    named = [] if first is None else [first["municipality"], *first["shops"], *first["auditors"]]
    before = books.later_organisations.get(proposed.id)
    new = proposed.id not in named and not (before and before.named)
    findings.expect(new, f"{proposed.id} had been named before")
    findings.expect(proposed.kind in ("shops", "auditors"), f"{proposed.id} was proposed as {proposed.kind}")
    findings.expect(proposed.kind == "shops" or not proposed.accounts, f"{proposed.id} has no shops to pay")
    findings.expect(proposed.accounts != "citizens", f"{proposed.id} was to keep accounts among the cases")
    books.later_organisations[proposed.id] = proposed
    findings.expect(len(named) + len(books.later_organisations) <= _MOST, f"more than {_MOST} organisations")


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    organisation = _waiting(books, findings, request)
    findings.expect_second_person(organisation.proposed_by, request.person)
    organisation.state, organisation.decided_by = "approved", request.person


def _reject(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    organisation = _waiting(books, findings, request)
    findings.expect_decider(request, organisation.proposed_by)
    organisation.state, organisation.decided_by = "rejected", request.person
    organisation.reject_reason = request.request["reason"]


def _waiting(books: Books, findings: Findings, request: CommittedRequest) -> OrganisationBook:
    organisation = books.later_organisations[request.request["msp"]]
    findings.expect_state(f"organisation {organisation.id}", organisation.state, "proposed")
    change = request.request["change"]
    findings.expect(organisation.change == change, f"{organisation.id} was not proposed by {change}")
    return organisation


HANDLERS: Handlers = {
    "organisations:Initialise": _initialise,
    "organisations:Propose": _propose,
    "organisations:Approve": _approve,
    "organisations:Reject": _reject,
}
"""How each operation changes the books."""
