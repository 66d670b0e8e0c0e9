"""Replays refunds: those that return money immediately, are confirmed by a second person, or wait for two."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.auditor.books import Books, PaymentBook, RefundBook, total
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.callers import SELLERS, TILLS
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
    refund = books.refunds[content["request_id"]] = RefundBook(
        id=content["request_id"],
        scheme=payment.scheme,
        shop=payment.shop,
        payment=payment.id,
        lines=tuple(lines),
        at=request.at,
        reason=content["reason"],
        receipt=content.get("receipt", ""),
    )
    limit = books.shops[payment.shop].refund_alone_cents
    alone = payment.refunded_cents - payment.refunded_confirmed_cents + total(lines)
    if limit is not None and alone > limit:
        refund.state, refund.asked_by, refund.asked_role = "asked", request.person, request.role
        return
    refund.waits = _why_it_waits(books, payment, lines, request.at)
    refund.state = "waiting" if refund.waits else ""
    if not refund.waits:
        _return_lines(books, payment, refund, request.at)


def _confirm(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """All terms are looked at again: the money returns, or the refund waits."""
    refund = books.refunds[request.request["refund"]]
    payment = books.payments[refund.payment]
    findings.expect_own(request, books.shops[payment.shop])
    findings.expect_state(f"refund {refund.id}", refund.state, "asked")
    findings.expect_second_person(refund.asked_by, request.person)
    findings.expect(
        "shopkeeper" in (refund.asked_role, request.role),
        f"refund {refund.id} was confirmed without a shopkeeper: {refund.asked_by}, then {request.person}",
    )
    _expect_refundable(findings, payment, refund.lines)
    refund.confirmed_by = request.person
    refund.waits = _why_it_waits(books, payment, refund.lines, request.at)
    refund.state = "waiting" if refund.waits else "confirmed"
    if not refund.waits:
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
    if request.role in SELLERS:
        findings.expect_state(f"refund {refund.id}", refund.state, "asked")
        _expect_may_withdraw(books, findings, request, refund)
    elif refund.state == "asked":
        shop = books.shops[books.payments[refund.payment].shop]
        ended = request.role == "approver" and shop.state == "ended"
        findings.expect(
            ended, f"refund {refund.id} was rejected by {request.role}, and shop {shop.id} is {shop.state}"
        )
    else:
        findings.expect_state(f"refund {refund.id}", refund.state, "waiting", "endorsed")
    refund.state, refund.decided_by = "rejected", request.person
    refund.reject_reason = request.request["reason"]


def _expect_may_withdraw(
    books: Books, findings: Findings, request: CommittedRequest, refund: RefundBook
) -> None:
    """A person of the shop rejects what was asked for; an acquirer only what it asked for itself."""
    findings.expect_own(request, books.shops[books.payments[refund.payment].shop])
    findings.expect(
        request.role in TILLS or request.person == refund.asked_by,
        f"refund {refund.id} was rejected by acquirer {request.person}, who had not asked for it",
    )


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
    cents = total(lines)
    if refund.confirmed_by:
        payment.refunded_confirmed_cents += cents
    voucher.terms.refunded += cents
    return_money(scheme, voucher, list(lines), at)
    refund.day = booking_day(at, scheme.closed_until)
    scheme.unsettled.setdefault(payment.shop, {})[refund.day, refund.id] = -cents
    books.move("refund", at, payment, lines)


HANDLERS: Handlers = {
    "payment:Refund": _refund,
    "payment:ConfirmRefund": _confirm,
    "payment:EndorseRefund": _endorse,
    "payment:ApproveRefund": _approve,
    "payment:RejectRefund": _reject,
}
