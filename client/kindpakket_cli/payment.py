"""`kindpakket payment …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Wrong, group
from kindpakket_cli.session import MUNICIPALITY, READERS, TILLS, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.ledger.records import Line


@group("payment")
def payment() -> None:
    """Payments: take, cancel, refund, look up; settle unknown outcomes."""


@payment.command("show")
@click.argument("payment_id", metavar="PAYMENT")
@acting_as(*READERS, *TILLS)
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


@payment.command("refund-show")
@click.argument("refund_id", metavar="REFUND")
@acting_as(*READERS, *TILLS)
def show_refund(session: Session, refund_id: str) -> None:
    """Show a refund."""
    session.answer(session.reader().payments.show_refund(refund_id))


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
        },
    )


@payment.command("holds")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="[SHOP]", required=False)
@acting_as(*READERS, *TILLS)
def holds(session: Session, scheme_id: str, shop_id: str | None) -> None:
    """List what SHOP holds, or else all shops; shops see their own."""
    session.answer(
        list(session.reader().payments.holds(scheme_id, shop_id)),
        {
            "payment": lambda payment: payment["id"],
            "shop": lambda payment: payment["shop"],
            "held": lambda payment: euros(payment["held_cents"]),
            "until": lambda payment: str(payment["expires_at"]),
        },
    )


@payment.command("outcome")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*READERS, *TILLS)
def outcome(session: Session, request_id: str) -> None:
    """Show what became of a request, of a payment or of anything else.

    `unknown` is not final: the request may still be on its way. `void` decides it.
    """
    session.answer(session.reader().requests.show(request_id))


@payment.command("void")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*TILLS, *MUNICIPALITY)
def void(session: Session, request_id: str) -> None:
    """Make sure that a request, of a payment or of anything else, has not been done and never will be.

    After that it is safe to do the same under another id. If the request was committed, this is refused and
    the request remains valid.
    """
    desk = session.shop() if session.at_till else session.municipality()
    session.answer(desk.requests.void(request_id))


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
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.option(
    "--line",
    "lines",
    multiple=True,
    required=True,
    metavar="CATEGORY=CENTS",
    help="What is bought; repeat for more.",
)
@click.option(
    "--page-code",
    type=click.File("r"),
    default="-",
    help="A file with the text of a booklet page's code.  [default: standard input, where scanners type]",
)
@click.option(
    "--request-id",
    help="The id of a payment to send again because its answer was lost.  [default: a fresh one]",
)
@acting_as(*TILLS)
def pay(
    session: Session,
    scheme_id: str,
    voucher_id: str,
    lines: tuple[str, ...],
    page_code: TextIO,
    request_id: str | None,
) -> None:
    """Take a payment at your shop, authorised by a page of the holder's booklet."""
    from kindpakket.holder.booklet import Page

    try:
        page = Page.from_text(page_code.readline().strip())
    except ValueError as error:
        raise Wrong(str(error)) from None
    till = session.shop()
    version = till.allowance(scheme_id, voucher_id)["authorisation_version"]
    order = till.order(scheme_id, voucher_id, _lines(lines), version=version, request_id=request_id)
    session.answer(till.pay(order, page.authorise(order)))


@payment.command("cancel")
@click.argument("payment_id", metavar="PAYMENT")
@because("mistake")
@acting_as(*TILLS)
def cancel(session: Session, payment_id: str, reason: str) -> None:
    """Cancel a payment of your shop in full, on its booking day."""
    session.answer(session.shop().cancel(payment_id, reason))


@payment.command("release")
@click.argument("payment_id", metavar="PAYMENT")
@because("expired")
@acting_as(*TILLS, *MUNICIPALITY)
def release(session: Session, payment_id: str, reason: str) -> None:
    """Release a hold: its shop at any time, the municipality after it has expired."""
    if session.at_till:
        session.answer(session.shop().release(payment_id, reason))
    else:
        session.answer(session.municipality().payments.release(payment_id, reason))


@payment.command("refund")
@click.argument("payment_id", metavar="PAYMENT")
@click.option(
    "--line",
    "lines",
    multiple=True,
    required=True,
    metavar="CATEGORY=CENTS",
    help="What is returned; repeat for more.",
)
@because("returned")
@acting_as(*TILLS)
def refund(session: Session, payment_id: str, lines: tuple[str, ...], reason: str) -> None:
    """Refund a payment of your shop, or a part of it, to its voucher."""
    session.answer(session.shop().refund(payment_id, _lines(lines), reason))


def _lines(texts: tuple[str, ...]) -> list[Line]:
    lines: list[Line] = []
    for text in texts:
        category, _, cents = text.partition("=")
        if not (category and cents.isascii() and cents.isdigit()):
            raise Wrong(f"--line {text!r} is not CATEGORY=CENTS, such as books=1295")
        lines.append({"category": category, "cents": int(cents)})
    return lines
