"""Replays holds after they were made: captures and releases, also those that time makes."""

from __future__ import annotations

from kindpakket.auditor.books import Books, PaymentBook, SchemeBook, VoucherBook, total
from kindpakket.auditor.replay.callers import TILLS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.ledger.days import booking_day
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Line

_EXPIRED = "expired"


def release_expired(books: Books, voucher: VoucherBook, at: int) -> None:
    """Give back what is held longer than agreed, as payments, holds, revocations and lapses do first."""
    for payment_id in [each for each, hold in voucher.holds.items() if at >= hold["expires_at"]]:
        _release_all(voucher, books.payments[payment_id], _EXPIRED)


def expect_no_hold(findings: Findings, voucher: VoucherBook) -> None:
    """Judge whether nothing of a voucher is held any more."""
    findings.expect(not voucher.holds, f"{voucher.terms.held} cents of voucher {voucher.id} are held")


def _capture(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    lines: list[Line] = request.request["lines"]
    scheme, voucher, payment = _held(books, findings, request)
    shop = books.shops[payment.shop]
    findings.expect_own(request, shop)
    findings.expect(request.at < payment.expires_at, f"hold {payment.id} had expired")
    findings.expect_state(f"shop {shop.id}", shop.state, "approved")
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open", "closed")
    findings.expect_lines(lines)
    held = {line["category"]: line["cents"] for line in payment.held_lines}
    for line in lines:
        within = line["cents"] <= held.get(line["category"], 0)
        findings.expect(within, f"more of {line['category']} was captured than {payment.id} held")
    cents = total(lines)
    _give_back(voucher, payment, payment.held_cents - cents)
    voucher.terms.available -= cents
    voucher.terms.spent += cents
    for line in lines:
        voucher.by_category[line["category"]] += line["cents"]
    payment.state, payment.lines, payment.captured_at = "paid", tuple(lines), request.at
    payment.day = booking_day(request.at, scheme.closed_until)
    scheme.unsettled.setdefault(payment.shop, {})[payment.day, payment.id] = cents
    books.move("payment", request.at, payment, lines)


def _release(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher, payment = _held(books, findings, request)[1:]
    if request.role in TILLS:
        findings.expect_own(request, books.shops[payment.shop])
    else:
        findings.expect(
            request.at >= payment.expires_at, f"hold {payment.id}, which is its shop's, had not expired"
        )
    _release_all(voucher, payment, request.request["reason"])


def _held(
    books: Books, findings: Findings, request: CommittedRequest
) -> tuple[SchemeBook, VoucherBook, PaymentBook]:
    payment = books.payments[request.request["payment"]]
    findings.expect_state(f"payment {payment.id}", payment.state, "held")
    scheme = books.schemes[payment.scheme]
    return scheme, scheme.vouchers[payment.voucher], payment


def _release_all(voucher: VoucherBook, payment: PaymentBook, reason: str) -> None:
    _give_back(voucher, payment, payment.held_cents)
    payment.state, payment.release_reason = "released", reason


def _give_back(voucher: VoucherBook, payment: PaymentBook, unpaid: int) -> None:
    """Make the whole hold available; its day gets back what is not paid of it."""
    voucher.holds.pop(payment.id, None)
    voucher.terms.held -= payment.held_cents
    voucher.terms.available += payment.held_cents
    for line in payment.held_lines:
        voucher.held_by_category[line["category"]] -= line["cents"]
    voucher.uncount(payment.held_day, unpaid)


HANDLERS: Handlers = {"payment:Capture": _capture, "payment:Release": _release}
"""How each operation changes the books."""
