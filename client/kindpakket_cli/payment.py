"""`kindpakket payment …`."""

from __future__ import annotations

from typing import TextIO

import click

from kindpakket.holder.booklet import Page
from kindpakket.ledger.money import euros
from kindpakket.ledger.records import Line
from kindpakket.ledger.requests import RequestDesk
from kindpakket_cli.session import Session, Wrong, acting_as, because

_TILLS = ("cashier", "shopkeeper")
_READERS = ("issuer", "approver", "treasurer", "auditor", *_TILLS)


@click.group()
def payment() -> None:
    """Payments: take, cancel, refund, look up; make unknown outcomes certain."""


@payment.command("show")
@click.argument("payment_id", metavar="PAYMENT")
@acting_as(*_READERS)
def show_payment(session: Session, payment_id: str) -> None:
    """Show a payment."""
    session.answer(session.municipality().payments.show(payment_id))


@payment.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("issuer", "approver", "treasurer", "auditor")
def list_payments(session: Session, scheme_id: str) -> None:
    """List the payments of a scheme, holds included."""
    session.answer(
        list(session.municipality().payments.list(scheme_id)),
        {
            "payment": lambda found: found["id"],
            "shop": lambda found: found["shop"],
            "state": lambda found: found["state"],
            "day": lambda found: found["day"] or found.get("held_day", "-"),
            "held": lambda found: euros(found.get("held_cents", 0)),
            "paid": lambda found: euros(found["cents"]),
            "refunded": lambda found: euros(found["refunded_cents"]),
        },
    )


@payment.command("outcome")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*_READERS)
def outcome(session: Session, request_id: str) -> None:
    """Show what became of a request id, of a payment or of anything else.

    `unknown` is not final: it may still be on its way, and `void` decides.
    """
    session.answer(RequestDesk(session.caller()).show(request_id))


@payment.command("void")
@click.argument("request_id", metavar="REQUEST")
@acting_as(*_TILLS, "treasurer", "issuer", "approver")
def void(session: Session, request_id: str) -> None:
    """Make it certain that a request, of a payment or of anything else, is not done and never will be.

    Then the same may safely be done under another id. If it was committed, this is refused, and it stands.
    """
    session.answer(RequestDesk(session.caller()).void(request_id))


@payment.command("unsettled")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@acting_as(*_READERS)
def unsettled(session: Session, scheme_id: str, shop_id: str) -> None:
    """List what a shop is owed and no settlement holds."""
    session.answer(
        list(session.municipality().payments.unsettled(scheme_id, shop_id)),
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
    "--line", "lines", multiple=True, required=True, metavar="CATEGORY=CENTS", help="What is bought."
)
@click.option(
    "--page-code",
    type=click.File("r"),
    default="-",
    help="File with the text of a booklet page's code; default: standard input, where scanners type.",
)
@click.option("--request-id", help="To send a payment again whose answer was lost.")
@acting_as(*_TILLS)
def pay(
    session: Session,
    scheme_id: str,
    voucher_id: str,
    lines: tuple[str, ...],
    page_code: TextIO,
    request_id: str | None,
) -> None:
    """Take a payment at the own shop, authorised by a page of the holder's booklet."""
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
@acting_as(*_TILLS)
def cancel(session: Session, payment_id: str, reason: str) -> None:
    """Undo a payment of the own shop in full, on its booking day."""
    session.answer(session.shop().cancel(payment_id, reason))


@payment.command("release")
@click.argument("payment_id", metavar="PAYMENT")
@because("expired")
@acting_as(*_TILLS, "treasurer", "issuer", "approver")
def release(session: Session, payment_id: str, reason: str) -> None:
    """Give a hold back to its voucher: its shop at any time, the municipality after it has expired."""
    session.answer(session.municipality().payments.release(payment_id, reason))


@payment.command("refund")
@click.argument("payment_id", metavar="PAYMENT")
@click.option(
    "--line", "lines", multiple=True, required=True, metavar="CATEGORY=CENTS", help="What is returned."
)
@because("returned")
@acting_as(*_TILLS)
def refund(session: Session, payment_id: str, lines: tuple[str, ...], reason: str) -> None:
    """Give money of a payment of the own shop back to its voucher."""
    session.answer(session.shop().refund(payment_id, _lines(lines), reason))


def _lines(texts: tuple[str, ...]) -> list[Line]:
    lines: list[Line] = []
    for text in texts:
        category, _, cents = text.partition("=")
        if not (category and cents.isascii() and cents.isdigit()):
            raise Wrong(f"--line {text!r} is not CATEGORY=CENTS, such as books=1295")
        lines.append({"category": category, "cents": int(cents)})
    return lines
