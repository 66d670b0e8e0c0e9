"""What an audit remembers: in memory, or in a file with which a killed audit goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, MutableMapping
from importlib import metadata
from pathlib import Path
from typing import Any

from kindpakket.auditor.books import Books
from kindpakket.auditor.finding import KINDS, Finding, Kind, Part
from kindpakket.auditor.store import Rows, Shelf, stored_books
from kindpakket.auditor.store.forms import Plain

_LAYOUT = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS audit (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS findings (
    number INTEGER PRIMARY KEY, block INTEGER NOT NULL, transaction_id TEXT NOT NULL, part TEXT NOT NULL,
    rule TEXT NOT NULL, kind TEXT NOT NULL, sentence TEXT NOT NULL, cents INTEGER, item INTEGER
);
"""
_COLUMNS = "block, transaction_id, part, rule, kind, sentence, cents, item"


class StateError(Exception):
    """The file with an audit's state cannot be used: it is of another ledger or program, or is in use."""


class State:
    """The books, the findings and the progress of an audit, on one database connection.

    Checks of blocks may keep tables of their own on `connection`; only `commit` commits.

    Attributes:
        connection: the database.
        books: the books.
        seen: maps the ids of the requests so far to a digest of each.
        progress: what else has to survive, as JSON.
    """

    books: Books
    seen: MutableMapping[str, str]

    def __init__(self, where: Path | None = None, *, again: bool = False, **identity: str) -> None:
        """Open a state.

        Args:
            where: the file, which is made if there is none; None: in memory.
            again: forget what an earlier audit left.
            identity: what the audit is of, such as its channel and anchor; a file of another one is refused.
                "": whatever the file has.

        Raises:
            StateError: the file cannot be used.
        """
        if again and where is not None:
            _forget(where)
        self._where = where
        self._rows: Rows | None = None
        self.progress: dict[str, Any] = {}
        self.connection = sqlite3.connect(where or ":memory:", timeout=0, isolation_level="DEFERRED")
        try:
            self._open({**identity, "program": f"{metadata.version('kindpakket')}, layout {_LAYOUT}"})
        except sqlite3.Error as error:
            self.connection.close()
            raise StateError(self._sentence(error)) from error
        except StateError:
            self.connection.close()
            raise

    def _open(self, identity: dict[str, str]) -> None:
        # Exclusive: two audits that went on from one state would write it twice.
        self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _refuse_others(self.connection, self._where)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA cache_size = -65536")
        for statement in _TABLES.split(";"):
            self.connection.execute(statement)
        self._check(identity)
        self.progress = json.loads(self.note("progress") or "{}")
        if self._where is None:
            self.books, self.seen = Books(), {}
        else:
            self._rows = Rows(self.connection)
            self.books, self.seen = stored_books(self._rows), Shelf(self._rows, "seen", Plain())
        self.books.layout = self.progress.get("layout", 1)
        self.books.organisations = self.progress.get("organisations")
        self.connection.commit()

    def _check(self, identity: dict[str, str]) -> None:
        kept = dict(self.connection.execute("SELECT name, value FROM audit"))
        for name, value in identity.items():
            if name in kept and value and kept[name] != value:
                raise StateError(
                    f"{self._where} is the state of an audit with {name} {kept[name] or 'none'}; this one "
                    f"has {value}: give --again to begin at block 0, or another file by --state"
                )
        self.connection.executemany("INSERT OR IGNORE INTO audit VALUES (?, ?)", identity.items())

    def _sentence(self, error: sqlite3.Error) -> str:
        if "locked" in str(error):
            return f"{self._where} is in use by another audit: wait until it is done, or give another --state"
        return f"{self._where} cannot be used as the state of an audit ({error}): give another --state"

    @property
    def height(self) -> int:
        """Number of blocks up to the last commit."""
        return int(self.progress.get("height", 0))

    @property
    def taken(self) -> int:
        """How many records are kept in memory until the next commit."""
        return 0 if self._rows is None else self._rows.taken

    def at(self, block: int) -> None:
        """Say which block is read: records that change from now on are kept with its number."""
        if self._rows is not None:
            self._rows.height = block

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep findings."""
        self.connection.executemany(
            f"INSERT INTO findings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [tuple(getattr(found, name) for name in _COLUMNS.split(", ")) for found in findings],
        )

    def findings(self, after: int = 0) -> Iterator[Finding]:
        """The findings so far, in the order of the ledger.

        Args:
            after: leave out so many of the first ones.
        """
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM findings WHERE number > ? ORDER BY number",  # noqa: S608
            (after,),
        )
        for block, transaction_id, part, rule, kind, sentence, cents, item in rows:
            known_part: Part = part
            known_kind: Kind = kind
            yield Finding(block, transaction_id, known_part, rule, known_kind, sentence, cents, item)

    def count(self) -> int:
        """How many findings there are."""
        row = self.connection.execute("SELECT coalesce(max(number), 0) FROM findings").fetchone()
        return int(row[0])

    def commit(self, **progress: object) -> None:
        """Make everything since the last commit permanent, all at once.

        Args:
            progress: the progress, besides that of the books.
        """
        self.progress = {
            **progress,
            "layout": self.books.layout,
            "organisations": self.books.organisations,
        }
        if self._rows is not None:
            self._rows.trim()
        self.keep("progress", json.dumps(self.progress))
        self.connection.commit()

    def keep(self, name: str, text: str) -> None:
        """Keep a text under a name with the next commit."""
        self.connection.execute("INSERT OR REPLACE INTO audit VALUES (?, ?)", (name, text))

    def note(self, name: str) -> str:
        """The text that is kept under a name; "" if there is none."""
        row = self.connection.execute("SELECT value FROM audit WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def kinds(self) -> dict[Kind, int]:
        """How many errors, uncertainties and notes were found in blocks."""
        counted = dict(self.connection.execute("SELECT kind, count(*) FROM findings GROUP BY kind"))
        return {kind: counted.get(kind, 0) for kind in KINDS}

    def errors(self) -> int:
        """How many errors were found in blocks."""
        return self.kinds()["error"]

    def close(self) -> None:
        """Close it; what was not committed is done again by the next audit."""
        self.connection.close()


def _forget(where: Path) -> None:
    """Remove a state's file, and nothing else."""
    if not where.exists():
        return
    try:
        connection = sqlite3.connect(where, timeout=0)
        try:
            _refuse_others(connection, where)
            connection.execute("BEGIN EXCLUSIVE")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StateError(f"{where} is in use, or not the state of an audit ({error})") from error
    for suffix in ("", "-wal", "-shm"):
        where.with_name(where.name + suffix).unlink(missing_ok=True)


def _refuse_others(connection: sqlite3.Connection, where: Path | None) -> None:
    names = {
        str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    if names and not {"audit", "findings"} <= names:
        raise StateError(f"{where} is another database, not the state of an audit: give another --state")
