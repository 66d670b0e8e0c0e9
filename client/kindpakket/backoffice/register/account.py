"""What the register keeps of one person, and who looked: what the person may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from kindpakket.backoffice.register.households import Household, read
from kindpakket.backoffice.register.letter_tables import LetterVoucherRow
from kindpakket.backoffice.register.log import ACTIVITIES, LookUp, about
from kindpakket.backoffice.register.persons import entries_query, read_entry
from kindpakket.backoffice.register.printed_letters import letters_with
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchLineRow, BatchRow, BulkRow, EntryRow
from kindpakket.backoffice.register.values import Entry


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One voucher of a person.

    Attributes:
        scheme: id of the scheme.
        period: the period it is for; None: not known, as it was enrolled before the register kept it.
        entry: the entry.
        issued_at: when the register learnt that it was issued, in Unix seconds; None: not known to be.
    """

    scheme: str
    period: str | None
    entry: Entry
    issued_at: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """All that the register keeps of one person.

    Attributes:
        reference: how the log names the person.
        entries: the person's vouchers, oldest first; none: the register does not know the person, or no
            longer.
        look_ups: who looked, oldest first, this time included.
        household: where the person's letters go; None: not known.
        letters: the letters that were printed, a document for each voucher in one.
        files: the files of children that had the person, each with the line and what it meant.
    """

    reference: str
    entries: tuple[PersonEntry, ...]
    look_ups: tuple[LookUp, ...]
    household: Household | None = None
    letters: tuple[dict[str, object], ...] = ()
    files: tuple[dict[str, object], ...] = ()

    def as_json(self, activities: str = ACTIVITIES) -> dict[str, object]:
        """The account as a document, with personal data: for the person, or who acts for them."""
        person: dict[str, object] | None = None
        if self.entries:
            child = self.entries[-1].entry.child
            person = {
                "bsn": child.bsn,
                "first_names": child.first_names,
                "family_name": child.family_name,
                "born": child.born.isoformat(),
            }
        return {
            "reference": self.reference,
            "person": person,
            "household": None
            if self.household is None
            else {"address": list(self.household.address), "language": self.household.language},
            "vouchers": [_entry(each) for each in self.entries],
            "letters": list(self.letters),
            "files": list(self.files),
            "look_ups": [line.as_json(activities) for line in self.look_ups],
        }


def of_bsn(store: Store, bsn: str, purpose: Purpose, name: str) -> Account:
    """The account of the person with a BSN; the look-up is logged, also when nobody is found."""
    with store.writing() as connection:
        return _account(connection, store, store.references.person(bsn), purpose, name)


def of_voucher(store: Store, voucher: str, purpose: Purpose, name: str) -> Account | None:
    """The account of the person whom a voucher is for; None if there is none, or no longer."""
    with store.writing() as connection:
        person = connection.execute(select(EntryRow.person).where(EntryRow.voucher == voucher)).scalar()
        if person is None:
            store.log.write(connection, name, purpose, persons=0)
            return None
        return _account(connection, store, person, purpose, name)


def of_case(store: Store, case: str, purpose: Purpose, name: str) -> list[Account]:
    """The accounts of the persons of a case."""
    with store.writing() as connection:
        reference = store.references.case(case)
        found = select(EntryRow.person).where(EntryRow.case_reference == reference).distinct()
        persons = [person for person in connection.execute(found).scalars() if person is not None]
        if not persons:
            store.log.write(connection, name, purpose, persons=0)
        return [_account(connection, store, person, purpose, name) for person in persons]


def _account(connection: Connection, store: Store, person: str, purpose: Purpose, name: str) -> Account:
    found = (
        entries_query()
        .add_columns(BulkRow.issued_at, EntryRow.household_reference)
        .join(BulkRow, EntryRow.bulk == BulkRow.id)
        .where(EntryRow.person == person)
        .order_by(EntryRow.number)
    )
    rows = connection.execute(found).all()
    entries = tuple(
        PersonEntry(row.scheme, row.period, read_entry(store, row), row.issued_at) for row in rows
    )
    store.log.write(connection, name, purpose, person=person, persons=1 if entries else 0)
    reference = rows[-1].household_reference if rows else None
    vouchers = [each.entry.voucher for each in entries]
    return Account(
        person,
        entries,
        tuple(about(connection, person)),
        read(connection, store, reference) if reference else None,
        tuple(letters_with(connection, LetterVoucherRow.voucher.in_(vouchers))),
        tuple(_files(connection, entries)),
    )


def _files(connection: Connection, entries: Sequence[PersonEntry]) -> Iterator[dict[str, object]]:
    """The lines of files of children that are about some entries."""
    found = (
        select(BatchRow.id, BatchRow.scheme, BatchRow.sha256, BatchRow.made_at)
        .add_columns(BatchLineRow.number, BatchLineRow.outcome, BatchLineRow.detail)
        .join(BatchLineRow, BatchLineRow.batch == BatchRow.id)
        .where(BatchLineRow.entitlement.in_([each.entry.entitlement for each in entries]))
        .order_by(BatchRow.number)
    )
    for row in connection.execute(found):
        yield {
            "batch": row.id,
            "scheme": row.scheme,
            "sha256": row.sha256,
            "made_at": row.made_at,
            "row": row.number,
            "outcome": row.outcome,
            "detail": row.detail,
        }


def _entry(each: PersonEntry) -> dict[str, object]:
    child = each.entry.child
    return {
        "voucher": each.entry.voucher,
        "scheme": each.scheme,
        "period": each.period,
        "entitlement": each.entry.entitlement,
        "case": child.case,
        "household": child.household,
        "preset": child.preset,
        "units": child.units,
        "issued_at": each.issued_at,
    }
