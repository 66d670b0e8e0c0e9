"""Reads entries, by bulk, by voucher and by entitlement."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from kindpakket.backoffice.register.persons import CHUNK, STREAMED, entries_query, read_entry
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BulkRow, EntryRow, PersonRow
from kindpakket.backoffice.register.values import Bulk, Entry
from kindpakket.ledger.records import Issuance


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as the register has it, with what it knows besides.

    Attributes:
        entry: the entry.
        is_issued: whether the register knows that its bulk has been issued.
        batch: the batch that enrolled it; None: it came without one.
    """

    entry: Entry
    is_issued: bool
    batch: str | None


def known(connection: Connection, store: Store, scheme: str, entitlements: Sequence[str]) -> dict[str, Known]:
    """The entries of some entitlements, at most `CHUNK`, by entitlement."""
    found = (
        entries_query()
        .add_columns(BulkRow.issued_at, BulkRow.batch)
        .join(BulkRow, EntryRow.bulk == BulkRow.id)
        .where(EntryRow.scheme == scheme, EntryRow.entitlement.in_(entitlements))
    )
    return {
        row.entitlement: Known(read_entry(store, row), row.issued_at is not None, row.batch)
        for row in connection.execute(found)
    }


def bulk_ids(store: Store, scheme: str) -> list[str]:
    """The ids of the bulks of a scheme, oldest first."""
    with store.reading() as connection:
        found = select(BulkRow.id).where(BulkRow.scheme == scheme).order_by(BulkRow.number)
        return list(connection.execute(found).scalars())


def read_bulk(store: Store, identifier: str) -> Bulk:
    """A bulk with its entries in the order in which they were enrolled."""
    with store.reading() as connection:
        found = entries_query().where(EntryRow.bulk == identifier).order_by(EntryRow.number)
        return Bulk(identifier, tuple(read_entry(store, row) for row in connection.execute(found)))


def read_issuances(store: Store, bulk: str) -> list[Issuance]:
    """The vouchers of a bulk as the ledger gets them; nothing personal is read."""
    columns = select(EntryRow.voucher, EntryRow.entitlement, EntryRow.preset, EntryRow.units)
    with store.reading() as connection:
        found = connection.execute(columns.where(EntryRow.bulk == bulk).order_by(EntryRow.number))
        return [
            {"id": row.voucher, "entitlement": row.entitlement, "preset": row.preset, "units": row.units}
            for row in found
        ]


def mark_issued(store: Store, bulks: Sequence[str], cents: Mapping[str, int]) -> None:
    """Let the register know which bulks are on the ledger, and the cents of those of which they are known."""
    now = int(time.time())
    with store.writing() as connection:
        for identifier in bulks:
            of_it = update(BulkRow).where(BulkRow.id == identifier)
            connection.execute(of_it.where(BulkRow.issued_at.is_(None)).values(issued_at=now))
            if identifier in cents:
                connection.execute(of_it.values(issued_cents=cents[identifier]))


def issued_cents(store: Store, bulks: Sequence[str]) -> dict[str, int | None]:
    """What was issued with those of some bulks that are issued, in cents; None: not known."""
    found: dict[str, int | None] = {}
    with store.reading() as connection:
        for start in range(0, len(bulks), CHUNK):
            some = BulkRow.id.in_(bulks[start : start + CHUNK])
            columns = select(BulkRow.id, BulkRow.issued_cents).where(some, BulkRow.issued_at.is_not(None))
            found.update((row.id, row.issued_cents) for row in connection.execute(columns))
    return found


def find(store: Store, voucher: str) -> Entry | None:
    """The entry of a voucher; None if there is none. The look-up is logged."""
    with store.writing() as connection:
        row = connection.execute(entries_query().where(EntryRow.voucher == voucher)).one_or_none()
        person = None if row is None else row.person
        count = 0 if person is None else 1
        store.log.write(connection, "voucher.find", store.purpose, person=person, persons=count)
    return None if row is None else read_entry(store, row)


def present(store: Store, vouchers: Sequence[str]) -> list[str]:
    """Those of some vouchers that are still somebody's, in their order."""
    found: set[str] = set()
    with store.reading() as connection:
        for start in range(0, len(vouchers), CHUNK):
            some = EntryRow.voucher.in_(vouchers[start : start + CHUNK])
            theirs = select(EntryRow.voucher).where(some, EntryRow.person.is_not(None))
            found.update(connection.execute(theirs).scalars())
    return [voucher for voucher in vouchers if voucher in found]


def bulk_of(store: Store, voucher: str) -> str | None:
    """The id of the bulk that a voucher is in."""
    with store.reading() as connection:
        return connection.execute(select(EntryRow.bulk).where(EntryRow.voucher == voucher)).scalar()


def count_persons(connection: Connection) -> int:
    """How many persons the register has."""
    return connection.execute(select(func.count()).select_from(PersonRow)).scalar_one()


def log_scheme(store: Store, scheme: str, name: str, persons: int | None = None) -> None:
    """Log that entries of a scheme are read, all of them unless their number is given."""
    with store.writing() as connection:
        if persons is None:
            all_of_them = select(func.count()).where(EntryRow.scheme == scheme, EntryRow.person.is_not(None))
            persons = connection.execute(all_of_them).scalar_one()
        store.log.write(connection, name, store.purpose, scheme=scheme, persons=persons)


def log_bulks(store: Store, bulks: Sequence[str], name: str) -> None:
    """Log that the entries of some bulks are read: one line for each scheme."""
    counts: Counter[str] = Counter()
    with store.writing() as connection:
        for start in range(0, len(bulks), CHUNK):
            theirs = (
                select(EntryRow.scheme, func.count(EntryRow.person))
                .where(EntryRow.bulk.in_(bulks[start : start + CHUNK]))
                .group_by(EntryRow.scheme)
            )
            for scheme, count in connection.execute(theirs):
                counts[scheme] += count
        for scheme, count in counts.items():
            store.log.write(connection, name, store.purpose, scheme=scheme, persons=count)


def personal_values(store: Store) -> list[str]:
    """BSNs, full names, family names and case numbers, without those that are too short to search for."""
    from kindpakket.auditor.personal_data import MIN_LENGTH  # noqa: PLC0415 - the auditor's rooms are heavy

    with store.writing() as connection:
        persons = count_persons(connection)
        store.log.write(connection, "register.personal-values", store.purpose, persons=persons)
    values: set[str] = set()
    for child in (entry.child for entry in _everybody(store)):
        full = f"{child.first_names} {child.family_name}"
        values.update((child.bsn, full, child.family_name, child.case))
    return sorted(value for value in values if len(value) >= MIN_LENGTH)


def _everybody(store: Store) -> Iterator[Entry]:
    found = entries_query().where(EntryRow.person.is_not(None))
    with store.reading() as connection, connection.execute(found, execution_options=STREAMED) as rows:
        for row in rows:
            yield read_entry(store, row)
