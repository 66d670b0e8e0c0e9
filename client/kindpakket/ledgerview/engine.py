"""Where a view is: an SQLite file, or a PostgreSQL database by its URL; and its tables there."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from kindpakket.fabric.extras import extra
from kindpakket.ledgerview.errors import ViewError

with extra("view"):
    from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

_POSTGRESQL = ("postgresql", "postgres")
_PATIENCE_SECONDS = 60
"""How long a connection waits for another one that writes."""
WRITES = "kindpakket_writes"
"""The execution option of a connection whose transaction is going to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a view is.

    Attributes:
        path: the SQLite file; None: it is in a PostgreSQL database.
        url: the URL for SQLAlchemy.
    """

    path: Path | None
    url: URL

    @classmethod
    def parse(cls, where: Path | str) -> Address:
        """Read a path, or a URL such as `postgresql://host/database`.

        Raises:
            ViewError: the URL cannot be read, or is of another kind of database.
        """
        if isinstance(where, Path) or "://" not in where:
            return cls(Path(where), URL.create("sqlite", database=str(where)))
        try:
            url = make_url(where)
        except ArgumentError:
            raise ViewError("the view's URL cannot be read: write postgresql://host/name") from None
        if url.get_backend_name() == "sqlite" and url.database:
            return cls(Path(url.database), url)
        if url.drivername in _POSTGRESQL:
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() != "postgresql":
            raise ViewError(
                f"a view cannot be in {url.get_backend_name()}: give the path of an SQLite file, or the URL "
                "of a PostgreSQL database"
            )
        return cls(None, url)

    def __str__(self) -> str:
        """The path, or the URL without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    def make_file(self) -> None:
        """Make the SQLite file if there is none, readable for its owner only."""
        if self.path is not None and not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def engine(self) -> Engine:
        """A way to connect to it."""
        if self.path is None:
            with extra("postgresql"):
                return create_engine(self.url, pool_size=2, isolation_level="REPEATABLE READ")
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # so that `_begin` says how transactions begin
    # Readers go on while blocks are written. What a power failure may cost is read from the peer again.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
