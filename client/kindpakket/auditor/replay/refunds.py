"""Replays refunds: those that return money immediately, and those that wait for two persons."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.auditor.books import Books, PaymentBook, RefundBook, total
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.payments import return_money
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.days import booking_day, day_after
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.money import in_cents
from kindpakket.ledger.records import Line


def _refund(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    payment = books.payments[content["payment"]]
    lines: list[Line] = content["lines"]
    findings.expect_own(request, books.shops[payment.shop])
    findings.expect_lines(lines)
    _expect_refundable(findings, payment, lines)
    waits = _why_it_waits(books, payment, lines, request.at)
    refund = books.refunds[content["request_id"]] = RefundBook(
        id=content["request_id"],
        scheme=payment.scheme,
        shop=payment.shop,
        payment=payment.id,
        lines=tuple(lines),
        at=request.at,
        reason=content["reason"],
        receipt=content.get("receipt", ""),
        waits=waits,
        state="waiting" if waits else "",
    )
    if not waits:
        _return_lines(books, payment, refund, request.at)


def _why_it_waits(books: Books, payment: PaymentBook, lines: Sequence[Line], at: int) -> str:
    """`shop`, `term` or `limit` if the rules make the refund wait, "" if they do not."""
    scheme = books.schemes[payment.scheme]
    rules = scheme.rules_for(scheme.vouchers[payment.voucher])
    still_open = (payment.day, payment.id) in scheme.unsettled.get(payment.shop, {})
    if books.shops[payment.shop].state != "approved" and (
        "refund_days" in rules or (books.layout >= 3 and not still_open)
    ):
        return "shop"
    if "refund_days" not in rules:
        return ""
    if booking_day(at, scheme.closed_until) > day_after(payment.day, rules["refund_days"]):
        return "term"
    refunded = payment.refunded_cents + total(list(lines))
    above = refunded > rules.get("refund_limit_cents", refunded)
    return "limit" if above and not still_open else ""


def _endorse(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    refund = books.refunds[request.request["refund"]]
    findings.expect_state(f"refund {refund.id}", refund.state, "waiting")
    refund.state, refund.endorsed_by = "endorsed", request.person


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    refund = books.refunds[request.request["refund"]]
    payment = books.payments[refund.payment]
    findings.expect_state(f"refund {refund.id}", refund.state, "endorsed")
    findings.expect_second_person(refund.endorsed_by, request.person)
    _expect_refundable(findings, payment, refund.lines)
    refund.state, refund.decided_by = "approved", request.person
    _return_lines(books, payment, refund, request.at)


def _reject(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    refund = books.refunds[request.request["refund"]]
    findings.expect_state(f"refund {refund.id}", refund.state, "waiting", "endorsed")
    refund.state, refund.decided_by = "rejected", request.person
    refund.reject_reason = request.request["reason"]


def _expect_refundable(findings: Findings, payment: PaymentBook, lines: Sequence[Line]) -> None:
    findings.expect_state(f"payment {payment.id}", payment.state, "paid", "partly-refunded")
    paid = {line["category"]: line["cents"] for line in payment.lines}
    for line in lines:
        category, most = line["category"], paid.get(line["category"], 0)
        refunded = payment.refunded[category] + line["cents"]
        findings.expect(
            refunded <= most,
            f"refunded {category} totals {in_cents(refunded)}: payment {payment.id} paid {in_cents(most)}",
        )


def _return_lines(books: Books, payment: PaymentBook, refund: RefundBook, at: int) -> None:
    """Return the lines of a refund to the voucher of its payment; the shop owes them."""
    lines = refund.lines
    scheme = books.schemes[payment.scheme]
    voucher = scheme.vouchers[payment.voucher]
    for line in lines:
        payment.refunded[line["category"]] += line["cents"]
    payment.state = "refunded" if payment.refunded_cents == payment.cents else "partly-refunded"
    cents = total(list(lines))
    voucher.terms.refunded += cents
    return_money(scheme, voucher, list(lines), at)
    refund.day = booking_day(at, scheme.closed_until)
    scheme.unsettled.setdefault(payment.shop, {})[refund.day, refund.id] = -cents
    books.move("refund", at, payment, lines)


HANDLERS: Handlers = {
    "payment:Refund": _refund,
    "payment:EndorseRefund": _endorse,
    "payment:ApproveRefund": _approve,
    "payment:RejectRefund": _reject,
}
