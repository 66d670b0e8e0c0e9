"""Where a database is: an SQLite file, or PostgreSQL by its URL. Callers ask for the extra that it needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

_POSTGRESQL = ("postgresql", "postgres")
PATIENCE_SECONDS = 60
"""How long a connection to SQLite waits for another one that writes; it has one writer at a time."""
WRITES = "kindpakket_writes"
"""The execution option of a connection whose transaction is going to write."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is. Each kind of database has a class of its own, which names it in errors.

    Attributes:
        path: the SQLite file; None: it is in a PostgreSQL database.
        url: the URL for SQLAlchemy.
    """

    path: Path | None
    url: URL

    noun: ClassVar[str]
    error: ClassVar[type[Exception]]

    @classmethod
    def parse(cls, where: Path | str) -> Self:
        """Read a path, or a URL such as `postgresql://host/database`.

        Raises:
            Exception: the class's own `error`: the URL cannot be read, or is of another kind of database.
        """
        if isinstance(where, Path) or "://" not in where:
            path = Path(where)
            return cls(path, URL.create("sqlite", database=str(path)))
        try:
            url = make_url(where)
        except ArgumentError:
            raise cls.error(f"the {cls.noun}'s URL cannot be read: write postgresql://host/name") from None
        if url.get_backend_name() == "sqlite" and url.database:
            return cls(Path(url.database), url)
        if url.drivername in _POSTGRESQL:
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() != "postgresql":
            raise cls.error(
                f"a {cls.noun} cannot be in {url.get_backend_name()}: give the path of an SQLite file, or "
                "the URL of a PostgreSQL database"
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


def begin(connection: Connection) -> None:
    """Begin a transaction in SQLite."""
    # One that reads first and writes later would fail when another one has written in between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
