"""Replays what happens to schemes, shops and vouchers before money is spent."""

from __future__ import annotations

from collections.abc import Callable

from kindpakket.books import Books, SchemeBook, ShopBook, Terms, VoucherBook
from kindpakket.days import day_of, first_instant, next_day
from kindpakket.records import Rules
from kindpakket.replay_rules import Findings
from kindpakket.requested import Requested
from kindpakket.signing import FIRST_VERSION, Domain
from kindpakket.verification import flaw_of_activation


def _initialise(_: Books, __: Findings, ___: Requested, ____: Domain) -> None:
    """The names of the organisations move no money."""


def _draft(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    content = request.request
    scheme = SchemeBook(content["request_id"], content["rules"], content["budget_cents"], request.person)
    findings.expect(scheme.id not in books.schemes, f"scheme {scheme.id} was drafted before")
    findings.expect(scheme.budget > 0, f"a budget of {scheme.budget} cents")
    books.schemes[scheme.id] = scheme


def _approve(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "draft")
    findings.expect_second_person(scheme.drafted_by, request.person)
    scheme.state = "approved"


def _open(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "approved", "paused")
    scheme.state = "open"


def _pause(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    scheme.state = "paused"


def _close_day(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    day = request.request["day"]
    findings.expect(
        scheme.closed_until < day <= day_of(request.at), f"{day} lies ahead or had been closed before"
    )
    scheme.closed_until = day


def _apply(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    content = request.request
    shop = ShopBook(content["request_id"], request.mspid, tuple(content["categories"]))
    findings.expect(shop.id not in books.shops, f"shop {shop.id} had applied before")
    findings.expect(shop.id == request.shop, f"shop {shop.id} was applied for by another shop")
    books.shops[shop.id] = shop


def _approve_shop(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "applied")
    shop.state = "approved"
    shop.categories = {grant["code"]: grant["from"] for grant in request.request["categories"]}


def _suspend(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "approved")
    shop.state = "suspended"


def _reinstate(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "suspended")
    shop.state = "approved"


def _issue(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open")
    entitled = {
        voucher.entitlement for other in books.schemes.values() for voucher in other.vouchers.values()
    }
    for allocation in request.request["vouchers"]:
        cents = scheme.rules["presets"][allocation["preset"]] * allocation["units"]
        voucher = VoucherBook(
            id=allocation["id"],
            entitlement=allocation["entitlement"],
            preset=allocation["preset"],
            units=allocation["units"],
            ends_at=_end(scheme.rules),
            terms=Terms(issued=cents, available=cents),
        )
        findings.expect(voucher.id not in scheme.vouchers, f"voucher {voucher.id} was issued before")
        findings.expect(
            voucher.entitlement not in entitled, f"entitlement {voucher.entitlement} led to a voucher before"
        )
        entitled.add(voucher.entitlement)
        scheme.vouchers[voucher.id] = voucher
    findings.expect(
        scheme.budget_members()["unallocated_cents"] >= 0, f"more than the budget of {scheme.id} was issued"
    )


def _activate(books: Books, findings: Findings, request: Requested, domain: Domain) -> None:
    scheme = books.schemes[request.request["scheme"]]
    for activation in request.request["activations"]:
        voucher = scheme.vouchers[activation["voucher"]]
        authorisation = activation["authorisation"]
        flaw = flaw_of_activation(domain, scheme.id, voucher.id, authorisation, activation["proof"])
        findings.expect(not flaw, f"voucher {voucher.id} was activated without its holder: {flaw}")
        findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued")
        findings.expect(
            authorisation["kind"] in scheme.rules["proofs"], f"the scheme has no {authorisation['kind']}"
        )
        voucher.state = "active"
        voucher.authorisation = authorisation
        voucher.version = FIRST_VERSION


def _block(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    voucher = books.schemes[request.request["scheme"]].vouchers[request.request["voucher"]]
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued", "active")
    voucher.blocked_from, voucher.blocked_by, voucher.state = voucher.state, request.person, "blocked"


def _unblock(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    voucher = books.schemes[request.request["scheme"]].vouchers[request.request["voucher"]]
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "blocked")
    findings.expect_second_person(voucher.blocked_by, request.person)
    voucher.state, voucher.blocked_from, voucher.blocked_by = voucher.blocked_from, "", ""


def _end(rules: Rules) -> int:
    """The first instant at which a voucher can no longer be spent."""
    given = rules.get("ends_at")
    return first_instant(next_day(rules["ends_on"])) if given is None else given


HANDLERS: dict[str, Callable[[Books, Findings, Requested, Domain], None]] = {
    "organisations:Initialise": _initialise,
    "scheme:Draft": _draft,
    "scheme:Approve": _approve,
    "scheme:Open": _open,
    "scheme:Pause": _pause,
    "scheme:CloseDay": _close_day,
    "shop:Apply": _apply,
    "shop:Approve": _approve_shop,
    "shop:Suspend": _suspend,
    "shop:Reinstate": _reinstate,
    "voucher:Issue": _issue,
    "voucher:Activate": _activate,
    "voucher:Block": _block,
    "voucher:Unblock": _unblock,
}
"""How each operation changes the books."""
