"""Replays the naming of the channel's organisations: the first ones, and later ones by two persons."""

from __future__ import annotations

from kindpakket.auditor.books import Books, OrganisationBook, expiry
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.erasures import CITIZENS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.domain import Domain

_MAX_ORGANISATIONS = 100


def _initialise(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    findings.expect(books.organisations is None, "the organisations had already been named")
    findings.expect(
        request.mspid == content["municipality"],
        f"{request.mspid} named {content['municipality']} as the municipality: it must name itself",
    )
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
        request.at,
        content.get("accounts", ""),
    )
    first = books.organisations
    msps = [] if first is None else [first["municipality"], *first["shops"], *first["auditors"]]
    earlier = books.later_organisations.get(proposed.id)
    new = proposed.id not in msps and not (earlier and earlier.approved)
    findings.expect(new, f"{proposed.id} had already been named")
    findings.expect(
        proposed.kind in ("shops", "auditors"),
        f"{proposed.id} was proposed as {proposed.kind!r}: it must be shops or auditors",
    )
    findings.expect(
        proposed.kind == "shops" or not proposed.accounts,
        f"{proposed.id} has no shops, so it cannot have the collection {proposed.accounts}",
    )
    findings.expect(
        proposed.accounts != CITIZENS,
        f"{proposed.id} was to keep accounts in {CITIZENS}, which is for case records",
    )
    books.later_organisations[proposed.id] = proposed
    count = len(msps) + len(books.later_organisations)
    findings.expect(
        count <= _MAX_ORGANISATIONS, f"{count} organisations are named: at most {_MAX_ORGANISATIONS} may be"
    )


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    organisation = _waiting(books, findings, request)
    findings.expect_second_person(organisation.proposed_by, request.person)
    if books.layout >= 3:
        expires_at = expiry(organisation.proposed_at)
        findings.expect_term(f"change {organisation.change}", request, expires_at)
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
    findings.expect(
        organisation.change == change,
        f"{change} was decided on: the pending change of {organisation.id} is {organisation.change}",
    )
    return organisation


HANDLERS: Handlers = {
    "organisations:Initialise": _initialise,
    "organisations:Propose": _propose,
    "organisations:Approve": _approve,
    "organisations:Reject": _reject,
}
"""Applies each operation to the books."""
