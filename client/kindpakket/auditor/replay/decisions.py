"""Replays what one person of the municipality proposes and another one decides."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from kindpakket.auditor.books import Books, DecisionBook, SchemeBook, VoucherBook, expiry
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.organisations import end_organisation, expect_endable
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.auditor.replay.shops import ENDABLE, end_shop
from kindpakket.auditor.replay.vouchers import LIVE, revoke_all
from kindpakket.ledger.domain import Domain

_KINDS = {
    "voucher:ProposeRevocation": "revocation",
    "voucher:ProposeFreeing": "freeing",
    "shop:ProposeEnd": "shop-end",
    "organisations:ProposeEnd": "organisation-end",
}


def _propose_revocation(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    findings.expect_bulk(content["vouchers"])
    for voucher in _vouchers(books.schemes[content["scheme"]], content["vouchers"]):
        findings.expect_state(f"voucher {voucher.id}", voucher.state, *LIVE)
    _propose(books, request)


def _propose_freeing(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    findings.expect_bulk(content["entitlements"])
    _expect_free(books, findings, content["scheme"], content["entitlements"])
    _propose(books, request)


def _propose_organisation_end(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    expect_endable(books, findings, request.request["msp"])
    _propose(books, request)


def _propose_shop_end(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, *ENDABLE)
    _propose(books, request)


def _propose(books: Books, request: CommittedRequest) -> None:
    content = {**request.request}
    decision = DecisionBook(
        id=content.pop("request_id"),
        kind=_KINDS[request.operation],
        reason=content.pop("reason"),
        proposed_by=request.person,
        proposed_at=request.at,
        content=content,
    )
    books.decisions[decision.id] = decision


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    decision = books.decisions[request.request["decision"]]
    findings.expect_state(f"decision {decision.id}", decision.state, "proposed")
    findings.expect_second_person(decision.proposed_by, request.person)
    findings.expect_term(f"decision {decision.id}", request, expiry(decision.proposed_at))
    decision.state, decision.decided_by = "approved", request.person
    _carry_out(books, findings, decision, request)


def _carry_out(books: Books, findings: Findings, decision: DecisionBook, request: CommittedRequest) -> None:
    content = decision.content
    if decision.kind == "revocation":
        scheme = books.schemes[content["scheme"]]
        revoke_all(books, findings, scheme, _vouchers(scheme, content["vouchers"]), request.at)
    elif decision.kind == "freeing":
        _expect_free(books, findings, content["scheme"], content["entitlements"])
        for entitlement in content["entitlements"]:
            books.entitlements.pop(entitlement, None)
    elif decision.kind == "organisation-end":
        end_organisation(books, findings, content["msp"], request.person)
    else:
        shop = books.shops[content["shop"]]
        if shop.state == "suspended" and not shop.payout_frozen_by:
            shop.payout_frozen_by, shop.payout_freeze_reason = shop.changed_by, shop.state_reason
        end_shop(findings, shop, request, decision.reason, content["retention_days"])


def _reject(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    decision = books.decisions[request.request["decision"]]
    findings.expect_state(f"decision {decision.id}", decision.state, "proposed")
    findings.expect_decider(request, decision.proposed_by)
    decision.state, decision.decided_by = "rejected", request.person
    decision.reject_reason = request.request["reason"]


def _index(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """Decides nothing: only what the ledger lists as waiting."""
    keys = request.request["keys"]
    findings.expect_bulk(keys)
    for key in keys:
        findings.expect(_is_known(books, key), f"{key} was indexed, and is unknown")


def _is_known(books: Books, key: str) -> bool:
    """Whether the ledger has a record of what may wait under a key."""
    kind, *members = key.split("/")
    scheme = books.schemes.get(members[0])
    known: Mapping[str, Container[str]] = {
        "organisation": books.later_organisations,
        "scheme": books.schemes,
        "decision": books.decisions,
        "shop": books.shops,
        "erasure": books.erasures,
        "change": scheme.changes if scheme else (),
        "allocation": scheme.allocations if scheme else (),
        "voucher": scheme.vouchers if scheme else (),
        "settlement": {book.id for book in books.settlements.values()},
    }
    return members[-1] in known.get(kind, ())


def _expect_free(books: Books, findings: Findings, scheme: str, entitlements: Sequence[str]) -> None:
    """Entitlements are used under the scheme, for vouchers that are revoked and of which nothing is spent."""
    vouchers = books.schemes[scheme].vouchers
    for entitlement in entitlements:
        voucher = vouchers.get(books.entitlements.get(entitlement, ""))
        if voucher is None:
            findings.add(f"entitlement {entitlement} was not in use under scheme {scheme}")
            continue
        findings.expect_state(f"voucher {voucher.id}", voucher.state, "revoked")
        spent = voucher.terms.net
        findings.expect(not spent, f"voucher {voucher.id} had {spent} cents spent: it must be none")


def _vouchers(scheme: SchemeBook, ids: Sequence[str]) -> list[VoucherBook]:
    return [scheme.vouchers[voucher] for voucher in ids]


HANDLERS: Handlers = {
    "voucher:ProposeRevocation": _propose_revocation,
    "voucher:ProposeFreeing": _propose_freeing,
    "shop:ProposeEnd": _propose_shop_end,
    "organisations:ProposeEnd": _propose_organisation_end,
    "decision:Approve": _approve,
    "decision:Reject": _reject,
    "decision:Index": _index,
}
"""Applies each operation to the books."""
