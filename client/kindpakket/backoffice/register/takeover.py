"""Takes over a register from before the fields were encrypted: an SQLite file of layout 1 or 2.

The new register is made beside the old file and takes its name when it is whole, so at any instant there is
one register under that name. The old file stays under the name `….unencrypted` until somebody deletes it.
"""

from __future__ import annotations

import glob
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from fabric_gateway._storage.files import sync_folder
from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register.engine import Address
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.key_file import KeyFile
from kindpakket.backoffice.register.persons import CHUNK, add
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.schema import migrate
from kindpakket.backoffice.register.store import Store, furnish
from kindpakket.backoffice.register.tables import BulkRow, PartRow, ProposalRow
from kindpakket.backoffice.register.values import Entry

LAYOUTS = (1, 2)
_KEPT = ".unencrypted"
_ENTRIES = (
    "SELECT scheme, voucher, entitlement, salt, bulk, bsn, first_names, family_name, born, household, "
    "case_number, preset, units FROM entry ORDER BY rowid"
)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A register that was taken over.

    Attributes:
        layout: of the old file.
        kept: the old file under its new name; it contains personal data that is not encrypted.
        vouchers: how many vouchers it has.
    """

    layout: int
    kept: Path
    vouchers: int

    def __str__(self) -> str:
        """What an operator has to know."""
        return (
            f"The register was taken over from layout {self.layout}, and its fields are encrypted now. "
            f"The old file, {self.kept}, still holds the personal data of {self.vouchers} vouchers "
            "unencrypted: delete it as soon as you have a backup of the new one and of its key."
        )


def old_layout(path: Path) -> int:
    """The layout of an SQLite file: 0 if it is empty or encrypted.

    Raises:
        RegisterError: it is not a register, or was made by a newer version.
    """
    try:
        with closing(sqlite3.connect(path)) as database:
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        raise RegisterError(f"{path} is not a register: {error}") from error
    if layout not in (0, *LAYOUTS):
        raise RegisterError(f"{path} has layout {layout}: this version reads layouts 1 and 2, and its own")
    if layout == 0 and tables and "alembic_version" not in tables:
        raise RegisterError(f"{path} is not a register: it has other tables")
    return int(layout)


def old_id(path: Path) -> str:
    """The id that a register of an old layout gets; the same each time, so that its key is made once."""
    with closing(sqlite3.connect(path)) as database:
        return hashlib.sha256(b"kindpakket register id\0" + _secret(database)).hexdigest()[:32]


def take_over(path: Path, keys: KeyFile) -> TakenOver:
    """Put an encrypted register in the place of a file of an old layout.

    Raises:
        RegisterError: the file is damaged, or in use.
    """
    beside = path.with_name(f".{path.name}.new")
    for leftover in (beside, beside.with_name(f"{beside.name}-journal")):
        leftover.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, timeout=5)) as old:
        old.isolation_level = None
        try:
            old.execute("BEGIN EXCLUSIVE")  # nobody writes to the old file from here on
            (layout,) = old.execute("PRAGMA user_version").fetchone()
            vouchers = _copy(old, Address.parse(beside), keys, layout)
        except sqlite3.OperationalError as error:
            raise RegisterError(f"{path} cannot be taken over now ({error}): try again later") from error
        kept = _keep(path)
        os.replace(beside, path)  # noqa: PTH105
        sync_folder(path.parent)
    return TakenOver(layout, kept, vouchers)


def kept_files(path: Path) -> list[Path]:
    """The files of old layouts that are still beside a register."""
    return sorted(file for file in path.parent.glob(f"{glob.escape(path.name)}{_KEPT}*") if file.is_file())


def _copy(old: sqlite3.Connection, address: Address, keys: KeyFile, layout: int) -> int:
    """Make the new register, in one transaction; return how many vouchers it has."""
    address.make_file()
    engine = address.engine()
    secret = _secret(old)
    register = hashlib.sha256(b"kindpakket register id\0" + secret).hexdigest()[:32]
    try:
        with engine.begin() as connection:
            migrate(connection, str(address))
            furnish(connection, register, keys, secret)
        store = Store(address, engine, keys, register, Purpose("takeover", "encryption"))
        store.unlock()
        with store.writing() as connection:
            bulks = old.execute("SELECT bulk, scheme FROM entry GROUP BY bulk ORDER BY min(rowid)")
            made = [{"id": bulk, "scheme": scheme} for bulk, scheme in bulks]
            if made:
                connection.execute(insert(BulkRow), made)
            vouchers = 0
            for scheme, entries in _entries(old):
                add(connection, store, scheme, None, entries)
                vouchers += len(entries)
            for table, rows in _proposals(old, layout):
                if rows:
                    connection.execute(insert(table), rows)
            store.log.write(connection, "register.take-over", store.purpose, persons=vouchers)
    finally:
        engine.dispose()
    return vouchers


def _entries(old: sqlite3.Connection) -> Iterator[tuple[str, list[Entry]]]:
    """The old entries in their order, some of one scheme at a time."""
    scheme, waiting = "", list[Entry]()
    for row in old.execute(_ENTRIES):
        if waiting and (row[0] != scheme or len(waiting) == CHUNK):
            yield scheme, waiting
            waiting = []
        scheme = row[0]
        waiting.append(_read(*row[1:]))
    if waiting:
        yield scheme, waiting


def _read(
    voucher: str,
    entitlement: str,
    salt: str,
    bulk: str,
    bsn: str,
    first: str,
    family: str,
    born: str,
    household: str,
    case: str,
    preset: str,
    units: int,
) -> Entry:
    child = Child(bsn, first, family, date.fromisoformat(born), household, case, preset, units)
    return Entry(voucher, entitlement, salt, bulk, child)


def _proposals(
    old: sqlite3.Connection, layout: int
) -> Iterator[tuple[type[ProposalRow] | type[PartRow], list[dict[str, Any]]]]:
    if layout < 2:
        return
    names = ("id", "scheme", "cents", "expires_at", "reason")
    found = old.execute("SELECT id, scheme, cents, expires_at, reason FROM proposal ORDER BY rowid")
    yield ProposalRow, [dict(zip(names, row, strict=True)) for row in found]
    found = old.execute("SELECT proposal, number, bulk FROM part ORDER BY proposal, number")
    parts = ("proposal", "number", "bulk")
    yield PartRow, [dict(zip(parts, row, strict=True)) for row in found]


def _secret(old: sqlite3.Connection) -> bytes:
    (secret,) = old.execute("SELECT value FROM setting WHERE name = 'secret'").fetchone()
    return bytes(secret)


def _keep(path: Path) -> Path:
    """Give the old file a second name, which it may have from a run that was interrupted."""
    number = 1
    while True:
        kept = path.with_name(f"{path.name}{_KEPT}" + (f".{number}" if number > 1 else ""))
        if not kept.exists():
            os.link(path, kept)
            sync_folder(path.parent)
            return kept
        if kept.samefile(path):
            return kept
        number += 1
