"""Replays the life of vouchers: issue, activation, top-up, extension, revocation, lapse."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.auditor.books import HOLDER, Books, SchemeBook, Terms, VoucherBook, end_of
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.bindings import bind
from kindpakket.auditor.replay.drawings import draw, drawn
from kindpakket.auditor.replay.holds import expect_no_hold, release_expired
from kindpakket.auditor.replay.rules import MAX_CENTS, Findings, Handlers
from kindpakket.holder.orders import FIRST_VERSION
from kindpakket.holder.verification import activation_proof_error
from kindpakket.ledger.days import day_after, day_of, first_instant
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.money import in_cents

LIVE = ("issued", "active", "blocked")
"""States of a voucher that is not over."""


def _issue(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    lines = request.request["vouchers"]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    if books.layout >= 2:
        ended = scheme.rules["ends_on"]
        findings.expect(request.at < end_of(scheme.rules), f"scheme {scheme.id} had ended on {ended}")
    findings.expect_bulk([line["id"] for line in lines])
    allocation = drawn(books, findings, scheme, request, "issue", lines)
    before = scheme.issued
    for line in lines:
        preset, units = line["preset"], line["units"]
        product = scheme.rules.get("products", {}).get(preset)
        if product is None:
            cents = scheme.rules["presets"][preset] * units
        else:
            cents = product["max_cents"]
            findings.expect(
                units == 1, f"{units} units of product {preset} were issued in one voucher: it must be 1"
            )
        voucher = VoucherBook(
            id=line["id"],
            rules_version=len(scheme.versions),
            entitlement=line["entitlement"],
            preset=preset,
            units=units,
            ends_at=end_of(scheme.rules),
            terms=Terms(issued=cents, available=cents),
            product="" if product is None else preset,
            issued_by=request.person if allocation else "",
        )
        findings.expect_amount(cents)
        findings.expect(voucher.id not in scheme.vouchers, f"voucher {voucher.id} had already been issued")
        _entitle(books, findings, voucher.entitlement, voucher.id)
        scheme.vouchers[voucher.id] = voucher
        scheme.issued += cents
    draw(findings, scheme, allocation, len(lines), scheme.issued - before)


def _activate(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect(scheme.state != "closed", f"scheme {scheme.id} is closed")
    findings.expect_bulk([activation["voucher"] for activation in request.request["activations"]])
    for activation in request.request["activations"]:
        voucher = scheme.vouchers[activation["voucher"]]
        authorisation, code = activation["authorisation"], activation.get("self_block")
        error = activation_proof_error(
            domain, scheme.id, voucher.id, authorisation, activation["proof"], code
        )
        findings.expect(not error, f"voucher {voucher.id} was activated without a valid proof: {error}")
        findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued")
        findings.expect_second_person(voucher.issued_by, request.person)
        findings.expect(
            authorisation["kind"] in scheme.rules_for(voucher)["proofs"],
            f"the scheme does not accept proofs by {authorisation['kind']}",
        )
        bind(books, findings, voucher.id, authorisation)
        voucher.state = "active"
        voucher.authorisation = authorisation
        voucher.version = FIRST_VERSION
        voucher.self_block = code or ""


def _top_up(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    top_ups = request.request["top_ups"]
    findings.expect_bulk([top_up["voucher"] for top_up in top_ups])
    allocation = drawn(books, findings, scheme, request, "top-up", top_ups)
    before = scheme.topped_up
    for top_up in top_ups:
        voucher = scheme.vouchers[top_up["voucher"]]
        findings.expect_state(f"voucher {voucher.id}", voucher.state, *LIVE)
        findings.expect(request.at < voucher.ends_at, f"voucher {voucher.id} had expired")
        findings.expect(not voucher.product, f"voucher {voucher.id} is for one {voucher.product}")
        cents = scheme.rules["presets"][top_up["preset"]] * top_up["units"]
        _entitle(books, findings, top_up["entitlement"], voucher.id)
        voucher.terms.topped_up += cents
        voucher.terms.available += cents
        scheme.topped_up += cents
        given = voucher.terms.given
        findings.expect(
            cents > 0 and given <= MAX_CENTS,
            f"voucher {voucher.id} was topped up by {in_cents(cents)} to {in_cents(given)}: "
            f"the total must grow, to at most {MAX_CENTS}",
        )
    draw(findings, scheme, allocation, len(top_ups), scheme.topped_up - before)


def _extend(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    ends_on = request.request["ends_on"]
    findings.expect(scheme.state != "closed", f"scheme {scheme.id} is closed")
    for voucher in _bulk(findings, scheme, request):
        rules = scheme.rules_for(voucher)
        latest = day_after(rules["ends_on"], rules["extension_days"])
        findings.expect_state(f"voucher {voucher.id}", voucher.state, *LIVE)
        findings.expect(
            max(voucher.last_day, day_of(request.at)) < ends_on <= latest,
            f"voucher {voucher.id} was extended from {voucher.last_day} to {ends_on}: "
            f"the new last day must be later, and {latest} at most",
        )
        voucher.ends_at, voucher.grace_cents = first_instant(day_after(ends_on, 1)), 0


def _revoke(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    vouchers = _bulk(findings, scheme, request)
    for voucher in vouchers if books.layout >= 3 else ():
        by_another = voucher.blocked_by not in ("", HOLDER, request.person)
        findings.expect(
            by_another, f"voucher {voucher.id} was revoked without being blocked by another person"
        )
    revoke_all(books, findings, scheme, vouchers, request.at)


def revoke_all(
    books: Books, findings: Findings, scheme: SchemeBook, vouchers: Sequence[VoucherBook], at: int
) -> None:
    """Revoke vouchers, as two persons decided."""
    for voucher in vouchers:
        release_expired(books, voucher, at)
        findings.expect_state(f"voucher {voucher.id}", voucher.state, *LIVE)
        expect_no_hold(findings, voucher)
        voucher.end("revoked")
        cents, voucher.terms.available, voucher.grace_cents = voucher.terms.available, 0, 0
        voucher.terms.revoked += cents
        scheme.take_back("revoked", cents)


def _lapse(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    for voucher in _bulk(findings, scheme, request):
        release_expired(books, voucher, request.at)
        findings.expect_state(f"voucher {voucher.id}", voucher.state, *LIVE)
        expect_no_hold(findings, voucher)
        over = request.at >= voucher.ends_at
        closed = scheme.state == "closed"
        if closed or (over and request.at >= voucher.grace_end(scheme.rules_for(voucher))):
            voucher.end("lapsed")
            voucher.grace_cents = 0
        elif voucher.redeemed:
            voucher.grace_cents = 0
        else:
            findings.expect(
                over, f"voucher {voucher.id} lapsed although it can be spent until {voucher.last_day}"
            )
        cents = voucher.terms.available - voucher.grace_cents
        voucher.terms.available -= cents
        voucher.terms.lapsed += cents
        scheme.take_back("lapsed", cents)


def _bulk(findings: Findings, scheme: SchemeBook, request: CommittedRequest) -> list[VoucherBook]:
    ids = request.request["vouchers"]
    findings.expect_bulk(ids)
    return [scheme.vouchers[voucher_id] for voucher_id in ids]


def _entitle(books: Books, findings: Findings, entitlement: str, voucher: str) -> None:
    issued = books.entitlements.get(entitlement)
    findings.expect(issued is None, f"voucher {issued} has already been issued for entitlement {entitlement}")
    books.entitlements[entitlement] = voucher


HANDLERS: Handlers = {
    "voucher:Issue": _issue,
    "voucher:Activate": _activate,
    "voucher:TopUp": _top_up,
    "voucher:Extend": _extend,
    "voucher:Revoke": _revoke,
    "voucher:Lapse": _lapse,
}
"""Applies each operation to the books."""
