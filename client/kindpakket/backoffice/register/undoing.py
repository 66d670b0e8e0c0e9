"""Undoes enrolments that came to nothing: no allocation was approved for them, and none will be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, select

from kindpakket.backoffice.register.persons import CHUNK
from kindpakket.backoffice.register.proposals import live_allocation
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BulkRow, EntryRow, PersonRow


def undo(store: Store, bulks: Sequence[str]) -> int:
    """Remove the entries of bulks, and persons without other entries; return of how many vouchers.

    A bulk that has been issued meanwhile, or is in an allocation that is not over, stays.
    """
    removed = 0
    for bulk in bulks:
        with store.writing() as connection:
            removed += _undo(connection, store, bulk)
    return removed


def _undo(connection: Connection, store: Store, bulk: str) -> int:
    still_open = select(BulkRow.scheme).where(BulkRow.id == bulk, BulkRow.issued_at.is_(None))
    scheme = connection.execute(still_open).scalar()
    if scheme is None or live_allocation(connection, bulk):
        return 0
    of_bulk = EntryRow.bulk == bulk
    persons = connection.execute(select(EntryRow.person).where(of_bulk)).scalars().all()
    store.log.write(connection, "batch.undo", store.purpose, scheme=scheme, persons=len(persons))
    connection.execute(delete(EntryRow).where(of_bulk))
    connection.execute(delete(BulkRow).where(BulkRow.id == bulk))
    left = exists().where(EntryRow.person == PersonRow.reference)
    known = [person for person in persons if person is not None]
    for start in range(0, len(known), CHUNK):
        some = PersonRow.reference.in_(known[start : start + CHUNK])
        connection.execute(delete(PersonRow).where(some, ~left))
    return len(persons)
