"""Replays new payments and holds, and cancellations."""

from __future__ import annotations

from typing import Any

from kindpakket.auditor.books import Books, PaymentBook, SchemeBook, VoucherBook, total
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.holds import release_expired
from kindpakket.auditor.replay.purchases import Purchase
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.holder.orders import HoldOrder, Order, PaymentOrder
from kindpakket.ledger.days import booking_day
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Line


def _pay(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    purchase = _checked(books, findings, request, domain, PaymentOrder)
    scheme, voucher, order = purchase.scheme, purchase.voucher, purchase.order
    payment = _new_payment(purchase, request, lines=order.lines, day=purchase.booked)
    books.payments[payment.id] = payment
    if request.at >= voucher.ends_at:
        voucher.grace_cents -= payment.cents
    voucher.terms.available -= payment.cents
    voucher.terms.spent += payment.cents
    for line in payment.lines:
        voucher.by_category[line["category"]] += line["cents"]
    voucher.count(purchase.booked, payment.cents, paper=purchase.counts_as_paper)
    scheme.unsettled.setdefault(payment.shop, {})[payment.day, payment.id] = payment.cents
    books.move("payment", request.at, payment, payment.lines)
    _limit_grace(voucher)


def _hold(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    expires_at: int = request.request["expires_at"]
    purchase = _checked(books, findings, request, domain, HoldOrder)
    voucher, cents = purchase.voucher, purchase.order.cents
    payment = _new_payment(
        purchase,
        request,
        lines=(),
        day="",
        state="held",
        held_lines=purchase.order.lines,
        held_day=purchase.booked,
        expires_at=expires_at,
    )
    books.payments[payment.id] = payment
    voucher.terms.available -= cents
    voucher.terms.held += cents
    for line in payment.held_lines:
        voucher.held_by_category[line["category"]] += line["cents"]
    voucher.holds[payment.id] = {"cents": cents, "expires_at": expires_at}
    voucher.count(purchase.booked, cents, paper=purchase.counts_as_paper)
    _limit_grace(voucher)


def _checked(
    books: Books,
    findings: Findings,
    request: CommittedRequest,
    domain: Domain,
    kind: type[Order],
) -> Purchase:
    """The purchase that a request makes, checked against the rules; its booklet page is used up."""
    content, at = request.request, request.at
    scheme = books.schemes[content["scheme"]]
    voucher = scheme.vouchers[content["voucher"]]
    shop = books.shops[content["shop"]]
    order = kind.of_request(domain, content, voucher.version)
    findings.expect_own(request, shop)
    release_expired(books, voucher, at)
    booked = booking_day(at, scheme.closed_until)
    purchase = Purchase(scheme, shop, voucher, order, content["proof"], at, booked, request.verified)
    purchase.check(findings)
    voucher.last_page = content["proof"].get("page", voucher.last_page)
    return purchase


def _new_payment(purchase: Purchase, request: CommittedRequest, **members: Any) -> PaymentBook:
    order, proof = purchase.order, request.request["proof"]
    return PaymentBook(
        id=order.request_id,
        scheme=order.scheme,
        shop=order.shop,
        voucher=order.voucher,
        at=request.at,
        proof={name: proof[name] for name in ("kind", "version", "page") if name in proof},
        till=request.till,
        receipt=request.request.get("receipt", ""),
        **members,
    )


def _cancel(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    payment = books.payments[request.request["payment"]]
    scheme = books.schemes[payment.scheme]
    voucher = scheme.vouchers[payment.voucher]
    findings.expect_state(f"payment {payment.id}", payment.state, "paid")
    findings.expect_own(request, books.shops[payment.shop])
    booked = booking_day(request.at, scheme.closed_until)
    findings.expect(
        booked == payment.day,
        f"payment {payment.id} was cancelled on {booked}: it can be cancelled on {payment.day} only",
    )
    items = scheme.unsettled.get(payment.shop, {})
    findings.expect((payment.day, payment.id) in items, f"payment {payment.id} had already been settled")
    items.pop((payment.day, payment.id), None)
    payment.state, payment.cancel_reason = "cancelled", request.request["reason"]
    voucher.uncount(payment.cap_day, payment.cents, payment.proof)
    voucher.terms.cancelled += payment.cents
    return_money(scheme, voucher, list(payment.lines), request.at)
    books.move("cancellation", request.at, payment, payment.lines)


def return_money(scheme: SchemeBook, voucher: VoucherBook, lines: list[Line], at: int) -> None:
    """Return money to the voucher, also during the grace days after its end; otherwise to the budget."""
    cents = total(lines)
    for line in lines:
        voucher.by_category[line["category"]] -= line["cents"]
    if voucher.state == "revoked":
        voucher.terms.revoked += cents
        scheme.take_back("revoked", cents)
    elif voucher.state == "lapsed" or (
        at >= voucher.ends_at and at >= voucher.grace_end(scheme.rules_for(voucher))
    ):
        voucher.terms.lapsed += cents
        scheme.take_back("lapsed", cents)
    else:
        voucher.terms.available += cents
        if at >= voucher.ends_at:
            voucher.grace_cents += cents
    _limit_grace(voucher)


def _limit_grace(voucher: VoucherBook) -> None:
    """Keep the money in grace within what is available."""
    voucher.grace_cents = max(0, min(voucher.grace_cents, voucher.terms.available))


def _index(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """Moves no money: only where the ledger finds payments."""
    unknown = [payment for payment in request.request["payments"] if payment not in books.payments]
    findings.expect(not unknown, f"payments were indexed that are unknown: {', '.join(unknown)}")


HANDLERS: Handlers = {
    "payment:Index": _index,
    "payment:Pay": _pay,
    "payment:Hold": _hold,
    "payment:Cancel": _cancel,
}
"""Applies each operation to the books."""
