"""`kindpakket shop …`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import click

from kindpakket.ledger.days import today
from kindpakket.ledger.records import ShopGrant
from kindpakket_cli.session import Session, acting_as, because

_ACCOUNT = (
    ("--contact", "How to reach it."),
    ("--kvk", "Number in the trade register."),
    ("--holder", "Name of the account's holder."),
    ("--iban", "Its account."),
)
_READERS = ("issuer", "approver", "treasurer", "auditor")


@click.group()
def shop() -> None:
    """Shops: apply, approve, grant, suspend, reinstate, end; where they are paid."""


@shop.command("list")
@acting_as(*_READERS)
def list_shops(session: Session) -> None:
    """List all shops."""
    session.answer(
        list(session.municipality().shops.list()),
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
    session.answer(session.municipality().shops.show(shop_id))


@shop.command("account")
@click.argument("shop_id", metavar="SHOP")
@acting_as("treasurer")
def show_account(session: Session, shop_id: str) -> None:
    """Show where a shop is paid. This is private data of the municipality and the shops."""
    session.answer(session.municipality().shops.account(shop_id))


@shop.command("proposed-account")
@click.argument("shop_id", metavar="SHOP")
@acting_as("approver", "treasurer")
def show_proposed_account(session: Session, shop_id: str) -> None:
    """Show the account that waits for approval, and the id of the change. This is private data."""
    municipality = session.municipality()
    change = municipality.shops.show(shop_id).get("account_change")
    account = municipality.shops.proposed_account(shop_id)
    session.answer({"change": change and change["id"], **account})


def _account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that describe where a shop is paid."""
    for name, words in _ACCOUNT:
        command = click.option(name, required=True, help=words)(command)
    return command


@shop.command("apply")
@click.option(
    "--category", "categories", multiple=True, required=True, help="What it sells; repeat for more."
)
@_account
@acting_as("shopkeeper")
def apply(
    session: Session, *, categories: tuple[str, ...], iban: str, holder: str, kvk: str, contact: str
) -> None:
    """Ask for the own shop to be accepted. The account goes to private data only."""
    number = _compact(iban)
    session.answer(session.shop().apply(categories, iban=number, holder=holder, kvk=kvk, contact=contact))


@shop.command("change-account")
@_account
@because("new-bank")
@acting_as("shopkeeper")
def change_account(session: Session, *, iban: str, holder: str, kvk: str, contact: str, reason: str) -> None:
    """Propose another account for the own shop; it counts once the municipality has approved it."""
    number = _compact(iban)
    session.answer(
        session.shop().change_account(reason, iban=number, holder=holder, kvk=kvk, contact=contact)
    )


@shop.command("approve-account")
@click.argument("shop_id", metavar="SHOP")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_account(session: Session, shop_id: str, change_id: str) -> None:
    """Pay a shop on the account that it proposed. Ask the shop by another way whether it is theirs."""
    session.answer(session.municipality().shops.approve_account(shop_id, change_id))


@shop.command("reject-account")
@click.argument("shop_id", metavar="SHOP")
@click.argument("change_id", metavar="CHANGE")
@because("not-theirs")
@acting_as("approver", "shopkeeper")
def reject_account(session: Session, shop_id: str, change_id: str, reason: str) -> None:
    """Leave a shop's account as it is; a shop may take back the own proposal."""
    session.answer(session.municipality().shops.reject_account(shop_id, change_id, reason))


@shop.command("approve")
@click.argument("shop_id", metavar="SHOP")
@click.option("--category", "categories", multiple=True, help="Grant it; default: all it asked for.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="Default: today in Amsterdam.")
@acting_as("approver")
def approve_shop(session: Session, shop_id: str, categories: tuple[str, ...], start: datetime | None) -> None:
    """Accept a shop and grant it categories."""
    municipality = session.municipality()
    codes = categories or municipality.shops.show(shop_id)["requested"]
    session.answer(municipality.shops.approve(shop_id, _grants(codes, start)))


@shop.command("grant")
@click.argument("shop_id", metavar="SHOP")
@click.option("--category", "categories", multiple=True, required=True, help="Grant it; repeat for more.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="Default: today in Amsterdam.")
@because("new-range")
@acting_as("approver")
def grant(
    session: Session, shop_id: str, categories: tuple[str, ...], start: datetime | None, reason: str
) -> None:
    """Grant a shop these categories instead of those that it has."""
    session.answer(session.municipality().shops.grant(shop_id, _grants(categories, start), reason))


@shop.command("suspend")
@click.argument("shop_id", metavar="SHOP")
@because("complaint")
@acting_as("approver")
def suspend_shop(session: Session, shop_id: str, reason: str) -> None:
    """Stop a shop's payments."""
    session.answer(session.municipality().shops.suspend(shop_id, reason))


@shop.command("reinstate")
@click.argument("shop_id", metavar="SHOP")
@because("solved")
@acting_as("approver")
def reinstate_shop(session: Session, shop_id: str, reason: str) -> None:
    """Let a suspended shop take payments again."""
    session.answer(session.municipality().shops.reinstate(shop_id, reason))


@shop.command("end")
@click.argument("shop_id", metavar="SHOP")
@click.option(
    "--retention-days", type=click.IntRange(min=0), required=True, help="How long its account is kept."
)
@because("closed-down")
@acting_as("approver")
def end_shop(session: Session, shop_id: str, retention_days: int, reason: str) -> None:
    """End a shop for ever: it sells no more, and its open items are due at once."""
    session.answer(session.municipality().shops.end(shop_id, reason, retention_days))


def _grants(codes: Sequence[str], start: datetime | None) -> list[ShopGrant]:
    day = (today() if start is None else start.date()).isoformat()
    return [ShopGrant({"code": code, "from": day}) for code in codes]


def _compact(iban: str) -> str:
    return iban.replace(" ", "").upper()
