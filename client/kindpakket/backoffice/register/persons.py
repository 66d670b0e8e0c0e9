"""Rows of persons and entries: sealed on the way in, opened on the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register.letter_tables import HouseholdRow
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import EntryRow, PersonRow
from kindpakket.backoffice.register.values import Entry, erased_child

SealedTable = type[PersonRow] | type[EntryRow] | type[HouseholdRow]
"""A table with sealed fields."""
_PERSON = ("bsn", "first_names", "family_name", "born")
_ENTRY = ("salt", "household", "case_number")
HOUSEHOLD = ("address", "language")
"""The sealed fields of a household."""
_SEALED: Mapping[SealedTable, tuple[Any, Sequence[str]]] = {
    PersonRow: (PersonRow.reference, _PERSON),
    EntryRow: (EntryRow.voucher, _ENTRY),
    HouseholdRow: (HouseholdRow.reference, HOUSEHOLD),
}
"""The tables with sealed fields: the column that names a row, and the fields."""
SEALED_TABLES: tuple[SealedTable, ...] = tuple(_SEALED)
CHUNK = 500
"""How many rows are handled at once; a bulk has as many entries at most."""
STREAMED = {"yield_per": CHUNK}
"""The execution options of a query whose rows are read some at a time."""


def entries_query() -> Select[*tuple[Any, ...]]:
    """All columns from which `read_entry` makes an entry."""
    return select(
        EntryRow.voucher,
        EntryRow.entitlement,
        EntryRow.bulk,
        EntryRow.preset,
        EntryRow.units,
        EntryRow.scheme,
        EntryRow.period,
        EntryRow.salt,
        EntryRow.household,
        EntryRow.case_number,
        EntryRow.person,
        PersonRow.bsn,
        PersonRow.first_names,
        PersonRow.family_name,
        PersonRow.born,
    ).join(PersonRow, EntryRow.person == PersonRow.reference, isouter=True)


def read_entry(store: Store, row: Row[Any]) -> Entry:
    """Open a row of `entries_query`."""
    if row.person is None:
        child = erased_child(row.preset, row.units)
        return Entry(row.voucher, row.entitlement, "", row.bulk, child)
    person = opened(store, "person", row.person, row, _PERSON)
    entry = opened(store, "entry", row.voucher, row, _ENTRY)
    child = Child(
        bsn=person["bsn"],
        first_names=person["first_names"],
        family_name=person["family_name"],
        born=date.fromisoformat(person["born"]),
        household=entry["household"],
        case=entry["case_number"],
        preset=row.preset,
        units=row.units,
    )
    return Entry(row.voucher, row.entitlement, entry["salt"], row.bulk, child)


def add(
    connection: Connection, store: Store, scheme: str, period: str | None, entries: Sequence[Entry]
) -> None:
    """Add entries of a bulk that is there, and their persons where they are new or have changed."""
    save_persons(connection, store, [entry.child for entry in entries])
    connection.execute(
        insert(EntryRow),
        [
            {
                "scheme": scheme,
                "period": period,
                "entitlement": entry.entitlement,
                "voucher": entry.voucher,
                "bulk": entry.bulk,
                "preset": entry.child.preset,
                "units": entry.child.units,
                "person": store.references.person(entry.child.bsn),
                "case_reference": store.references.case(entry.child.case),
                "household_reference": store.references.household(entry.child.household),
                "data_key": store.vault.current,
                **sealed(store, "entry", entry.voucher, _entry_fields(entry)),
            }
            for entry in entries
        ],
    )


def save_persons(connection: Connection, store: Store, children: Iterable[Child]) -> None:
    """Add persons who are new, and renew those whose names or birth date have changed."""
    wanted = {store.references.person(child.bsn): child for child in children}
    columns = select(PersonRow).where(PersonRow.reference.in_(wanted))
    known = {row.reference: row for row in connection.execute(columns)}
    new = []
    for reference, child in wanted.items():
        fields = _person_fields(child)
        row = known.get(reference)
        if row is None:
            row_fields = sealed(store, "person", reference, fields)
            new.append({"reference": reference, "data_key": store.vault.current, **row_fields})
        elif opened(store, "person", reference, row, _PERSON) != fields:
            values = {"data_key": store.vault.current, **sealed(store, "person", reference, fields)}
            connection.execute(update(PersonRow).where(PersonRow.reference == reference).values(values))
    if new:
        connection.execute(insert(PersonRow), new)


def save_household(connection: Connection, store: Store, entry: Entry, household: str) -> None:
    """Renew the household of an entry."""
    renewed = replace(entry, child=replace(entry.child, household=household))
    values = {
        "data_key": store.vault.current,
        "household_reference": store.references.household(household),
        **sealed(store, "entry", entry.voucher, _entry_fields(renewed)),
    }
    connection.execute(update(EntryRow).where(EntryRow.voucher == entry.voucher).values(values))


def reseal(connection: Connection, store: Store, table: SealedTable, limit: int) -> int:
    """Seal the fields of some rows with the newest data key; return of how many."""
    identity, names = _SEALED[table]
    current = store.vault.current
    rows = connection.execute(select(table).where(table.data_key < current).limit(limit)).all()
    renewed = []
    for row in rows:
        name = getattr(row, identity.key)
        fields = opened(store, table.__tablename__, name, row, names)
        renewed.append({"row": name, "data_key": current, **sealed(store, table.__tablename__, name, fields)})
    if renewed:
        of_row = update(table).where(identity == bindparam("row"))
        columns: dict[str, Any] = {name: bindparam(name) for name in ("data_key", *names)}
        connection.execute(of_row.values(columns), renewed)
    return len(rows)


def _person_fields(child: Child) -> dict[str, str]:
    texts = (child.bsn, child.first_names, child.family_name, child.born.isoformat())
    return dict(zip(_PERSON, texts, strict=True))


def _entry_fields(entry: Entry) -> dict[str, str]:
    return dict(zip(_ENTRY, (entry.salt, entry.child.household, entry.child.case), strict=True))


def sealed(store: Store, table: str, row: str, fields: Mapping[str, str]) -> dict[str, bytes]:
    """Seal the fields of a row."""
    return {name: store.vault.seal(f"{table}.{name}", row, text) for name, text in fields.items()}


def opened(store: Store, table: str, name: str, row: Row[Any], names: Iterable[str]) -> dict[str, str]:
    """Open the fields of a row."""
    return {field: store.vault.open(f"{table}.{field}", name, getattr(row, field)) for field in names}
