"""Where a register is: an SQLite file, or a PostgreSQL database by its URL."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.fabric.extras import extra

with extra("backoffice"):
    from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

_POSTGRESQL = ("postgresql", "postgres")
_PATIENCE_SECONDS = 60
"""How long a writer waits for another one; SQLite has one at a time."""
WRITES = "kindpakket_writes"
"""The execution option of a connection whose transaction is going to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a register is.

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
            RegisterError: the URL is of another kind of database.
        """
        if isinstance(where, Path) or "://" not in where:
            path = Path(where)
            return cls(path, URL.create("sqlite", database=str(path)))
        try:
            url = make_url(where)
        except ArgumentError:
            raise RegisterError("the register's URL cannot be read: write postgresql://host/name") from None
        if url.get_backend_name() == "sqlite" and url.database:
            return cls(Path(url.database), url)
        if url.drivername in _POSTGRESQL:
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() != "postgresql":
            raise RegisterError(
                f"a register cannot be in {url.get_backend_name()}: give the path of an SQLite file, or the "
                "URL of a PostgreSQL database"
            )
        return cls(None, url)

    def __str__(self) -> str:
        """The path, or the URL without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    def make_file(self) -> None:
        """Make the SQLite file if there is none, readable for its owner only.

        Raises:
            RegisterError: others than its owner can read it.
        """
        if self.path is None:
            return
        if not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if self.path.stat().st_mode & 0o077:
            raise RegisterError(f"{self.path} can be read by others than its owner: run chmod 600 on it")

    def engine(self) -> Engine:
        """A way to connect to it."""
        if self.path is None:
            with extra("postgresql"):
                return create_engine(self.url, pool_size=2)
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # so that `_begin` says how transactions begin, DDL included
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail when another one has written in between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
