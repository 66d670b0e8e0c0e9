"""`kindpakket settlement …`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

import click

from kindpakket.backoffice.sepa import CreditTransfer, Debtor, PaymentFile, payment_file
from kindpakket.ledger.money import euros
from kindpakket.ledger.records import Settlement
from kindpakket.municipality import BULK, Municipality
from kindpakket_cli.session import Session, Wrong, acting_as, because

_READERS = ("issuer", "approver", "treasurer", "auditor")
_COLUMNS = {
    "settlement": lambda found: found["id"],
    "shop": lambda found: found["shop"],
    "state": lambda found: found["state"],
    "through": lambda found: found["through"],
    "items": lambda found: len(found["items"]),
    "amount": lambda found: euros(found["cents"]),
}


@click.group()
def settlement() -> None:
    """Settlements: draft, approve, export to the bank, book its answer; claim what ended shops owe."""


@settlement.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*_READERS)
def list_settlements(session: Session, scheme_id: str) -> None:
    """List the settlements of a scheme."""
    session.answer(list(session.municipality().settlements.list(scheme_id)), _COLUMNS)


@settlement.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@acting_as(*_READERS)
def show_settlement(session: Session, scheme_id: str, settlement_id: str) -> None:
    """Show a settlement with its items."""
    session.answer(session.municipality().settlements.show(scheme_id, settlement_id))


@settlement.command("due")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="[SHOP]", required=False)
@acting_as(*_READERS, "shopkeeper", "cashier")
def due(session: Session, scheme_id: str, shop_id: str | None) -> None:
    """Show whether a shop is due, why, and what drafting would take; without a shop, for all shops."""
    reader = session.municipality()
    shops = [shop_id] if shop_id else [shop["id"] for shop in reader.shops.list()]
    session.answer(
        [{"shop": shop, **reader.settlements.due(scheme_id, shop)} for shop in shops],
        {
            "shop": lambda found: found["shop"],
            "due": lambda found: f"yes, by {found['why']}" if found["due"] else "no",
            "amount": lambda found: euros(found["cents"]),
            "items": lambda found: found["items"],
            "oldest": lambda found: found["oldest_day"] or "-",
            "closed until": lambda found: found["closed_until"] or "-",
        },
    )


@settlement.command("draft")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@acting_as("treasurer", "issuer", "shopkeeper", "cashier")
def draft(session: Session, scheme_id: str, shop_id: str) -> None:
    """Take a shop's open items of closed days into a settlement, when it is due; shops their own."""
    session.answer(session.municipality().settlements.draft(scheme_id, shop_id), _COLUMNS)


@settlement.command("approve")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_ids", metavar="SETTLEMENT...", nargs=-1, required=True)
@acting_as("approver")
def approve(session: Session, scheme_id: str, settlement_ids: tuple[str, ...]) -> None:
    """Approve settlements that another person drafted."""
    municipality = session.municipality()
    session.answer([municipality.settlements.approve(scheme_id, one) for one in settlement_ids], _COLUMNS)


@settlement.command("withdraw")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@because("wrong-shop")
@acting_as("treasurer")
def withdraw(session: Session, scheme_id: str, settlement_id: str, reason: str) -> None:
    """Take a settlement back before it is exported."""
    session.answer(session.municipality().settlements.withdraw(scheme_id, settlement_id, reason), _COLUMNS)


@settlement.command("export")
@click.argument("scheme_id", metavar="SCHEME")
@click.option(
    "--file", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="To write."
)
@click.option("--name", required=True, help="Holder of the municipality's account.")
@click.option("--iban", required=True, help="The municipality's account.")
@click.option("--bic", required=True, help="The municipality's bank.")
@click.option(
    "--execution-date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="When the bank is to pay."
)
@acting_as("treasurer")
def export(
    session: Session, *, scheme_id: str, path: Path, name: str, iban: str, bic: str, execution_date: datetime
) -> None:
    """Write approved settlements, 500 at most, into a pain.001.001.09 file, and mark them with its hash.

    The file appears under its name when the ledger has marked the settlements; until then it ends in .part.
    """
    if path.exists():
        raise Wrong(f"{path} is there already: name another file")
    municipality = session.municipality()
    ready = (one for one in municipality.settlements.list(scheme_id) if one["state"] == "approved")
    approved = list(islice(ready, BULK))
    file = _payment_file(municipality, scheme_id, approved, Debtor(name, iban, bic), execution_date)
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(file.content)
    _sync(part)  # the ledger is told that the file exists
    _sync(part.parent)
    municipality.settlements.export(scheme_id, [one["id"] for one in approved], file.sha256)
    part.rename(path)
    _sync(path.parent)
    session.answer(
        {
            "file": str(path),
            "payments": file.payments,
            "cents": file.cents,
            "message_id": file.message_id,
            "sha256": file.sha256,
        }
    )


@settlement.command("book")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@click.argument("outcome", type=click.Choice(["paid", "rejected", "returned"]))
@click.option("--reason", default="bank", show_default=True, help="A code, such as the bank's.")
@acting_as("treasurer")
def book(
    session: Session,
    scheme_id: str,
    settlement_id: str,
    outcome: Literal["paid", "rejected", "returned"],
    reason: str,
) -> None:
    """Enter the bank's answer; rejected and returned money is open again."""
    booked = session.municipality().settlements.book(scheme_id, settlement_id, outcome, reason)
    session.answer(booked, _COLUMNS)


@settlement.command("claim")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@because("shop-ended")
@acting_as("treasurer")
def claim(session: Session, scheme_id: str, shop_id: str, reason: str) -> None:
    """Make a receivable of what an ended shop owes."""
    session.answer(session.municipality().settlements.claim(scheme_id, shop_id, reason), _COLUMNS)


@settlement.command("collect")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="RECEIVABLE")
@because("paid")
@acting_as("treasurer")
def collect(session: Session, scheme_id: str, settlement_id: str, reason: str) -> None:
    """Enter that a shop has paid a receivable."""
    session.answer(session.municipality().settlements.collect(scheme_id, settlement_id, reason), _COLUMNS)


@settlement.command("write-off")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="RECEIVABLE")
@because("bankrupt")
@acting_as("approver")
def write_off(session: Session, scheme_id: str, settlement_id: str, reason: str) -> None:
    """Give a receivable up; by another person than who claimed it."""
    session.answer(session.municipality().settlements.write_off(scheme_id, settlement_id, reason), _COLUMNS)


def _payment_file(
    municipality: Municipality,
    scheme_id: str,
    settlements: list[Settlement],
    debtor: Debtor,
    execution_date: datetime,
) -> PaymentFile:
    name = municipality.schemes.show(scheme_id)["rules"]["name"]
    accounts = {one["shop"]: municipality.shops.account(one["shop"]) for one in settlements}
    transfers = [
        CreditTransfer(
            settlement=one["id"],
            name=accounts[one["shop"]]["holder"],
            iban=accounts[one["shop"]]["iban"],
            cents=one["cents"],
            text=f"{name} t/m {one['through']}",
        )
        for one in settlements
    ]
    now = datetime.now(UTC).replace(microsecond=0)
    return payment_file(debtor, transfers, created_at=now, execution_date=execution_date.date())


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
