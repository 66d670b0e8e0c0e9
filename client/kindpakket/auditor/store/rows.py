"""Rows of a database behind a bounded cache: what was taken out may be changed, and is written back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from kindpakket.auditor.store.forms import Form

_KEPT = 20_000
"""How many records stay in memory between two commits: some 30 MB."""
_PAGE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS books (
    shelf TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, changed INTEGER NOT NULL,
    PRIMARY KEY (shelf, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS movements (number INTEGER PRIMARY KEY, value TEXT NOT NULL);
"""


class _Entry:
    """A record in memory, with the text that its row has; None if it has no row yet."""

    __slots__ = ("form", "saved", "value")

    def __init__(self, form: Form[Any], value: Any, saved: str | None) -> None:
        self.form, self.value, self.saved = form, value, saved


class Rows:
    """The rows of all shelves, on a connection that belongs to the caller, who alone commits.

    A record that was taken out stays the same object until `trim`, so that whoever holds it may change it.

    Attributes:
        connection: the database.
        height: kept with each record that changes, so that those that changed since can be told.
    """

    def __init__(self, connection: sqlite3.Connection, kept: int = _KEPT) -> None:
        """Use the tables of a database, which are made if it has none.

        Args:
            connection: the database. Nothing here commits.
            kept: how many records stay in memory after `trim`.
        """
        self.connection = connection
        self.height = 0
        self._kept = kept
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._taken: dict[str, dict[str, _Entry]] = {}
        self._gone: dict[str, set[str]] = {}
        self._logged: list[tuple[int, str]] = []
        for statement in _TABLES.split(";"):
            connection.execute(statement)

    @property
    def taken(self) -> int:
        """How many records were taken out since the last `trim`."""
        return sum(map(len, self._taken.values())) + len(self._logged)

    def get(self, shelf: str, key: str, form: Form[Any]) -> Any:
        """The record under a key.

        Raises:
            KeyError: there is none.
        """
        entry = self._entries.get((shelf, key))
        if entry is None:
            saved = None if key in self._gone.get(shelf, ()) else self._read(shelf, key)
            if saved is None:
                raise KeyError(key)
            entry = self._entries[shelf, key] = _Entry(form, form.decode(saved), saved)
        self._take(shelf, key, entry)
        return entry.value

    def put(self, shelf: str, key: str, form: Form[Any], value: Any) -> None:
        """Put a record under a key, in place of the one that it had."""
        entry = self._entries.get((shelf, key))
        if entry is None:
            entry = self._entries[shelf, key] = _Entry(form, value, None)
        entry.value = value
        self._gone.get(shelf, set()).discard(key)
        self._take(shelf, key, entry)

    def remove(self, shelf: str, key: str) -> None:
        """Remove the record under a key.

        Raises:
            KeyError: there is none.
        """
        if not self.has(shelf, key):
            raise KeyError(key)
        self._entries.pop((shelf, key), None)
        self._taken.get(shelf, {}).pop(key, None)
        self._gone.setdefault(shelf, set()).add(key)

    def has(self, shelf: str, key: str) -> bool:
        """Whether there is a record under a key."""
        if (shelf, key) in self._entries:
            return True
        return key not in self._gone.get(shelf, ()) and self._read(shelf, key) is not None

    def count(self, shelf: str) -> int:
        """How many records a shelf has."""
        self.flush(shelf)
        row = self.connection.execute("SELECT count(*) FROM books WHERE shelf = ?", (shelf,)).fetchone()
        return int(row[0])

    def is_empty(self, shelf: str) -> bool:
        """Whether a shelf has no record."""
        self.flush(shelf)
        row = self.connection.execute("SELECT 1 FROM books WHERE shelf = ? LIMIT 1", (shelf,)).fetchone()
        return row is None

    def keys(self, shelf: str) -> Iterator[str]:
        """The keys of a shelf in order, read page by page: records may be changed meanwhile."""
        return (key for key, _ in self._pages(shelf))

    def records(self, shelf: str, form: Form[Any]) -> Iterator[tuple[str, Any]]:
        """The records of a shelf by key, for reading: those that are not in memory do not stay there."""
        for key, saved in self._pages(shelf):
            entry = self._entries.get((shelf, key))
            yield key, form.decode(saved) if entry is None else entry.value

    def changed(self, shelf: str, since: int) -> Iterator[str]:
        """The keys of the records that changed at a height from `since` on."""
        self.flush(shelf)
        rows = self.connection.execute(
            "SELECT key FROM books WHERE shelf = ? AND changed >= ? ORDER BY key", (shelf, since)
        )
        return (str(key) for (key,) in rows.fetchall())

    def _pages(self, shelf: str) -> Iterator[tuple[str, str]]:
        self.flush(shelf)
        after = ""
        while True:
            page = self.connection.execute(
                "SELECT key, value FROM books WHERE shelf = ? AND key > ? ORDER BY key LIMIT ?",
                (shelf, after, _PAGE),
            ).fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def log(self, number: int, text: str) -> None:
        """Add a movement under the next number."""
        self._logged.append((number, text))

    def logged(self, start: int, stop: int) -> Iterator[str]:
        """The movements from number `start` up to, not including, `stop`."""
        self._write_log()
        for at in range(start, stop, _PAGE):
            rows = self.connection.execute(
                "SELECT value FROM movements WHERE number >= ? AND number < ? ORDER BY number",
                (at, min(at + _PAGE, stop)),
            ).fetchall()
            yield from (str(value) for (value,) in rows)

    def logged_count(self) -> int:
        """How many movements there are."""
        self._write_log()
        row = self.connection.execute("SELECT coalesce(max(number) + 1, 0) FROM movements").fetchone()
        return int(row[0])

    def flush(self, shelf: str) -> None:
        """Write back what has changed on a shelf, without committing it. Whoever holds a record still may."""
        if gone := self._gone.pop(shelf, None):
            self.connection.executemany(
                "DELETE FROM books WHERE shelf = ? AND key = ?", [(shelf, key) for key in gone]
            )
        changed = []
        for key, entry in self._taken.get(shelf, {}).items():
            text = entry.form.encode(entry.value)
            if text != entry.saved:
                changed.append((shelf, key, text, self.height))
                entry.saved = text
        if changed:
            self.connection.executemany("INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?)", changed)

    def trim(self) -> None:
        """Write everything back, and keep the records that were used last; let go of all those taken out."""
        for shelf in {*self._taken, *self._gone}:
            self.flush(shelf)
        self._write_log()
        self._taken.clear()
        excess = len(self._entries) - self._kept
        if excess > 0:
            for place in list(self._entries)[:excess]:
                del self._entries[place]

    def _write_log(self) -> None:
        if self._logged:
            self.connection.executemany("INSERT INTO movements VALUES (?, ?)", self._logged)
            self._logged.clear()

    def _take(self, shelf: str, key: str, entry: _Entry) -> None:
        taken = self._taken.setdefault(shelf, {})
        if key not in taken:
            taken[key] = entry
            # The one used last comes last: `trim` begins with the first.
            self._entries[shelf, key] = self._entries.pop((shelf, key))

    def _read(self, shelf: str, key: str) -> str | None:
        row = self.connection.execute(
            "SELECT value FROM books WHERE shelf = ? AND key = ?", (shelf, key)
        ).fetchone()
        return None if row is None else str(row[0])
