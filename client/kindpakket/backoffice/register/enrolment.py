"""Gives children their voucher ids, bulk by bulk: whatever ends the run, each child gets one, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select, update

from kindpakket.backoffice.citizens import Child, entitlement_id
from kindpakket.backoffice.register.batches import ENROLLED, Batch, refuse
from kindpakket.backoffice.register.comparison import Progress, chunks, terms_differ
from kindpakket.backoffice.register.entries import known
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.persons import CHUNK, add, save_household, save_persons
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchLineRow, BatchRow, BulkRow, EntryRow
from kindpakket.backoffice.register.values import Entry
from kindpakket.ledger.ids import new_id, new_salt

_New = tuple[str, Child]
"""An entitlement and the child it is for."""


def check(store: Store, scheme: str, period: str, children: Iterable[Child]) -> list[str]:
    """The bulks of the children that are enrolled already.

    Raises:
        RegisterError: one is enrolled with another preset or number of units, or is there twice.
    """
    bulks: dict[str, None] = {}
    seen: set[str] = set()
    for chunk in chunks(children):
        ids = [entitlement_id(store.secret, scheme, child.bsn, period) for child in chunk]
        with store.reading() as connection:
            enrolled = known(connection, store, scheme, ids)
        for entitlement, child in zip(ids, chunk, strict=True):
            if entitlement in seen:
                raise RegisterError(f"the child of case {child.case} is in the file twice: list it once")
            seen.add(entitlement)
            if found := enrolled.get(entitlement):
                if difference := terms_differ(found.entry.child, child):
                    raise RegisterError(f"the child of case {child.case} {difference}")
                bulks[found.entry.bulk] = None
    return list(bulks)


def enrol(
    store: Store,
    scheme: str,
    period: str,
    children: Iterable[Child],
    *,
    batch: str | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Enrol the children that are not enrolled, a bulk in each transaction, and renew changed details.

    Bulks have `CHUNK` entries, and the last one has what is left. Run it again after an interruption: it
    goes on with the first child that is not enrolled, and makes the same bulks.

    Returns:
        The ids of the new bulks.
    """
    made: list[str] = []
    waiting: list[_New] = []
    for chunk in chunks(children):
        ids = [entitlement_id(store.secret, scheme, child.bsn, period) for child in chunk]
        with store.reading() as connection:
            enrolled = known(connection, store, scheme, ids)
        present = [
            (enrolled[each], child) for each, child in zip(ids, chunk, strict=True) if each in enrolled
        ]
        _renew(store, [(found.entry, child) for found, child in present if not found.entry.is_erased])
        waiting += [pair for pair in zip(ids, chunk, strict=True) if pair[0] not in enrolled]
        if progress:
            progress(len(chunk))
        while len(waiting) >= CHUNK:
            made += _enrol_bulk(store, scheme, period, waiting[:CHUNK], batch)
            waiting = waiting[CHUNK:]
    if waiting:
        made += _enrol_bulk(store, scheme, period, waiting, batch)
    return made


def enrol_batch(store: Store, batch: Batch, children: Iterable[Child], progress: Progress | None) -> Batch:
    """Enrol what a batch found to be new, and renew what has changed.

    Raises:
        RegisterError: the batch has refused lines.
    """
    if batch.counts["refused"]:
        raise refuse(store, batch)
    enrol(store, batch.scheme, batch.period, children, batch=batch.id, progress=progress)
    with store.writing() as connection:
        connection.execute(update(BatchRow).where(BatchRow.id == batch.id).values(state=ENROLLED))
        store.log.write(
            connection, "batch.enrol", store.purpose, scheme=batch.scheme, persons=batch.counts["new"]
        )
    return replace(batch, state=ENROLLED)


def bulks_of(store: Store, batch: str) -> list[str]:
    """The ids of the bulks that contain the children of a batch's file, oldest first."""
    with store.reading() as connection:
        of_file = select(BatchLineRow.entitlement).where(
            BatchLineRow.batch == batch, BatchLineRow.number.is_not(None)
        )
        scheme = select(BatchRow.scheme).where(BatchRow.id == batch).scalar_subquery()
        of_entries = select(EntryRow.bulk).where(EntryRow.scheme == scheme, EntryRow.entitlement.in_(of_file))
        found = select(BulkRow.id).where(BulkRow.id.in_(of_entries)).order_by(BulkRow.number)
        return list(connection.execute(found).scalars())


def _enrol_bulk(
    store: Store, scheme: str, period: str, waiting: Sequence[_New], batch: str | None
) -> list[str]:
    """Enrol at most `CHUNK` children in one transaction, without those that somebody else has enrolled."""
    with store.writing() as connection:
        enrolled = known(connection, store, scheme, [entitlement for entitlement, _ in waiting])
        missing = [(entitlement, child) for entitlement, child in waiting if entitlement not in enrolled]
        if not missing:
            return []
        bulk = new_id()
        connection.execute(insert(BulkRow).values(id=bulk, scheme=scheme, batch=batch))
        entries = [Entry(new_id(), entitlement, new_salt(), bulk, child) for entitlement, child in missing]
        add(connection, store, scheme, period, entries)
    return [bulk]


def _renew(store: Store, pairs: Sequence[tuple[Entry, Child]]) -> None:
    """Renew the names, birth dates and households that have changed.

    A case number stays what it was: its hash is on the ledger.
    """
    persons = [child for entry, child in pairs if _details(entry.child) != _details(child)]
    households = [
        (entry, child.household) for entry, child in pairs if entry.child.household != child.household
    ]
    if not persons and not households:
        return
    with store.writing() as connection:
        _save(connection, store, persons, households)


def _save(
    connection: Connection, store: Store, persons: Sequence[Child], households: Sequence[tuple[Entry, str]]
) -> None:
    save_persons(connection, store, persons)
    for entry, household in households:
        save_household(connection, store, entry, household)


def _details(child: Child) -> tuple[object, ...]:
    return child.bsn, child.first_names, child.family_name, child.born
