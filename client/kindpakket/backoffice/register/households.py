"""Where households get their letters, and in which language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, exists, insert, select, update

from kindpakket.backoffice.register.letter_tables import HouseholdRow
from kindpakket.backoffice.register.persons import CHUNK, HOUSEHOLD, entries_query, opened, read_entry, sealed
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import EntryRow


@dataclass(frozen=True, slots=True)
class Household:
    """Where a household gets its letters.

    Attributes:
        address: the lines of the address, as they are printed; none: it is not known.
        language: the code of the language of its letters, such as `nl`; "": the municipality's usual one.
    """

    address: tuple[str, ...] = field(default=(), repr=False)
    language: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping addresses did.

    Attributes:
        new: households whose address was not known before.
        changed: households with another address or language than before.
        unchanged: households for which nothing changed.
        unknown: households without a child in the register; nothing is kept of them.
        missing: households of the register that still have no address.
    """

    new: int
    changed: int
    unchanged: int
    unknown: int
    missing: int


class Households:
    """The addresses of a register's households."""

    def __init__(self, store: Store) -> None:
        """Use an open register."""
        self._store = store

    def keep(self, addresses: Mapping[str, Household]) -> Kept:
        """Keep the addresses of households that have a child in the register, instead of what was known.

        Args:
            addresses: by the household's name, as the file of children has it.
        """
        store = self._store
        name_entries(store)
        wanted = {
            reference: household
            for name, household in addresses.items()
            if (reference := store.references.household(name)) is not None
        }
        counts = {"new": 0, "changed": 0, "unchanged": 0, "unknown": 0}
        with store.writing() as connection:
            references = list(wanted)
            for start in range(0, len(references), CHUNK):
                some = references[start : start + CHUNK]
                known = _with_children(connection, some)
                counts["unknown"] += len(some) - len(known)
                for outcome in _save(connection, store, {each: wanted[each] for each in known}):
                    counts[outcome] += 1
            store.log.write(connection, "household.keep", store.purpose, persons=len(wanted))
            missing = _missing(connection)
        return Kept(**counts, missing=missing)

    def with_address(self, references: Collection[str]) -> set[str]:
        """Those of some references of households whose address is known."""
        wanted = list(references)
        found: set[str] = set()
        with self._store.reading() as connection:
            for start in range(0, len(wanted), CHUNK):
                some = HouseholdRow.reference.in_(wanted[start : start + CHUNK])
                found.update(connection.execute(select(HouseholdRow.reference).where(some)).scalars())
        return found

    def find(self, name: str) -> Household | None:
        """What is known of a household by its name; None: nothing. It is not logged by itself."""
        reference = self._store.references.household(name)
        if reference is None:
            return None
        with self._store.reading() as connection:
            return read(connection, self._store, reference)


def read(connection: Connection, store: Store, reference: str) -> Household | None:
    """What is known of a household; None: nothing."""
    row = connection.execute(select(HouseholdRow).where(HouseholdRow.reference == reference)).one_or_none()
    if row is None:
        return None
    fields = opened(store, "household", reference, row, HOUSEHOLD)
    return Household(tuple(fields["address"].splitlines()), fields["language"])


def delete_unused(connection: Connection) -> int:
    """Delete the addresses of households without children in the register; return of how many."""
    used = exists().where(EntryRow.household_reference == HouseholdRow.reference)
    return connection.execute(delete(HouseholdRow).where(~used)).rowcount


def name_entries(store: Store) -> None:
    """Note the references of the households of entries from before the register kept them."""
    unknown = (
        entries_query()
        .where(EntryRow.household_reference.is_(None), EntryRow.person.is_not(None))
        .order_by(EntryRow.voucher)
        .limit(CHUNK)
    )
    last = ""
    while True:
        with store.writing() as connection:
            rows = connection.execute(unknown.where(EntryRow.voucher > last)).all()
            for row in rows:
                reference = store.references.household(read_entry(store, row).child.household)
                of_it = update(EntryRow).where(EntryRow.voucher == row.voucher)
                connection.execute(of_it.values(household_reference=reference))
        if not rows:
            return
        last = rows[-1].voucher


def _with_children(connection: Connection, references: list[str]) -> list[str]:
    found = select(EntryRow.household_reference).where(EntryRow.household_reference.in_(references))
    return [reference for reference in connection.execute(found.distinct()).scalars() if reference]


def _save(connection: Connection, store: Store, households: Mapping[str, Household]) -> list[str]:
    """Add or renew rows; the outcome for each household."""
    rows = select(HouseholdRow).where(HouseholdRow.reference.in_(households))
    known = {row.reference: row for row in connection.execute(rows)}
    outcomes = []
    for reference, household in households.items():
        fields = {"address": "\n".join(household.address), "language": household.language}
        row = known.get(reference)
        values = {"data_key": store.vault.current, **sealed(store, "household", reference, fields)}
        if row is None:
            connection.execute(insert(HouseholdRow).values(reference=reference, **values))
            outcomes.append("new")
        elif opened(store, "household", reference, row, HOUSEHOLD) != fields:
            connection.execute(update(HouseholdRow).where(HouseholdRow.reference == reference).values(values))
            outcomes.append("changed")
        else:
            outcomes.append("unchanged")
    return outcomes


def _missing(connection: Connection) -> int:
    known = exists().where(HouseholdRow.reference == EntryRow.household_reference)
    found = select(EntryRow.household_reference).where(EntryRow.household_reference.is_not(None), ~known)
    return len(connection.execute(found.distinct()).all())
