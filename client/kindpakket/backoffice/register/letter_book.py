"""Which letters were printed for which vouchers: so that none gets two, and none is forgotten.

A run is planned in one transaction, with the reference and the vouchers of each letter, before any secret is
drawn. What becomes of it afterwards is noted step by step, so that a run that was interrupted goes on with
the same letters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update
from sqlalchemy.orm import aliased

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.households import Household, name_entries, read
from kindpakket.backoffice.register.letter_run import (
    DISCARDED,
    DONE,
    MADE,
    ORDERED,
    PLANNED,
    VALID,
    VOID,
    LetterContent,
    LetterRun,
    PlannedLetter,
    read_run,
)
from kindpakket.backoffice.register.letter_tables import LetterRow, LetterRunRow, LetterVoucherRow
from kindpakket.backoffice.register.persons import CHUNK, entries_query, read_entry
from kindpakket.backoffice.register.printed_letters import letters_with
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BulkRow, EntryRow
from kindpakket.ledger.ids import new_id

_REFERENCE_DIGITS = 16


class LetterBook:
    """The runs of letters in a register."""

    def __init__(self, store: Store) -> None:
        """Use an open register."""
        self._store = store

    def runs(self, scheme: str | None = None) -> list[LetterRun]:
        """All runs, oldest first, or those of a scheme."""
        found = select(LetterRunRow).order_by(LetterRunRow.number)
        if scheme is not None:
            found = found.where(LetterRunRow.scheme == scheme)
        with self._store.reading() as connection:
            return [read_run(connection, row) for row in connection.execute(found).all()]

    def run(self, identifier: str) -> LetterRun:
        """A run by its id.

        Raises:
            RegisterError: there is none.
        """
        with self._store.reading() as connection:
            row = connection.execute(select(LetterRunRow).where(LetterRunRow.id == identifier)).one_or_none()
            if row is None:
                raise RegisterError(
                    f"there is no run of letters {identifier}: kindpakket letters status lists them"
                )
            return read_run(connection, row)

    def without(self, scheme: str, batch: str | None = None) -> list[tuple[str, str | None]]:
        """The vouchers of a scheme that have no letter, each with the reference of its household.

        Args:
            scheme: id of the scheme.
            batch: only those that this batch enrolled.
        """
        name_entries(self._store)
        has_letter = exists().where(
            LetterVoucherRow.voucher == EntryRow.voucher, LetterVoucherRow.state != VOID
        )
        found = (
            select(EntryRow.voucher, EntryRow.household_reference)
            .where(EntryRow.scheme == scheme, EntryRow.person.is_not(None), ~has_letter)
            .order_by(EntryRow.number)
        )
        if batch is not None:
            found = found.join(BulkRow, EntryRow.bulk == BulkRow.id).where(BulkRow.batch == batch)
        with self._store.reading() as connection:
            return [(row.voucher, row.household_reference) for row in connection.execute(found)]

    def households_of(self, scheme: str, vouchers: Sequence[str]) -> dict[str, str | None]:
        """The references of the households of some vouchers of a scheme, as far as the register has them."""
        name_entries(self._store)
        found: dict[str, str | None] = {}
        with self._store.reading() as connection:
            for start in range(0, len(vouchers), CHUNK):
                some = EntryRow.voucher.in_(vouchers[start : start + CHUNK])
                rows = select(EntryRow.voucher, EntryRow.household_reference).where(
                    some, EntryRow.scheme == scheme, EntryRow.person.is_not(None)
                )
                found.update((row.voucher, row.household_reference) for row in connection.execute(rows))
        return found

    def plan(
        self,
        scheme: str,
        folder: str,
        terms: Mapping[str, Any],
        letters: Iterable[Sequence[tuple[str, int]]],
    ) -> LetterRun:
        """Plan a run: all of its letters, or none.

        Args:
            scheme: id of the scheme.
            folder: where its letters are made.
            terms: what was ordered.
            letters: of each letter the vouchers, with the version of the authorisation that it gives them.

        Raises:
            RegisterError: a voucher has got a letter meanwhile.
        """
        identifier = new_id()
        with self._store.writing() as connection:
            connection.execute(
                insert(LetterRunRow).values(
                    id=identifier,
                    scheme=scheme,
                    folder=folder,
                    terms=json.dumps(terms, sort_keys=True),
                    state=PLANNED,
                    made_at=int(time.time()),
                )
            )
            for number, vouchers in enumerate(letters, 1):
                reference = new_id()[:_REFERENCE_DIGITS]
                connection.execute(
                    insert(LetterRow).values(reference=reference, run=identifier, number=number)
                )
                for voucher, version in vouchers:
                    _check_free(connection, voucher, version)
                rows = [
                    {"letter": reference, "voucher": voucher, "version": version, "state": ORDERED}
                    for voucher, version in vouchers
                ]
                connection.execute(insert(LetterVoucherRow), rows)
        return self.run(identifier)

    def log_printing(self, run: LetterRun) -> None:
        """Log that the data of a run's households is read for its letters."""
        with self._store.writing() as connection:
            persons = sum(run.vouchers.values())
            self._store.log.write(
                connection, "letters.print", self._store.purpose, scheme=run.scheme, persons=persons
            )

    def letters(self, run: str) -> Iterator[PlannedLetter]:
        """The letters of a run, in the order of printing."""
        found = (
            select(LetterRow.reference, LetterVoucherRow.voucher, LetterVoucherRow.version)
            .join(LetterVoucherRow, LetterVoucherRow.letter == LetterRow.reference)
            .join(EntryRow, EntryRow.voucher == LetterVoucherRow.voucher)
            .where(LetterRow.run == run)
            .order_by(LetterRow.number, EntryRow.number)
        )
        reference, vouchers = "", list[tuple[str, int]]()
        with self._store.reading() as connection:
            rows = connection.execute(found).all()
        for row in rows:
            if row.reference != reference and vouchers:
                yield PlannedLetter(reference, tuple(vouchers))
                vouchers = []
            reference = row.reference
            vouchers.append((row.voucher, row.version))
        if vouchers:
            yield PlannedLetter(reference, tuple(vouchers))

    def content(self, letter: PlannedLetter) -> LetterContent:
        """The personal data for a letter; `log_printing` logs it for the whole run.

        Raises:
            RegisterError: somebody's data has been erased meanwhile.
        """
        vouchers = [voucher for voucher, _ in letter.vouchers]
        found = (
            entries_query()
            .add_columns(EntryRow.household_reference)
            .where(EntryRow.voucher.in_(vouchers))
            .order_by(EntryRow.number)
        )
        with self._store.reading() as connection:
            rows = connection.execute(found).all()
            entries = tuple(read_entry(self._store, row) for row in rows)
            if len(entries) != len(vouchers) or any(entry.is_erased for entry in entries):
                raise RegisterError(
                    f"whom letter {letter.reference} is for has been erased: discard the run, and print anew"
                )
            reference = rows[0].household_reference
            household = read(connection, self._store, reference) if reference else None
        return LetterContent(entries, household or Household())

    def note_made(self, run: str, letters: Iterable[Mapping[str, Any]]) -> None:
        """Note that all letters of a run are whole, with the lines of their manifest."""
        with self._store.writing() as connection:
            for line in letters:
                of_it = update(LetterRow).where(
                    LetterRow.reference == line["reference"], LetterRow.run == run
                )
                values = {name: line[name] for name in ("file", "sha256", "pages")}
                connection.execute(of_it.values(values))
            _set_state(connection, run, MADE)

    def note(self, run: str, vouchers: Sequence[str], state: str) -> None:
        """Note what became of some vouchers of a run: `valid`, or `void`."""
        of_run = select(LetterRow.reference).where(LetterRow.run == run)
        with self._store.writing() as connection:
            for start in range(0, len(vouchers), CHUNK):
                some = LetterVoucherRow.voucher.in_(vouchers[start : start + CHUNK])
                of_it = update(LetterVoucherRow).where(some, LetterVoucherRow.letter.in_(of_run))
                connection.execute(of_it.values(state=state))

    def ordered(self, run: str) -> dict[str, int]:
        """The vouchers of a run of which nothing is noted yet, with the version that their letter gives."""
        found = (
            select(LetterVoucherRow.voucher, LetterVoucherRow.version)
            .join(LetterRow, LetterRow.reference == LetterVoucherRow.letter)
            .where(LetterRow.run == run, LetterVoucherRow.state == ORDERED)
        )
        with self._store.reading() as connection:
            return {row.voucher: row.version for row in connection.execute(found)}

    def voucher_states(self, run: str) -> dict[str, str]:
        """The vouchers of a run, each with what became of it."""
        found = (
            select(LetterVoucherRow.voucher, LetterVoucherRow.state)
            .join(LetterRow, LetterRow.reference == LetterVoucherRow.letter)
            .where(LetterRow.run == run)
        )
        with self._store.reading() as connection:
            return {row.voucher: row.state for row in connection.execute(found)}

    def current(self, run: str) -> list[str]:
        """The vouchers to which the letters of a run belong, without those that have a later one."""
        later = aliased(LetterVoucherRow)
        found = (
            select(LetterVoucherRow.voucher)
            .join(LetterRow, LetterRow.reference == LetterVoucherRow.letter)
            .where(LetterRow.run == run, LetterVoucherRow.state == VALID)
            .where(
                ~exists().where(
                    later.voucher == LetterVoucherRow.voucher,
                    later.version > LetterVoucherRow.version,
                    later.state != VOID,
                )
            )
            .order_by(LetterRow.number, LetterVoucherRow.voucher)
        )
        with self._store.reading() as connection:
            return list(connection.execute(found).scalars())

    def letters_of(self, run: str, vouchers: Sequence[str]) -> dict[str, str]:
        """The file of each letter of a run that has one of some vouchers, by the letter's reference."""
        files: dict[str, str] = {}
        with self._store.reading() as connection:
            for start in range(0, len(vouchers), CHUNK):
                found = (
                    select(LetterRow.reference, LetterRow.file)
                    .join(LetterVoucherRow, LetterVoucherRow.letter == LetterRow.reference)
                    .where(
                        LetterRow.run == run, LetterVoucherRow.voucher.in_(vouchers[start : start + CHUNK])
                    )
                )
                files.update((row.reference, row.file or "") for row in connection.execute(found))
        return files

    def finish(self, run: str) -> None:
        """Note that every voucher of a run is settled."""
        with self._store.writing() as connection:
            _set_state(connection, run, DONE)

    def discard(self, run: str) -> int:
        """Give up a run: its letters do not count for vouchers that are not settled; return of how many."""
        of_run = select(LetterRow.reference).where(LetterRow.run == run)
        with self._store.writing() as connection:
            of_it = update(LetterVoucherRow).where(
                LetterVoucherRow.letter.in_(of_run), LetterVoucherRow.state == ORDERED
            )
            freed = connection.execute(of_it.values(state=VOID)).rowcount
            _set_state(connection, run, DISCARDED)
        return freed

    def note_destroyed(self, run: str) -> int:
        """Note that the print files of a run are gone; return when that was noted first, in Unix seconds."""
        with self._store.writing() as connection:
            of_it = update(LetterRunRow).where(LetterRunRow.id == run, LetterRunRow.destroyed_at.is_(None))
            connection.execute(of_it.values(destroyed_at=int(time.time())))
        return self.run(run).destroyed_at or 0

    def find(self, reference: str) -> list[dict[str, object]]:
        """What is known of a letter, one document for each voucher in it; it names nobody."""
        with self._store.reading() as connection:
            return letters_with(connection, LetterRow.reference == reference)


def _check_free(connection: Connection, voucher: str, version: int) -> None:
    found = select(LetterVoucherRow.letter).where(
        LetterVoucherRow.voucher == voucher,
        LetterVoucherRow.version >= version,
        LetterVoucherRow.state != VOID,
    )
    if letter := connection.execute(found.limit(1)).scalar():
        raise RegisterError(f"voucher {voucher} has got letter {letter} meanwhile: run the command again")


def _set_state(connection: Connection, run: str, state: str) -> None:
    connection.execute(update(LetterRunRow).where(LetterRunRow.id == run).values(state=state))
