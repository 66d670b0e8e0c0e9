"""Replays payments, cancellations and refunds."""

from __future__ import annotations

from collections.abc import Callable

from kindpakket.books import Books, Movement, PaymentBook, SchemeBook, VoucherBook
from kindpakket.days import booking_day
from kindpakket.records import Line
from kindpakket.replay_rules import Findings, check_payment
from kindpakket.requested import Requested
from kindpakket.signing import Domain, PaymentOrder
from kindpakket.verification import flaw_of_payment


def _pay(books: Books, findings: Findings, request: Requested, domain: Domain) -> None:
    content = request.request
    scheme = books.schemes[content["scheme"]]
    voucher = scheme.vouchers[content["voucher"]]
    shop = books.shops[content["shop"]]
    lines: list[Line] = content["lines"]
    proof = content["proof"]
    booked = booking_day(request.at, scheme.closed_until)
    order = PaymentOrder(
        domain=domain,
        scheme=scheme.id,
        voucher=voucher.id,
        version=voucher.version,
        request_id=content["request_id"],
        shop=shop.id,
        lines=tuple(lines),
        deadline=content["deadline"],
    )
    if voucher.authorisation is None:
        findings.add(f"voucher {voucher.id} was spent before it was bound to its holder")
    else:
        flaw = flaw_of_payment(voucher.authorisation, voucher.last_page, order, proof)
        findings.expect(not flaw, f"voucher {voucher.id} was spent without its holder: {flaw}")
    findings.expect(shop.id == request.shop, f"shop {shop.id} was paid by the till of another shop")
    check_payment(
        findings,
        scheme,
        shop,
        voucher,
        lines=lines,
        at=request.at,
        deadline=order.deadline,
        by=proof["kind"],
        booked=booked,
    )
    payment = PaymentBook(
        id=order.request_id,
        scheme=scheme.id,
        shop=shop.id,
        voucher=voucher.id,
        lines=order.lines,
        day=booked,
        at=request.at,
        proof={name: proof[name] for name in ("kind", "version", "page") if name in proof},
    )
    books.payments[payment.id] = payment
    _spend(voucher, payment)
    voucher.last_page = proof.get("page", voucher.last_page)
    scheme.unsettled.setdefault(shop.id, {})[booked, payment.id] = payment.cents
    _move(books, "payment", request.at, payment, lines)


def _cancel(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    payment = books.payments[request.request["payment"]]
    scheme = books.schemes[payment.scheme]
    voucher = scheme.vouchers[payment.voucher]
    findings.expect_state(f"payment {payment.id}", payment.state, "paid")
    findings.expect(payment.shop == request.shop, f"payment {payment.id} belongs to another shop")
    booked = booking_day(request.at, scheme.closed_until)
    findings.expect(booked == payment.day, f"payment {payment.id} of {payment.day} was cancelled on {booked}")
    items = scheme.unsettled.get(payment.shop, {})
    findings.expect((payment.day, payment.id) in items, f"payment {payment.id} had been settled")
    items.pop((payment.day, payment.id), None)
    payment.state = "cancelled"
    if voucher.day == payment.day:
        voucher.day_cents -= payment.cents
    voucher.terms.cancelled += payment.cents
    _give_back(scheme, voucher, list(payment.lines), request.at)
    _move(books, "cancellation", request.at, payment, list(payment.lines))


def _refund(books: Books, findings: Findings, request: Requested, _: Domain) -> None:
    content = request.request
    payment = books.payments[content["payment"]]
    scheme = books.schemes[payment.scheme]
    voucher = scheme.vouchers[payment.voucher]
    lines: list[Line] = content["lines"]
    findings.expect_state(f"payment {payment.id}", payment.state, "paid", "partly-refunded")
    findings.expect(payment.shop == request.shop, f"payment {payment.id} belongs to another shop")
    paid = {line["category"]: line["cents"] for line in payment.lines}
    for line in lines:
        payment.refunded[line["category"]] += line["cents"]
        findings.expect(line["cents"] > 0, f"{line['cents']} cents are no amount")
        findings.expect(
            payment.refunded[line["category"]] <= paid.get(line["category"], 0),
            f"more of {line['category']} was refunded than payment {payment.id} paid",
        )
    payment.state = "refunded" if payment.refunded_cents == payment.cents else "partly-refunded"
    cents = sum(line["cents"] for line in lines)
    voucher.terms.refunded += cents
    _give_back(scheme, voucher, lines, request.at)
    booked = booking_day(request.at, scheme.closed_until)
    scheme.unsettled.setdefault(payment.shop, {})[booked, content["request_id"]] = -cents
    _move(books, "refund", request.at, payment, lines)


def _spend(voucher: VoucherBook, payment: PaymentBook) -> None:
    voucher.terms.available -= payment.cents
    voucher.terms.spent += payment.cents
    for line in payment.lines:
        voucher.by_category[line["category"]] += line["cents"]
    if payment.day > voucher.day:
        voucher.day, voucher.day_cents = payment.day, 0
    voucher.day_cents += payment.cents


def _give_back(scheme: SchemeBook, voucher: VoucherBook, lines: list[Line], at: int) -> None:
    """Money returns to the voucher; after its end, or when it was revoked, into the budget."""
    cents = sum(line["cents"] for line in lines)
    for line in lines:
        voucher.by_category[line["category"]] -= line["cents"]
    if voucher.state == "revoked":
        voucher.terms.revoked += cents
        scheme.revoked += cents
    elif at >= voucher.ends_at:
        voucher.terms.lapsed += cents
        scheme.lapsed += cents
    else:
        voucher.terms.available += cents


def _move(books: Books, kind: str, at: int, payment: PaymentBook, lines: list[Line]) -> None:
    sign = 1 if kind == "payment" else -1
    books.movements += [
        Movement(kind, at, payment.scheme, payment.shop, line["category"], sign * line["cents"])
        for line in lines
    ]


HANDLERS: dict[str, Callable[[Books, Findings, Requested, Domain], None]] = {
    "payment:Pay": _pay,
    "payment:Cancel": _cancel,
    "payment:Refund": _refund,
}
"""How each operation changes the books."""
