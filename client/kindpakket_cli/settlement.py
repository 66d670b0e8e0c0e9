"""`kindpakket settlement …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Wrong, group
from kindpakket_cli.session import READERS, TILLS, Session, acting_as, because
from kindpakket_cli.settlement_export import export_of_one_scheme

if TYPE_CHECKING:
    from kindpakket.ledger.records import Settlement

_COLUMNS = {
    "settlement": lambda record: record["id"],
    "shop": lambda record: record["shop"],
    "state": lambda record: record["state"],
    "through": lambda record: record["through"],
    "items": lambda record: record["item_count"],
    "amount": lambda record: euros(record["cents"]),
}


@group("settlement")
def settlement() -> None:
    """Settlements: draft, approve, book the bank's answer; claim or net what shops owe.

    One payment file for all of them is written by kindpakket payout export.
    """


settlement.add_command(export_of_one_scheme)


@settlement.command("list")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def list_settlements(session: Session, scheme_id: str) -> None:
    """List the settlements of a scheme."""
    session.answer(list(session.reader().settlements.list(scheme_id)), _COLUMNS)


@settlement.command("show")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@acting_as(*READERS)
def show_settlement(session: Session, scheme_id: str, settlement_id: str) -> None:
    """Show a settlement."""
    session.answer(session.reader().settlements.show(scheme_id, settlement_id))


@settlement.command("items")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@acting_as(*READERS, *TILLS)
def items(session: Session, scheme_id: str, settlement_id: str) -> None:
    """List what a settlement includes: payments, refunds, and what was carried over or netted."""
    session.answer(
        list(session.reader().settlements.items(scheme_id, settlement_id)),
        {
            "item": lambda item: item["id"],
            "day": lambda item: item["day"],
            "kind": lambda item: item.get("kind", "refund" if item["cents"] < 0 else "payment"),
            "amount": lambda item: euros(item["cents"]),
        },
    )


@settlement.command("waiting")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def waiting(session: Session, scheme_id: str) -> None:
    """List the settlements and receivables that wait for somebody's next step."""
    session.answer(list(session.reader().settlements.live(scheme_id)), _COLUMNS)


@settlement.command("receivables")
@click.argument("scheme_id", metavar="[SCHEME]", required=False)
@acting_as(*READERS)
def receivables(session: Session, scheme_id: str | None) -> None:
    """List what shops owe, under SCHEME or all schemes, oldest first, and add it up by age in days.

    Receivables that were claimed before the ledger kept the time are of unknown age.
    """
    from kindpakket.backoffice.receivables import ageing, sums
    from kindpakket.ledger.days import today

    debts = ageing(session.reader().settlements.receivables(scheme_id), today())
    owed = sums(debts)
    if session.as_json:
        document = {
            "receivables": [debt.as_json() for debt in debts],
            "sums": owed,
            "cents": sum(owed.values()),
        }
        session.answer(document)
        return
    session.answer(
        debts,
        {
            "receivable": lambda debt: debt.receivable["id"],
            "shop": lambda debt: debt.receivable["shop"],
            "amount": lambda debt: euros(debt.cents),
            "claimed": lambda debt: debt.claimed_on or "-",
            "days": lambda debt: "-" if debt.age is None else debt.age,
            "age": lambda debt: debt.bucket,
        },
    )
    rows = [*owed.items(), ("all", sum(owed.values()))]
    session.answer(
        [{"age": bucket, "cents": cents} for bucket, cents in rows],
        {"age": lambda row: row["age"], "owed": lambda row: euros(row["cents"])},
    )


@settlement.command("due")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="[SHOP]", required=False)
@acting_as(*READERS, *TILLS)
def due(session: Session, scheme_id: str, shop_id: str | None) -> None:
    """Show whether SHOP, or else each shop with open items, is due, why, and what a draft would include."""
    settlements = session.reader().settlements
    session.answer(
        [{"shop": shop_id, **settlements.due(scheme_id, shop_id)}]
        if shop_id
        else list(settlements.due_list(scheme_id)),
        {
            "shop": lambda record: record["shop"],
            "due": lambda record: f"yes, by {record['why']}" if record["due"] else "no",
            "amount": lambda record: euros(record["cents"]),
            "items": lambda record: record["items"],
            "oldest": lambda record: record["oldest_day"] or "-",
            "closed until": lambda record: record["closed_until"] or "-",
            "payout": lambda record: "frozen" if record.get("payout_frozen") else "free",
        },
    )


@settlement.command("draft")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@acting_as("treasurer", "issuer", *TILLS)
def draft(session: Session, scheme_id: str, shop_id: str) -> None:
    """Draft a settlement of a shop's open items of closed days, when it is due; shops draft their own."""
    if not session.at_till:
        session.answer(session.municipality().settlements.draft(scheme_id, shop_id), _COLUMNS)
        return
    shop = session.shop()
    if shop.shop_id != shop_id:
        raise Wrong(
            f"your shop is {shop.shop_id}, and a shop drafts its own settlements only: {shop_id} is another"
        )
    session.answer(shop.settlements.draft(scheme_id), _COLUMNS)


@settlement.command("approve")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_ids", metavar="SETTLEMENT...", nargs=-1, required=True)
@acting_as("approver")
def approve(session: Session, scheme_id: str, settlement_ids: tuple[str, ...]) -> None:
    """Approve settlements that another person drafted."""
    municipality = session.municipality()
    session.answer(
        [municipality.settlements.approve(scheme_id, settlement) for settlement in settlement_ids], _COLUMNS
    )


@settlement.command("withdraw")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@because("wrong-shop")
@acting_as("treasurer")
def withdraw(session: Session, scheme_id: str, settlement_id: str, reason: str) -> None:
    """Withdraw a settlement before it is exported."""
    session.answer(session.municipality().settlements.withdraw(scheme_id, settlement_id, reason), _COLUMNS)


@settlement.command("book")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="SETTLEMENT")
@click.argument("outcome", type=click.Choice(["paid", "rejected", "returned"]))
@click.option("--reason", default="bank", show_default=True, help="Why: a code, such as the bank's.")
@click.option("--bank-reference", help="The bank's reference: letters, digits, - and /, at most 35.")
@click.option("--value-date", metavar="YYYY-MM-DD", help="The bank's value date.")
@acting_as("treasurer")
def book(
    session: Session,
    scheme_id: str,
    settlement_id: str,
    outcome: Literal["paid", "rejected", "returned"],
    reason: str,
    bank_reference: str | None,
    value_date: str | None,
) -> None:
    """Book the bank's answer; rejected and returned money is open again."""
    booked = session.municipality().settlements.book(
        scheme_id, settlement_id, outcome, reason, bank_reference=bank_reference, value_date=value_date
    )
    session.answer(booked, _COLUMNS)


@settlement.command("claim")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("shop_id", metavar="SHOP")
@because("shop-ended")
@acting_as("treasurer")
def claim(session: Session, scheme_id: str, shop_id: str, reason: str) -> None:
    """Claim what a shop owes that has ended, or whose scheme is closed: it becomes a receivable."""
    session.answer(session.municipality().settlements.claim(scheme_id, shop_id, reason), _COLUMNS)


@settlement.command("collect")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="RECEIVABLE")
@click.option("--cents", type=click.IntRange(1), help="What was paid.  [default: what is left]")
@because("paid")
@acting_as("treasurer")
def collect(session: Session, scheme_id: str, settlement_id: str, cents: int | None, reason: str) -> None:
    """Book that a shop has paid a receivable, or a part of it."""
    settlements = session.municipality().settlements
    session.answer(settlements.collect(scheme_id, settlement_id, reason, cents=cents), _COLUMNS)


@settlement.command("write-off")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="RECEIVABLE")
@because("bankrupt")
@acting_as("approver")
def write_off(session: Session, scheme_id: str, settlement_id: str, reason: str) -> None:
    """Write off what is left of a receivable that another person claimed."""
    session.answer(session.municipality().settlements.write_off(scheme_id, settlement_id, reason), _COLUMNS)


@settlement.command("reopen")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("settlement_id", metavar="RECEIVABLE")
@click.option(
    "--received",
    "received_cents",
    type=click.IntRange(0),
    help="The cents of it that were really received.  [default: all that was collected]",
)
@because("mistake")
@acting_as("approver")
def reopen(
    session: Session, scheme_id: str, settlement_id: str, received_cents: int | None, reason: str
) -> None:
    """End a receivable that another person claimed, collected or wrote off; what it claimed is open again."""
    settlements = session.municipality().settlements
    reopened = settlements.reopen(scheme_id, settlement_id, reason, received_cents=received_cents)
    session.answer(reopened, _COLUMNS)


@settlement.command("net")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("against", metavar="AGAINST")
@click.argument("shop_id", metavar="SHOP")
@because("old-debt")
@acting_as("treasurer")
def net(session: Session, scheme_id: str, against: str, shop_id: str, reason: str) -> None:
    """Deduct what SHOP owes under SCHEME from what it is owed under the scheme AGAINST."""
    session.answer(session.municipality().settlements.net(scheme_id, against, shop_id, reason))


@settlement.command("index")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("issuer", "treasurer")
def index(session: Session, scheme_id: str) -> None:
    """Bring what is from before under the keys of today, once after an upgrade; no money moves.

    These are settlements and payments of layout 2, and receivables that are not listed as such. If it is
    interrupted, run it again.
    """
    from kindpakket.municipality import BULK

    municipality = session.municipality()
    listed = {record["id"] for record in municipality.settlements.receivables(scheme_id)}
    known = [
        record["id"]
        for record in municipality.settlements.list(scheme_id)
        if _is_layout_2(record) or (record["state"] == "claimed" and record["id"] not in listed)
    ]
    for settlement_id in known:
        municipality.settlements.index(scheme_id, settlement_id)
    payments = list(municipality.payments.unindexed())
    for start in range(0, len(payments), BULK):
        municipality.payments.index(payments[start : start + BULK])
    session.answer({"settlements": len(known), "payments": len(payments)})


def _is_layout_2(record: Settlement) -> bool:
    """Whether a settlement has items whose place its record does not say."""
    return record["item_count"] > 0 and "first" not in record
