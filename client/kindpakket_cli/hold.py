"""`kindpakket payment hold`, `capture`, `release`, `holds`: money kept for goods handed over later."""

from __future__ import annotations

import time

import click

from kindpakket.ledger.money import euros
from kindpakket.ledger.records import still_held
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

_SECONDS_OF_A_DAY = 86_400


@click.command("hold")
@click.argument("scheme_id", metavar="[SCHEME", required=False)
@click.argument("voucher_id", metavar="VOUCHER]", required=False)
@line_option("What is held")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    required=True,
    help="How long the hold lasts, in days of 24 hours; the scheme's rules say how long it may.",
)
@receipt_option
@page_options
@hosting
@acting_as(*SELLERS)
def hold(
    session: Session,
    *,
    scheme_id: str | None,
    voucher_id: str | None,
    lines: tuple[str, ...],
    days: int,
    receipt: str | None,
    code: PageCode,
    hosted: Hosted,
) -> None:
    """Keep money of a voucher for your shop, authorised by a page of the holder's booklet.

    A slip says which voucher it is of, so that SCHEME and VOUCHER may be left out; so does a typed page.
    """
    shown = code.read(scheme_id, voucher_id)
    till = session.shop(hosted)
    version = till.binding(shown.scheme, shown.voucher)["version"]
    until = int(time.time()) + days * _SECONDS_OF_A_DAY
    order = till.hold_order(shown.scheme, shown.voucher, read_lines(lines), expires_at=until, version=version)
    session.answer(till.hold(order, shown.page.authorise(order), receipt=receipt))


@click.command("capture")
@click.argument("payment_id", metavar="PAYMENT")
@line_option("What is taken")
@receipt_option
@hosting
@acting_as(*SELLERS)
def capture(
    session: Session, *, payment_id: str, lines: tuple[str, ...], receipt: str | None, hosted: Hosted
) -> None:
    """Turn a hold of your shop into a payment; what is not taken returns to the voucher."""
    session.answer(session.shop(hosted).capture(payment_id, read_lines(lines), receipt=receipt))


@click.command("capture-part")
@click.argument("hold_id", metavar="HOLD")
@line_option("What is taken")
@receipt_option
@hosting
@acting_as(*SELLERS)
def capture_part(
    session: Session, *, hold_id: str, lines: tuple[str, ...], receipt: str | None, hosted: Hosted
) -> None:
    """Make a payment of its own of a part of a hold, such as a first delivery; the hold keeps the rest.

    The last part is taken with `capture`.
    """
    session.answer(session.shop(hosted).capture_part(hold_id, read_lines(lines), receipt=receipt))


@click.command("holds")
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
            "held": lambda payment: euros(still_held(payment)),
            "captured": lambda payment: euros(sum(payment.get("captured", {}).values())),
            "until": lambda payment: str(payment["expires_at"]),
        },
    )


@click.command("release")
@click.argument("payment_id", metavar="PAYMENT")
@because("expired")
@hosting
@acting_as(*SELLERS, *MUNICIPALITY)
def release(session: Session, payment_id: str, reason: str, hosted: Hosted) -> None:
    """Release a hold: its shop at any time, the municipality after it has expired.

    An approver may release it before, while the voucher is blocked or the shop is not approved.
    """
    if session.at_till:
        session.answer(session.shop(hosted).release(payment_id, reason))
    else:
        session.answer(session.municipality().payments.release(payment_id, reason))


@click.command("release-by-holder")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.argument("payment_id", metavar="PAYMENT")
@page_options
@acting_as(*TILLS, *MUNICIPALITY)
def release_by_holder(
    session: Session, scheme_id: str, voucher_id: str, payment_id: str, code: PageCode
) -> None:
    """Release a hold of any shop for its holder, by the booklet page that the hold was agreed with."""
    from kindpakket.holder.orders import ReleaseOrder
    from kindpakket.ledger.ids import new_id
    from kindpakket.shop import DEADLINE_SECONDS

    page = code.read(scheme_id, voucher_id).page
    if session.at_till:
        till = session.shop()
        version = till.binding(scheme_id, voucher_id)["version"]
        order = till.release_order(scheme_id, voucher_id, payment_id, version=version)
        session.answer(till.release_by_holder(order, page.authorise(order)))
        return
    municipality = session.municipality()
    bound = municipality.vouchers.show(scheme_id, voucher_id)["authorisation"]
    order = ReleaseOrder(
        domain=municipality.caller.domain,
        scheme=scheme_id,
        voucher=voucher_id,
        version=bound["version"] if bound else 0,
        request_id=new_id(),
        payment=payment_id,
        deadline=int(time.time()) + DEADLINE_SECONDS,
    )
    session.answer(municipality.payments.release_by_holder(order, page.authorise(order)))


COMMANDS = (hold, capture, capture_part, release, release_by_holder, holds)
"""What the group `payment` has for holds."""
