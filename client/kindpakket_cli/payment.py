"""`kindpakket payment …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli import hold, refund
from kindpakket_cli.contract import group
from kindpakket_cli.page import PageCode, page_options
from kindpakket_cli.receipt import line_option, read_lines, receipt_option
from kindpakket_cli.session import (
    MUNICIPALITY,
    READERS,
    SELLERS,
    TILLS,
    Hosted,
    Session,
    acting_as,
    because,
    hosting,
)

if TYPE_CHECKING:
    from kindpakket.holder.orders import PaymentOrder
    from kindpakket.ledger.records import DayEntry, Payment
    from kindpakket.shop import Shop

SHOWN = 16
"""How many digits of a receipt's hash a table shows; the answer in JSON has all."""


@group("payment")
def payment() -> None:
    """Payments: take, hold, cancel, refund, look up; settle unknown outcomes."""


@payment.command("show")
@click.argument("payment_id", metavar="PAYMENT")
@acting_as(*READERS, *SELLERS)
def show_payment(session: Session, payment_id: str) -> None:
    """Show a payment."""
    session.answer(session.reader().payments.show(payment_id))


@payment.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def list_payments(session: Session, scheme_id: str) -> None:
    """List the payments of a scheme, holds included."""
    session.answer(
        list(session.reader().payments.list(scheme_id)),
        {
            "payment": lambda payment: payment["id"],
            "shop": lambda payment: payment["shop"],
            "state": lambda payment: payment["state"],
            "day": lambda payment: payment["day"] or payment.get("held_day", "-"),
            "held": lambda payment: euros(payment.get("held_cents", 0)),
            "paid": lambda payment: euros(payment["cents"]),
            "refunded": lambda payment: euros(payment["refunded_cents"]),
        },
    )


@payment.command("day")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@click.argument("day", metavar="YYYY-MM-DD")
@acting_as(*READERS, *TILLS)
def of_day(session: Session, scheme_id: str, shop_id: str, day: str) -> None:
    """List the payments, holds and refunds of a shop on a day."""
    session.answer(
        list(session.reader().payments.of_day(scheme_id, shop_id, day)),
        {
            "item": lambda entry: entry["id"],
            "state": lambda entry: (
                entry["payment"]["state"] if "payment" in entry else entry.get("kind", "refund")
            ),
            "amount": lambda entry: euros(entry["cents"]),
            "settlement": lambda entry: entry.get("settlement", "-"),
            "receipt": lambda entry: _receipt_of(entry)[:SHOWN] or "-",
        },
    )


@payment.command("outcome")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*READERS, *SELLERS)
def outcome(session: Session, request_id: str) -> None:
    """Show what became of a request, of a payment or of anything else.

    `unknown` is not final: the request may still be on its way. `void` decides it.
    """
    session.answer(session.reader().requests.show(request_id))


@payment.command("void")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*SELLERS, *MUNICIPALITY)
def void(session: Session, request_id: str) -> None:
    """Make sure that a request, of a payment or of anything else, has not been done and never will be.

    After that it is safe to do the same under another id. If the request was committed, this is refused and
    the request remains valid.
    """
    session.answer(session.requests().void(request_id))


@payment.command("unsettled")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@acting_as(*READERS, *TILLS)
def unsettled(session: Session, scheme_id: str, shop_id: str) -> None:
    """List what a shop is owed and no settlement includes yet."""
    session.answer(
        list(session.reader().payments.unsettled(scheme_id, shop_id)),
        {
            "item": lambda item: item["id"],
            "day": lambda item: item["day"],
            "amount": lambda item: euros(item["cents"]),
        },
    )


@payment.command("pay")
@click.argument("scheme_id", metavar="[SCHEME", required=False)
@click.argument("voucher_id", metavar="VOUCHER]", required=False)
@line_option("What is bought")
@receipt_option
@page_options
@click.option(
    "--request-id",
    help="The id of a payment to send again because its answer was lost.  [default: a fresh one]",
)
@hosting
@acting_as(*SELLERS)
def pay(
    session: Session,
    *,
    scheme_id: str | None,
    voucher_id: str | None,
    lines: tuple[str, ...],
    receipt: str | None,
    code: PageCode,
    request_id: str | None,
    hosted: Hosted,
) -> None:
    """Take a payment at your shop, authorised by a page of the holder's booklet.

    A slip says which voucher it is of, so that SCHEME and VOUCHER may be left out; so does a typed page.
    Sent again under its id, a payment that was taken before is shown, and not taken twice.
    """
    from kindpakket.ledger.refusals import IdempotencyConflict

    shown = code.read(scheme_id, voucher_id)
    till = session.shop(hosted)
    version = till.binding(shown.scheme, shown.voucher)["version"]
    order = till.order(shown.scheme, shown.voucher, read_lines(lines), version=version, request_id=request_id)
    try:
        paid = till.pay(order, shown.page.authorise(order), receipt=receipt)
    except IdempotencyConflict:
        # Another attempt was committed: it had another deadline, so the holder's proof was another one.
        before = _taken_before(till, order) if request_id else None
        if before is None:
            raise
        paid = before
    session.answer(paid)


def _taken_before(till: Shop, order: PaymentOrder) -> Payment | None:
    """The payment with the id of an order, if it is what was ordered."""
    from kindpakket.ledger.refusals import PaymentNotFound

    try:
        found = till.payment(order.request_id)
    except PaymentNotFound:
        return None
    taken = (found["scheme"], found["voucher"], found["lines"])
    return found if taken == (order.scheme, order.voucher, list(order.lines)) else None


@payment.command("cancel")
@click.argument("payment_id", metavar="PAYMENT")
@because("mistake")
@hosting
@acting_as(*SELLERS)
def cancel(session: Session, payment_id: str, reason: str, hosted: Hosted) -> None:
    """Cancel a payment of your shop in full, on its booking day."""
    session.answer(session.shop(hosted).cancel(payment_id, reason))


def _receipt_of(entry: DayEntry) -> str:
    """The receipt of a payment or refund; "" if it has none."""
    if "payment" in entry:
        return entry["payment"].get("receipt", "")
    return entry["refund"].get("receipt", "") if "refund" in entry else ""


for _command in (*hold.COMMANDS, *refund.COMMANDS):
    payment.add_command(_command)
