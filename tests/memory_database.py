"""SQLite databases in memory for tests, closed with the last reference: Python 3.13 warns of others."""

from __future__ import annotations

import sqlite3


class _Closing(sqlite3.Connection):
    def __del__(self) -> None:
        self.close()


def memory_database() -> sqlite3.Connection:
    """A new, empty database; whichever thread collects the garbage closes it."""
    return sqlite3.connect(":memory:", factory=_Closing, check_same_thread=False)
