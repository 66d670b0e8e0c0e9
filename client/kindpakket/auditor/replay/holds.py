"""Replays what happens to holds: captures, as a whole or in parts, releases, and expiry."""

from __future__ import annotations

from typing import cast

from kindpakket.auditor.books import HOLDER, Books, PaymentBook, SchemeBook, VoucherBook, total
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.callers import SELLERS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.holder.orders import ReleaseOrder
from kindpakket.holder.verification import release_proof_error
from kindpakket.ledger.days import booking_day
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.money import in_cents
from kindpakket.ledger.records import Line, ProofUsed

_EXPIRED = "expired"


def release_expired(books: Books, voucher: VoucherBook, at: int) -> None:
    """Release expired holds, as payments, holds, revocations and lapses do first."""
    for payment_id in [key for key, hold in voucher.holds.items() if at >= hold["expires_at"]]:
        _release_all(voucher, books.payments[payment_id], _EXPIRED)


def expect_no_hold(findings: Findings, voucher: VoucherBook) -> None:
    """A voucher that ends has no money on hold."""
    findings.expect(
        not voucher.holds, f"voucher {voucher.id} still has {in_cents(voucher.terms.held)} on hold"
    )


def _capture(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    lines: list[Line] = request.request["lines"]
    scheme, voucher, payment = _held(books, findings, request)
    _expect_capturable(books, findings, request, payment)
    cents = total(lines)
    _give_back(voucher, payment, payment.left_cents - cents)
    voucher.terms.available -= cents
    voucher.terms.spent += cents
    for line in lines:
        voucher.by_category[line["category"]] += line["cents"]
    payment.state, payment.lines, payment.captured_at = "paid", tuple(lines), request.at
    payment.receipt = request.request.get("receipt") or payment.receipt
    payment.day = booking_day(request.at, scheme.closed_until)
    scheme.unsettled.setdefault(payment.shop, {})[payment.day, payment.id] = cents
    books.move("payment", request.at, payment, lines)


def _capture_part(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    lines: list[Line] = content["lines"]
    scheme, voucher, hold = _held(books, findings, request, "hold")
    _expect_capturable(books, findings, request, hold)
    cents = total(lines)
    findings.expect(not voucher.product, f"a part was captured of hold {hold.id}, which is for a product")
    findings.expect(cents < hold.left_cents, f"a part left nothing of hold {hold.id}")
    part = books.payments[content["request_id"]] = PaymentBook(
        id=content["request_id"],
        scheme=hold.scheme,
        shop=hold.shop,
        voucher=hold.voucher,
        lines=tuple(lines),
        day=booking_day(request.at, scheme.closed_until),
        at=request.at,
        proof=hold.proof,
        till=request.till,
        receipt=content.get("receipt", ""),
        hold=hold.id,
        held_day=hold.held_day,
    )
    voucher.terms.held -= cents
    voucher.terms.spent += cents
    for line in lines:
        hold.captured[line["category"]] += line["cents"]
        voucher.held_by_category[line["category"]] -= line["cents"]
        voucher.by_category[line["category"]] += line["cents"]
    voucher.holds[hold.id] = {"cents": hold.left_cents, "expires_at": hold.expires_at}
    scheme.unsettled.setdefault(part.shop, {})[part.day, part.id] = cents
    books.move("payment", request.at, part, lines)


def _expect_capturable(
    books: Books, findings: Findings, request: CommittedRequest, payment: PaymentBook
) -> None:
    """The shop may take these lines of what its hold has left, now."""
    lines: list[Line] = request.request["lines"]
    scheme, shop = books.schemes[payment.scheme], books.shops[payment.shop]
    voucher = scheme.vouchers[payment.voucher]
    findings.expect_own(request, shop)
    findings.expect(request.at < payment.expires_at, f"hold {payment.id} had already expired")
    findings.expect_state(f"shop {shop.id}", shop.state, "approved")
    findings.expect_state(f"scheme {scheme.id}", scheme.state, "open", "closed")
    findings.expect(
        voucher.state != "blocked" or books.layout < 3, f"voucher {voucher.id} was blocked at the capture"
    )
    findings.expect_lines(lines)
    held = {line["category"]: line["cents"] for line in payment.left_lines}
    for line in lines:
        category, cents, most = line["category"], line["cents"], held.get(line["category"], 0)
        findings.expect(
            cents <= most,
            f"captured {category} totals {in_cents(cents)}: hold {payment.id} has {in_cents(most)}",
        )


def _release(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher, payment = _held(books, findings, request)[1:]
    shop = books.shops[payment.shop]
    if request.role in SELLERS:
        findings.expect_own(request, shop)
    else:
        stopped = voucher.state == "blocked" or shop.state != "approved"
        findings.expect(
            request.at >= payment.expires_at or (stopped and request.role == "approver"),
            f"hold {payment.id} had not expired: only its shop could release it",
        )
    _release_all(voucher, payment, request.request["reason"])


def _release_by_holder(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    content = request.request
    scheme, voucher, payment = _held(books, findings, request)
    order = ReleaseOrder(
        domain=domain,
        scheme=scheme.id,
        voucher=voucher.id,
        version=voucher.version,
        request_id=content["request_id"],
        payment=payment.id,
        deadline=content["deadline"],
    )
    if voucher.authorisation is None:
        findings.add(f"hold {payment.id} is of a voucher that was never activated")
    else:
        held = cast(ProofUsed, payment.proof)
        error = release_proof_error(voucher.authorisation, held, order, content["proof"])
        findings.expect(not error, f"hold {payment.id} was released without a valid proof: {error}")
    findings.expect_deadline(request.at, order.deadline)
    _release_all(voucher, payment, HOLDER)


def _held(
    books: Books, findings: Findings, request: CommittedRequest, member: str = "payment"
) -> tuple[SchemeBook, VoucherBook, PaymentBook]:
    payment = books.payments[request.request[member]]
    findings.expect_state(f"payment {payment.id}", payment.state, "held")
    scheme = books.schemes[payment.scheme]
    return scheme, scheme.vouchers[payment.voucher], payment


def _release_all(voucher: VoucherBook, payment: PaymentBook, reason: str) -> None:
    _give_back(voucher, payment, payment.left_cents)
    payment.state, payment.release_reason = "released", reason


def _give_back(voucher: VoucherBook, payment: PaymentBook, unpaid: int) -> None:
    """Make all that a hold has left available; what is not paid no longer counts towards its day's cap."""
    voucher.holds.pop(payment.id, None)
    voucher.terms.held -= payment.left_cents
    voucher.terms.available += payment.left_cents
    for line in payment.left_lines:
        voucher.held_by_category[line["category"]] -= line["cents"]
    voucher.uncount(payment.held_day, unpaid, payment.proof)


HANDLERS: Handlers = {
    "payment:Capture": _capture,
    "payment:CapturePart": _capture_part,
    "payment:Release": _release,
    "payment:ReleaseByHolder": _release_by_holder,
}
"""Applies each operation to the books."""
