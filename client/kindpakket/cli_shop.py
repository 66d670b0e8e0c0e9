"""`kindpakket shop …`."""

from __future__ import annotations

from datetime import datetime

import click

from kindpakket.cli_session import Session, acting_as
from kindpakket.days import today
from kindpakket.records import ShopGrant

_READERS = ("issuer", "approver", "treasurer", "auditor")


@click.group()
def shop() -> None:
    """Shops: apply, approve, suspend, reinstate."""


@shop.command("list")
@acting_as(*_READERS)
def list_shops(session: Session) -> None:
    """List all shops."""
    session.answer(
        list(session.municipality().shops()),
        {
            "shop": lambda found: found["id"],
            "organisation": lambda found: found["msp"],
            "state": lambda found: found["state"],
            "categories": lambda found: ", ".join(grant["code"] for grant in found["categories"]) or "-",
        },
    )


@shop.command("show")
@click.argument("shop_id", metavar="SHOP")
@acting_as(*_READERS)
def show_shop(session: Session, shop_id: str) -> None:
    """Show a shop."""
    session.answer(session.municipality().shop(shop_id))


@shop.command("account")
@click.argument("shop_id", metavar="SHOP")
@acting_as("treasurer")
def show_account(session: Session, shop_id: str) -> None:
    """Show where a shop is paid. This is private data of the municipality and the shops."""
    session.answer(session.municipality().shop_account(shop_id))


@shop.command("apply")
@click.option(
    "--category", "categories", multiple=True, required=True, help="What it sells; repeat for more."
)
@click.option("--iban", required=True, help="Its account.")
@click.option("--holder", required=True, help="Name of the account's holder.")
@click.option("--kvk", required=True, help="Number in the trade register.")
@click.option("--contact", required=True, help="How to reach it.")
@acting_as("shopkeeper")
def apply(
    session: Session, *, categories: tuple[str, ...], iban: str, holder: str, kvk: str, contact: str
) -> None:
    """Ask for the own shop to be accepted. The account goes to private data only."""
    number = iban.replace(" ", "").upper()
    session.answer(session.shop().apply(categories, iban=number, holder=holder, kvk=kvk, contact=contact))


@shop.command("approve")
@click.argument("shop_id", metavar="SHOP")
@click.option("--category", "categories", multiple=True, help="Grant it; default: all it asked for.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="Default: today in Amsterdam.")
@acting_as("approver")
def approve_shop(session: Session, shop_id: str, categories: tuple[str, ...], start: datetime | None) -> None:
    """Accept a shop and grant it categories."""
    municipality = session.municipality()
    codes = categories or municipality.shop(shop_id)["requested"]
    day = (today() if start is None else start.date()).isoformat()
    session.answer(
        municipality.approve_shop(shop_id, [ShopGrant({"code": code, "from": day}) for code in codes])
    )


@shop.command("suspend")
@click.argument("shop_id", metavar="SHOP")
@click.option("--reason", required=True, help="A code, such as `complaint`.")
@acting_as("approver")
def suspend_shop(session: Session, shop_id: str, reason: str) -> None:
    """Stop a shop's payments."""
    session.answer(session.municipality().suspend_shop(shop_id, reason))


@shop.command("reinstate")
@click.argument("shop_id", metavar="SHOP")
@click.option("--reason", required=True, help="A code, such as `solved`.")
@acting_as("approver")
def reinstate_shop(session: Session, shop_id: str, reason: str) -> None:
    """Let a suspended shop take payments again."""
    session.answer(session.municipality().reinstate_shop(shop_id, reason))
