"""`kindpakket erasure …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Wrong, group
from kindpakket_cli.session import READERS, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.ledger.queries.erasures import ErasureQueries
    from kindpakket.ledger.records import Collection

_COLLECTION = click.Choice(["citizens", "shopAccounts"])
_COLUMNS = {
    "erasure": lambda record: record["id"],
    "collection": lambda record: record["collection"],
    "state": lambda record: record["state"],
    "records": lambda record: len(record["records"]),
    "reason": lambda record: record["reason"],
    "ordered by": lambda record: record["ordered_by"],
    "approved by": lambda record: record.get("approved_by", "-"),
}


@group("erasure")
def erasure() -> None:
    """Erase private records: ordered by one person, approved by another, with a certificate.

    The steps are order, approve, purge and certify. Hashes stay in the blocks, and copies stay in backups
    until those expire.
    """


@erasure.command("due")
@click.argument("collection", type=_COLLECTION)
@click.option("--scheme", "scheme_id", help="The scheme of the citizens.")
@acting_as(*READERS)
def due(session: Session, collection: Collection, scheme_id: str | None) -> None:
    """List the vouchers (citizens) or shops (shopAccounts) whose private records have passed their term."""
    _check_scheme(collection, scheme_id)
    session.answer(
        list(session.reader().erasures.due(collection, scheme_id)),
        {"of": lambda record: record["id"], "since": lambda record: record["due_on"]},
    )


@erasure.command("unused")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("issuer", "approver", "treasurer")
def unused(session: Session, scheme_id: str) -> None:
    """List the cases that were recorded for a scheme and led to no voucher."""
    session.answer(
        list(session.municipality().erasures.unused_cases(scheme_id)),
        {
            "of": lambda record: record["id"],
            "due on": lambda record: record["due_on"] or "-",
            "due": lambda record: "yes" if record["is_due"] else "no",
        },
    )


@erasure.command("list")
@acting_as(*READERS)
def list_erasures(session: Session) -> None:
    """List all erasures."""
    session.answer(list(session.reader().erasures.list()), _COLUMNS)


@erasure.command("show")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as(*READERS)
def show_erasure(session: Session, erasure_id: str) -> None:
    """Show an erasure; once it is certified, this is the certificate."""
    session.answer(session.reader().erasures.show(erasure_id))


@erasure.command("order")
@click.argument("collection", type=_COLLECTION)
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--scheme", "scheme_id", help="The scheme of the citizens' vouchers.")
@click.option(
    "--all-due", is_flag=True, help="All that have passed their term, unused cases too, instead of IDs."
)
@because("retention")
@acting_as("issuer")
def order(
    session: Session,
    *,
    collection: Collection,
    ids: tuple[str, ...],
    scheme_id: str | None,
    all_due: bool,
    reason: str,
) -> None:
    """Order the purge of the private records of vouchers (citizens) or shops (shopAccounts).

    With the reason `retention` each must have passed its term; other reasons, such as `request`, have no such
    condition.
    """
    from kindpakket.municipality import bulks

    _check_scheme(collection, scheme_id)
    if bool(ids) == all_due:
        raise Wrong("give the ids of vouchers or shops, or --all-due, and not both")
    municipality = session.municipality()
    wanted = ids or _all_due(municipality.erasures, collection, scheme_id)
    orders = [
        municipality.erasures.order(collection, bulk, reason, scheme=scheme_id) for bulk in bulks(wanted)
    ]
    session.answer(orders, _COLUMNS)


@erasure.command("approve")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as("approver")
def approve(session: Session, erasure_id: str) -> None:
    """Approve an erasure that another person ordered."""
    session.answer(session.municipality().erasures.approve(erasure_id), _COLUMNS)


@erasure.command("withdraw")
@click.argument("erasure_id", metavar="ERASURE")
@because("appeal")
@acting_as("approver", "issuer")
def withdraw(session: Session, erasure_id: str, reason: str) -> None:
    """Withdraw an erasure: nothing is purged. An issuer may withdraw their own order."""
    session.answer(session.municipality().erasures.withdraw(erasure_id, reason), _COLUMNS)


@erasure.command("purge")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as("issuer", "approver")
def purge(session: Session, erasure_id: str) -> None:
    """Remove the private records of an approved erasure permanently. Safe to run again."""
    session.answer(session.municipality().erasures.purge(erasure_id))


@erasure.command("certify")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as("issuer", "approver")
def certify(session: Session, erasure_id: str) -> None:
    """State on the ledger that the records are gone, and print the certificate."""
    session.answer(session.municipality().erasures.certify(erasure_id))


def _all_due(erasures: ErasureQueries, collection: Collection, scheme: str | None) -> list[str]:
    due = [found["id"] for found in erasures.due(collection, scheme)]
    if scheme is not None:
        due += [found["id"] for found in erasures.unused_cases(scheme) if found["is_due"]]
    return due


def _check_scheme(collection: Collection, scheme: str | None) -> None:
    if (collection == "citizens") != (scheme is not None):
        raise Wrong("citizens belong to one scheme: give --scheme with citizens, and only with citizens")
