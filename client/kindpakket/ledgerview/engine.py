"""Where a view is: an SQLite file, or a PostgreSQL database by its URL."""

from __future__ import annotations

import sqlite3
from typing import ClassVar

from kindpakket.extras import extra
from kindpakket.ledgerview.errors import ViewError

with extra("view"):
    from sqlalchemy import Engine, create_engine, event
    from sqlalchemy.pool import NullPool

    from kindpakket.databases import PATIENCE_SECONDS, WRITES, DatabaseAddress, begin

__all__ = ["WRITES", "Address"]


class Address(DatabaseAddress):
    """Where a view is."""

    __slots__ = ()

    noun: ClassVar[str] = "view"
    error: ClassVar[type[Exception]] = ViewError

    def engine(self) -> Engine:
        """A way to connect to it."""
        if self.path is None:
            with extra("postgresql"):
                return create_engine(self.url, pool_size=2, isolation_level="REPEATABLE READ")
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": PATIENCE_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", begin)
        return engine


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # so that `begin` says how transactions begin
    # Readers go on while blocks are written. What a power failure may cost is read from the peer again.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
