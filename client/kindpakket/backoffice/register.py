"""The municipality's register: which voucher belongs to which child. It never goes to the ledger.

One SQLite file, readable by its owner only. It holds BSNs, names and the secret of the entitlement ids: back
it up, protect it and erase it like the municipality's other case files.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from kindpakket.auditor.personal_data import MIN_LENGTH
from kindpakket.backoffice.citizens import Child, entitlement_id
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.records import CaseRecord, Issuance
from kindpakket.municipality import BULK

_LAYOUT = 2
_SECRET_BYTES = 32
_TABLES = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
    """CREATE TABLE entry (
        scheme TEXT NOT NULL, entitlement TEXT NOT NULL, voucher TEXT NOT NULL UNIQUE, salt TEXT NOT NULL,
        bulk TEXT NOT NULL, preset TEXT NOT NULL, units INTEGER NOT NULL, bsn TEXT NOT NULL,
        first_names TEXT NOT NULL, family_name TEXT NOT NULL, born TEXT NOT NULL, household TEXT NOT NULL,
        case_number TEXT NOT NULL,
        PRIMARY KEY (scheme, entitlement)
    )""",
    "CREATE INDEX entry_by_bulk ON entry (scheme, bulk)",
)
_TABLES_OF_LAYOUT_2 = (
    """CREATE TABLE proposal (
        id TEXT PRIMARY KEY, scheme TEXT NOT NULL, cents INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        reason TEXT NOT NULL
    )""",
    """CREATE TABLE part (
        proposal TEXT NOT NULL, number INTEGER NOT NULL, bulk TEXT NOT NULL, PRIMARY KEY (proposal, number)
    )""",
    "CREATE INDEX part_by_bulk ON part (bulk)",
    f"PRAGMA user_version = {_LAYOUT}",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A voucher and the child it is for.

    Attributes:
        voucher: id of the voucher, chosen by the register.
        entitlement: id of the entitlement.
        salt: salt of the private case record.
        bulk: id of the request that issues it.
        child: the child.
    """

    voucher: str
    entitlement: str
    salt: str
    bulk: str
    child: Child

    def case_record(self) -> CaseRecord:
        """The record for the municipality's private collection."""
        return {"voucher": self.voucher, "case": self.child.case, "salt": self.salt}

    def issuance(self) -> Issuance:
        """The voucher for the ledger, with nothing about the child."""
        return {
            "id": self.voucher,
            "entitlement": self.entitlement,
            "preset": self.child.preset,
            "units": self.child.units,
        }


@dataclass(frozen=True, slots=True)
class Bulk:
    """Entries that one request issues; repeating the request under the same id issues them once."""

    request_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An allocation that was or will be proposed for bulks, as it is sent.

    Attributes:
        id: id of the allocation.
        scheme: id of the scheme.
        cents: the sum.
        expires_at: the instant at which it expires, in Unix seconds.
        reason: a code.
        bulks: the request ids of the bulks that are the parts of its list, in order.
    """

    id: str
    scheme: str
    cents: int
    expires_at: int
    reason: str
    bulks: tuple[str, ...]


class RegisterError(Exception):
    """The register cannot be used; the message says why."""


class Register:
    """The register in a file. Use it in a `with` statement, or close it."""

    def __init__(self, path: Path) -> None:
        """Open a register, or create one with a new secret.

        Raises:
            RegisterError: others than its owner can read the file, or it is not a register of this version.
        """
        self.path = path
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if path.stat().st_mode & 0o077:
            raise RegisterError(f"{path} can be read by others than its owner: run chmod 600 on it")
        self._database = sqlite3.connect(path)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise RegisterError(f"{path} is not a register: {error}") from error
        except RegisterError:
            self._database.close()
            raise

    def enrol(self, scheme: str, period: str, children: Sequence[Child]) -> list[Bulk]:
        """Give each child a voucher id, once per scheme and period; all or none.

        A child that is already enrolled keeps its ids, so if a run is interrupted, run it again.

        Args:
            scheme: id of the scheme.
            period: the period in which a child gets one voucher.
            children: the children.

        Returns:
            The bulks that contain these children; new bulks have at most 500 entries.

        Raises:
            RegisterError: a child is already enrolled with another preset or number of units.
        """
        bulk_ids: set[str] = set()
        new: list[Entry] = []
        for child in children:
            entitlement = entitlement_id(self.secret, scheme, child.bsn, period)
            known = self._entry(scheme, entitlement)
            if known is None:
                new.append(Entry(new_id(), entitlement, new_salt(), "", child))
                continue
            new_terms, old_terms = (child.preset, child.units), (known.child.preset, known.child.units)
            if new_terms != old_terms:
                raise RegisterError(
                    f"the child of case {child.case} was enrolled with {old_terms[1]} of {old_terms[0]}, "
                    f"but the file says {new_terms[1]} of {new_terms[0]}: an enrolment cannot change"
                )
            bulk_ids.add(known.bulk)
        with self._database:
            for at in range(0, len(new), BULK):
                bulk = new_id()
                bulk_ids.add(bulk)
                for entry in new[at : at + BULK]:
                    self._insert(scheme, bulk, entry)
        return [bulk for bulk in self.bulks(scheme) if bulk.request_id in bulk_ids]

    def bulks(self, scheme: str) -> Iterator[Bulk]:
        """All bulks of a scheme, oldest first."""
        query = "SELECT bulk FROM entry WHERE scheme = ? GROUP BY bulk ORDER BY min(rowid)"
        for (bulk,) in self._database.execute(query, (scheme,)).fetchall():
            rows = self._database.execute(
                f"{_SELECT} WHERE scheme = ? AND bulk = ? ORDER BY rowid", (scheme, bulk)
            )
            yield Bulk(bulk, tuple(_read(row) for row in rows))

    def entries(self, scheme: str) -> Iterator[Entry]:
        """All entries of a scheme."""
        for bulk in self.bulks(scheme):
            yield from bulk.entries

    def keep_proposal(self, proposal: Proposal) -> None:
        """Keep an allocation before it is proposed, so that it is proposed once."""
        members = (proposal.id, proposal.scheme, proposal.cents, proposal.expires_at, proposal.reason)
        parts = [(proposal.id, number, bulk) for number, bulk in enumerate(proposal.bulks)]
        with self._database:
            self._database.execute("INSERT INTO proposal VALUES (?, ?, ?, ?, ?)", members)
            self._database.executemany("INSERT INTO part VALUES (?, ?, ?)", parts)

    def proposal_of(self, bulk: str) -> Proposal | None:
        """The newest allocation of a bulk; None if none has been proposed."""
        query = (
            "SELECT id, scheme, cents, expires_at, reason FROM proposal WHERE id IN "
            "(SELECT proposal FROM part WHERE bulk = ?) ORDER BY rowid DESC"
        )
        row = self._database.execute(query, (bulk,)).fetchone()
        if row is None:
            return None
        parts = self._database.execute("SELECT bulk FROM part WHERE proposal = ? ORDER BY number", row[:1])
        identifier, scheme, cents, expires_at, reason = row
        return Proposal(identifier, scheme, cents, expires_at, reason, tuple(part for (part,) in parts))

    def find(self, voucher: str) -> Entry | None:
        """The entry of a voucher; None if there is none."""
        row = self._database.execute(f"{_SELECT} WHERE voucher = ?", (voucher,)).fetchone()
        return None if row is None else _read(row)

    def personal_values(self) -> list[str]:
        """BSNs, full names, family names and case numbers: what an auditor searches blocks for.

        Values that are too short to search for are left out.
        """
        values: set[str] = set()
        query = "SELECT bsn, first_names, family_name, case_number FROM entry"
        for number, first, family, case in self._database.execute(query):
            values.update((number, f"{first} {family}", family, case))
        return sorted(value for value in values if len(value) >= MIN_LENGTH)

    @property
    def secret(self) -> bytes:
        """The key of the entitlement ids."""
        query = "SELECT value FROM setting WHERE name = 'secret'"
        (value,) = self._database.execute(query).fetchone()
        return bytes(value)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        """The register itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _prepare(self) -> None:
        (layout,) = self._database.execute("PRAGMA user_version").fetchone()
        if layout == 0:
            with self._database:
                self._database.execute("BEGIN")
                for statement in (*_TABLES, *_TABLES_OF_LAYOUT_2):
                    self._database.execute(statement)
                secret = secrets.token_bytes(_SECRET_BYTES)
                self._database.execute("INSERT INTO setting VALUES ('secret', ?)", (secret,))
        elif layout == 1:
            with self._database:
                self._database.execute("BEGIN")
                for statement in _TABLES_OF_LAYOUT_2:
                    self._database.execute(statement)
        elif layout != _LAYOUT:
            raise RegisterError(f"{self.path} has layout {layout}: this version reads layouts 1 to {_LAYOUT}")

    def _entry(self, scheme: str, entitlement: str) -> Entry | None:
        query = f"{_SELECT} WHERE scheme = ? AND entitlement = ?"
        row = self._database.execute(query, (scheme, entitlement)).fetchone()
        return None if row is None else _read(row)

    def _insert(self, scheme: str, bulk: str, entry: Entry) -> None:
        child = entry.child
        self._database.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                scheme,
                entry.entitlement,
                entry.voucher,
                entry.salt,
                bulk,
                child.preset,
                child.units,
                child.bsn,
                child.first_names,
                child.family_name,
                child.born.isoformat(),
                child.household,
                child.case,
            ),
        )


_SELECT = (
    "SELECT voucher, entitlement, salt, bulk, bsn, first_names, family_name, born, household, case_number, "
    "preset, units FROM entry"
)


def _read(row: tuple[str, str, str, str, str, str, str, str, str, str, str, int]) -> Entry:
    voucher, entitlement, salt, bulk, bsn, first, family, born, household, case, preset, units = row
    child = Child(bsn, first, family, date.fromisoformat(born), household, case, preset, units)
    return Entry(voucher, entitlement, salt, bulk, child)
