"""`kindpakket payment …`: refund payments, and decide on refunds that others have to agree to."""

from __future__ import annotations

import click

from kindpakket.ledger.money import euros
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


@click.command("refund")
@click.argument("payment_id", metavar="PAYMENT")
@line_option("What is returned")
@receipt_option
@because("returned")
@hosting
@acting_as(*SELLERS)
def refund(
    session: Session,
    *,
    payment_id: str,
    lines: tuple[str, ...],
    receipt: str | None,
    reason: str,
    hosted: Hosted,
) -> None:
    """Refund a payment of your shop, or a part of it, to its voucher.

    Above your shop's limit it is `asked` for until another person of the shop confirms it. One that is
    `waiting` needs two persons of the municipality.
    """
    session.answer(session.shop(hosted).refund(payment_id, read_lines(lines), reason, receipt=receipt))


@click.command("refund-show")
@click.argument("refund_id", metavar="REFUND")
@acting_as(*READERS, *TILLS)
def show_refund(session: Session, refund_id: str) -> None:
    """Show a refund."""
    session.answer(session.reader().payments.show_refund(refund_id))


@click.command("waiting-refunds")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="[SHOP]", required=False)
@acting_as(*READERS, *TILLS)
def waiting_refunds(session: Session, scheme_id: str, shop_id: str | None) -> None:
    """List the refunds of SHOP, or else of all shops, that somebody has to decide on; shops see their own.

    Those that are asked for need a second person of their shop, the others two persons of the municipality.
    """
    if session.at_till and not shop_id:
        waiting = session.shop().waiting_refunds(scheme_id)
    else:
        waiting = session.reader().payments.waiting_refunds(scheme_id, shop_id)
    session.answer(
        list(waiting),
        {
            "refund": lambda refund: refund["id"],
            "payment": lambda refund: refund["payment"],
            "shop": lambda refund: refund["shop"],
            "amount": lambda refund: euros(refund["cents"]),
            "state": lambda refund: refund["state"],
            "why": lambda refund: refund.get("waits", "-"),
            "asked by": lambda refund: refund.get("asked_by", "-"),
        },
    )


@click.command("confirm-refund")
@click.argument("refund_id", metavar="REFUND")
@acting_as(*TILLS)
def confirm_refund(session: Session, refund_id: str) -> None:
    """Confirm a refund that another person of your shop asked for; one of the two must be a shopkeeper.

    The money returns now, unless the refund has to wait for the municipality.
    """
    session.answer(session.shop().confirm_refund(refund_id))


@click.command("endorse-refund")
@click.argument("refund_id", metavar="REFUND")
@acting_as("issuer", "treasurer")
def endorse_refund(session: Session, refund_id: str) -> None:
    """Agree to a refund that waits, as the first of two persons."""
    session.answer(session.municipality().payments.endorse_refund(refund_id))


@click.command("approve-refund")
@click.argument("refund_id", metavar="REFUND")
@acting_as("approver")
def approve_refund(session: Session, refund_id: str) -> None:
    """Return the money of a refund that another person endorsed."""
    session.answer(session.municipality().payments.approve_refund(refund_id))


@click.command("reject-refund")
@click.argument("refund_id", metavar="REFUND")
@because("not-agreed")
@hosting
@acting_as(*MUNICIPALITY, *SELLERS)
def reject_refund(session: Session, refund_id: str, reason: str, hosted: Hosted) -> None:
    """Reject a refund: the municipality one that waits, a shop one that was asked for; nothing was moved.

    Who asked withdraws it in the same way. An approver may reject what an ended shop had asked for.
    """
    if session.at_till:
        session.answer(session.shop(hosted).reject_refund(refund_id, reason))
    else:
        session.answer(session.municipality().payments.reject_refund(refund_id, reason))


COMMANDS = (
    refund,
    show_refund,
    waiting_refunds,
    confirm_refund,
    endorse_refund,
    approve_refund,
    reject_refund,
)
