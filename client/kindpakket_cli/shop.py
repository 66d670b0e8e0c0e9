"""`kindpakket shop …`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.days import today
from kindpakket.ledger.queries.shops import payout_is_frozen
from kindpakket_cli.contract import Wrong, group
from kindpakket_cli.decision import COLUMNS
from kindpakket_cli.output import confirm, note
from kindpakket_cli.payees import check_json, masked
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import READERS, SELLERS, Hosted, Session, acting_as, because, hosting

if TYPE_CHECKING:
    from kindpakket.ledger.records import ShopGrant

_ACCOUNT = (
    ("--contact", "How to reach the shop."),
    ("--kvk", "The number in the trade register."),
    ("--holder", "The name of the account's holder."),
    ("--iban", "The IBAN of the account."),
)


@group("shop")
def shop() -> None:
    """Shops: apply, approve, grant, suspend, reinstate, end; their accounts and payouts."""


@shop.command("list")
@acting_as(*READERS)
def list_shops(session: Session) -> None:
    """List all shops."""
    session.answer(
        list(session.reader().shops.list()),
        {
            "shop": lambda shop: shop["id"],
            "organisation": lambda shop: shop["msp"],
            "state": lambda shop: shop["state"],
            "payout": lambda shop: "frozen" if payout_is_frozen(shop) else "free",
            "categories": lambda shop: ", ".join(grant["code"] for grant in shop["categories"]) or "-",
        },
    )


@shop.command("show")
@click.argument("shop_id", metavar="SHOP")
@acting_as(*READERS)
def show_shop(session: Session, shop_id: str) -> None:
    """Show a shop."""
    session.answer(session.reader().shops.show(shop_id))


@shop.command("terms")
@click.argument("scheme_id", metavar="SCHEME")
@hosting
@acting_as(*SELLERS)
def terms(session: Session, scheme_id: str, hosted: Hosted) -> None:
    """Show what a scheme means for your shop now: its rules, your categories, closed days."""
    session.answer(session.shop(hosted).terms(scheme_id))


@shop.command("account")
@click.argument("shop_id", metavar="SHOP")
@register_options(required=False)
@acting_as("treasurer", "approver")
def show_account(session: Session, place: RegisterPlace | None, shop_id: str) -> None:
    """Show the account that a shop is paid on, or asks to be: private data of municipality and shops.

    With the register, also what the bank found last when it compared the holder's name (Verification of
    Payee), and whether that was about this account. The look-up is logged.
    """
    municipality = session.municipality()
    account = municipality.shops.account(shop_id)
    if place is None:
        session.answer(account)
        return
    with place.open(session, "payee-check", "payment") as register:
        check = register.bank.check_of(shop_id)
    in_force = municipality.shops.show(shop_id).get("account_sha256")
    session.answer({**account, "payee_check": check and check_json(check, in_force)})


@shop.command("proposed-account")
@click.argument("shop_id", metavar="SHOP")
@acting_as("approver", "treasurer")
def show_proposed_account(session: Session, shop_id: str) -> None:
    """Show the account that waits for approval, and the id of the change: private data."""
    municipality = session.municipality()
    change = municipality.shops.show(shop_id).get("account_change")
    account = municipality.shops.proposed_account(shop_id)
    session.answer({"change": change and change["id"], **account})


def _account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that describe a shop's account."""
    for name, text in _ACCOUNT:
        command = click.option(name, required=True, help=text)(command)
    return command


@shop.command("apply")
@click.option(
    "--category",
    "categories",
    multiple=True,
    required=True,
    help="A category that it sells; repeat for more.",
)
@_account
@acting_as("shopkeeper")
def apply(
    session: Session, *, categories: tuple[str, ...], iban: str, holder: str, kvk: str, contact: str
) -> None:
    """Apply for your shop to be accepted. The account is stored as private data only."""
    number = _compact(iban)
    session.answer(
        session.shop().registration.apply(categories, iban=number, holder=holder, kvk=kvk, contact=contact)
    )


@shop.command("mandate")
@click.argument("acquirer", metavar="ACQUIRER")
@because("contract")
@acting_as("shopkeeper")
def mandate(session: Session, acquirer: str, reason: str) -> None:
    """Let ACQUIRER, a person such as `p-acquirer`, take payments for your shop."""
    session.answer(session.shop().registration.mandate(acquirer, reason))


@shop.command("withdraw-mandate")
@click.argument("acquirer", metavar="ACQUIRER")
@because("contract-ended")
@acting_as("shopkeeper")
def withdraw_mandate(session: Session, acquirer: str, reason: str) -> None:
    """End what ACQUIRER may do for your shop, at once."""
    session.answer(session.shop().registration.withdraw_mandate(acquirer, reason))


@shop.command("limit-refunds")
@click.argument("limit", metavar="CENTS|none")
@acting_as("shopkeeper")
def limit_refunds(session: Session, limit: str) -> None:
    """Want a second person for refunds of more than CENTS of a payment; `none` lifts the limit.

    With 0, every refund needs a second person: see payment confirm-refund. A shopkeeper may change or lift
    the limit alone, so it protects your shop from its tills and acquirers.
    """
    if limit != "none" and not (limit.isascii() and limit.isdigit()):
        raise Wrong(f"{limit!r} is neither an amount in cents, such as 5000, nor none")
    session.answer(session.shop().registration.limit_refunds(None if limit == "none" else int(limit)))


@shop.command("change-account")
@_account
@because("new-bank")
@acting_as("shopkeeper")
def change_account(session: Session, *, iban: str, holder: str, kvk: str, contact: str, reason: str) -> None:
    """Propose another account for your shop; it is used once the municipality has approved it."""
    number = _compact(iban)
    session.answer(
        session.shop().registration.change_account(
            reason, iban=number, holder=holder, kvk=kvk, contact=contact
        )
    )


@shop.command("approve-account")
@click.argument("shop_id", metavar="SHOP")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_account(session: Session, shop_id: str, change_id: str) -> None:
    """Approve the account that a shop proposed. First ask the shop by other means whether it is theirs."""
    session.answer(session.municipality().shops.approve_account(shop_id, change_id))


@shop.command("reject-account")
@click.argument("shop_id", metavar="SHOP")
@click.argument("change_id", metavar="CHANGE")
@because("not-theirs")
@acting_as("approver", "shopkeeper")
def reject_account(session: Session, shop_id: str, change_id: str, reason: str) -> None:
    """Reject a proposed account; a shop may withdraw its own proposal."""
    if session.at_till:
        session.answer(session.shop().registration.reject_account(change_id, reason))
    else:
        session.answer(session.municipality().shops.reject_account(shop_id, change_id, reason))


@shop.command("approve")
@click.argument("shop_id", metavar="SHOP")
@click.option(
    "--category",
    "categories",
    multiple=True,
    help="A category to grant; repeat for more.  [default: all that it applied for]",
)
@click.option(
    "--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="The first day.  [default: today in Amsterdam]"
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@acting_as("approver")
def approve_shop(
    session: Session, *, shop_id: str, categories: tuple[str, ...], start: datetime | None, yes: bool
) -> None:
    """Accept a shop and grant it categories. Shows who it is and where it will be paid, and asks."""
    shops = session.municipality().shops
    codes = categories or shops.show(shop_id)["requested"]
    if not session.as_json:
        account = shops.account(shop_id)
        note(f"trade register: {account['kvk']}")
        note(f"account:        {masked(account['iban'])} of {account['holder']}")
        note(f"categories:     {', '.join(codes)}")
    confirm("Approve this shop?", yes)
    session.answer(shops.approve(shop_id, _grants(codes, start)))


@shop.command("grant")
@click.argument("shop_id", metavar="SHOP")
@click.option(
    "--category", "categories", multiple=True, required=True, help="A category to grant; repeat for more."
)
@click.option(
    "--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="The first day.  [default: today in Amsterdam]"
)
@because("new-range")
@acting_as("approver")
def grant(
    session: Session, shop_id: str, categories: tuple[str, ...], start: datetime | None, reason: str
) -> None:
    """Grant a shop these categories in place of its present ones."""
    session.answer(session.municipality().shops.grant(shop_id, _grants(categories, start), reason))


@shop.command("suspend")
@click.argument("shop_id", metavar="SHOP")
@because("complaint")
@acting_as("approver")
def suspend_shop(session: Session, shop_id: str, reason: str) -> None:
    """Suspend a shop: it takes no payments and is not paid until another person reinstates it."""
    session.answer(session.municipality().shops.suspend(shop_id, reason))


@shop.command("reinstate")
@click.argument("shop_id", metavar="SHOP")
@because("solved")
@acting_as("approver")
def reinstate_shop(session: Session, shop_id: str, reason: str) -> None:
    """Reinstate a shop that another person suspended: it takes payments again."""
    session.answer(session.municipality().shops.reinstate(shop_id, reason))


@shop.command("freeze-payout")
@click.argument("shop_id", metavar="SHOP")
@because("inquiry")
@acting_as("approver")
def freeze_payout(session: Session, shop_id: str, reason: str) -> None:
    """Freeze a shop's payout: settlements are drafted and approved, but not exported."""
    session.answer(session.municipality().shops.freeze_payout(shop_id, reason))


@shop.command("release-payout")
@click.argument("shop_id", metavar="SHOP")
@because("solved")
@acting_as("approver")
def release_payout(session: Session, shop_id: str, reason: str) -> None:
    """Release a payout that another person froze, or that the end of a suspended shop left frozen."""
    session.answer(session.municipality().shops.release_payout(shop_id, reason))


@shop.command("propose-end")
@click.argument("shop_id", metavar="SHOP")
@click.option(
    "--retention-days", type=click.IntRange(min=0), required=True, help="How many days its account is kept."
)
@because("closed-down")
@acting_as("issuer", "approver")
def propose_end(session: Session, shop_id: str, retention_days: int, reason: str) -> None:
    """Propose to end a shop permanently; another person decides, see decision approve.

    An ended shop takes no more payments, and its open items are due at once.
    """
    session.answer(session.municipality().shops.propose_end(shop_id, reason, retention_days), COLUMNS)


def _grants(codes: Sequence[str], start: datetime | None) -> list[ShopGrant]:
    day = (today() if start is None else start.date()).isoformat()
    return [{"code": code, "from": day} for code in codes]


def _compact(iban: str) -> str:
    return iban.replace(" ", "").upper()
