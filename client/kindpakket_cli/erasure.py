"""`kindpakket erasure …`."""

from __future__ import annotations

import click

from kindpakket.ledger.records import Collection
from kindpakket.municipality import bulks
from kindpakket_cli.session import Session, Wrong, acting_as, because

_READERS = ("issuer", "approver", "treasurer", "auditor")
_COLLECTION = click.Choice(["citizens", "shopAccounts"])
_COLUMNS = {
    "erasure": lambda found: found["id"],
    "collection": lambda found: found["collection"],
    "state": lambda found: found["state"],
    "records": lambda found: len(found["records"]),
    "reason": lambda found: found["reason"],
    "ordered by": lambda found: found["ordered_by"],
    "approved by": lambda found: found.get("approved_by", "-"),
}


@click.group()
def erasure() -> None:
    """Erasures: purge private records, by two persons, with a certificate.

    Order, approve (by another person), purge, certify. Hashes stay in the blocks, and copies in backups until
    those expire.
    """


@erasure.command("due")
@click.argument("collection", type=_COLLECTION)
@click.option("--scheme", "scheme_id", help="The scheme, of citizens.")
@acting_as(*_READERS)
def due(session: Session, collection: Collection, scheme_id: str | None) -> None:
    """List whose private records have passed their term: vouchers (citizens) or shops (shopAccounts)."""
    _check_scheme(collection, scheme_id)
    session.answer(
        list(session.municipality().erasures.due(collection, scheme_id)),
        {"of": lambda found: found["id"], "since": lambda found: found["due_on"]},
    )


@erasure.command("list")
@acting_as(*_READERS)
def list_erasures(session: Session) -> None:
    """List all erasures."""
    session.answer(list(session.municipality().erasures.list()), _COLUMNS)


@erasure.command("show")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as(*_READERS)
def show_erasure(session: Session, erasure_id: str) -> None:
    """Show an erasure; once it is certified, this is the certificate."""
    session.answer(session.municipality().erasures.show(erasure_id))


@erasure.command("order")
@click.argument("collection", type=_COLLECTION)
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--scheme", "scheme_id", help="The scheme of the vouchers, of citizens.")
@click.option("--all-due", is_flag=True, help="All that have passed their term, instead of ids.")
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

    With the reason `retention` each must have passed its term; another one, such as `request`, needs none.
    """
    _check_scheme(collection, scheme_id)
    if bool(ids) == all_due:
        raise Wrong("name vouchers or shops, or give --all-due")
    municipality = session.municipality()
    wanted = ids or [found["id"] for found in municipality.erasures.due(collection, scheme_id)]
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
    """Purge nothing; an issuer may withdraw the own order."""
    session.answer(session.municipality().erasures.withdraw(erasure_id, reason), _COLUMNS)


@erasure.command("purge")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as("issuer", "approver")
def purge(session: Session, erasure_id: str) -> None:
    """Remove the private records of an approved erasure, for ever. Safe to run again."""
    session.answer(session.municipality().erasures.purge(erasure_id))


@erasure.command("certify")
@click.argument("erasure_id", metavar="ERASURE")
@acting_as("issuer", "approver")
def certify(session: Session, erasure_id: str) -> None:
    """State on the ledger that the records are gone, and print the certificate."""
    session.answer(session.municipality().erasures.certify(erasure_id))


def _check_scheme(collection: Collection, scheme: str | None) -> None:
    if (collection == "citizens") != (scheme is not None):
        raise Wrong("citizens are those of one scheme: give --scheme with citizens, and only with them")
