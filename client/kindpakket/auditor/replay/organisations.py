"""Replays which organisations of the channel are named, at first and later, and which have ended."""

from __future__ import annotations

from kindpakket.auditor.books import Books, OrganisationBook, expiry
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.erasures import CITIZENS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Organisations

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
    msps = [] if first is None else _msps(first)
    earlier = books.later_organisations.get(proposed.id)
    new = proposed.id not in msps and not (earlier and (earlier.approved or earlier.ended))
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


def expect_endable(books: Books, findings: Findings, msp: str) -> None:
    """Anything that is named can end, but for the municipality and the last organisation of its kind."""
    organisations = books.organisations_in_force()
    if organisations is None:
        findings.add(f"{msp} was to end before any organisation was named")
        return
    if msp in organisations.get("ended", ()):
        findings.add(f"{msp} had already ended")
    elif msp == organisations["municipality"]:
        findings.add(f"{msp} was to end, which is the municipality")
    elif msp not in _msps(organisations):
        findings.add(f"{msp} was to end, which is not named")
    for kind, last in (("shops", organisations["shops"]), ("auditors", organisations["auditors"])):
        findings.expect(last != [msp], f"{msp} was to end, which is the last organisation of {kind}")


def end_organisation(books: Books, findings: Findings, msp: str, person: str) -> None:
    """Recognise no role in an organisation from now on."""
    expect_endable(books, findings, msp)
    if msp in books.later_organisations:
        organisation = books.later_organisations[msp]
        organisation.state, organisation.ended_by = "ended", person
        return
    first = books.organisations
    if first is None:
        return
    books.organisations = {
        "municipality": first["municipality"],
        "shops": [shops for shops in first["shops"] if shops != msp],
        "auditors": [auditors for auditors in first["auditors"] if auditors != msp],
        "ended": [*first.get("ended", ()), msp],
    }


def _msps(organisations: Organisations) -> list[str]:
    """All MSP ids, of those that have ended too."""
    named = [organisations["municipality"], *organisations["shops"], *organisations["auditors"]]
    return [*named, *organisations.get("ended", ())]


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
