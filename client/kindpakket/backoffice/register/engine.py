"""Where a register is: an SQLite file, or a PostgreSQL database by its URL."""

from __future__ import annotations

import sqlite3
from typing import ClassVar

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.extras import extra

with extra("backoffice"):
    from sqlalchemy import Engine, create_engine, event
    from sqlalchemy.pool import NullPool

    from kindpakket.databases import PATIENCE_SECONDS, WRITES, DatabaseAddress, begin

__all__ = ["WRITES", "Address"]


class Address(DatabaseAddress):
    """Where a register is."""

    __slots__ = ()

    noun: ClassVar[str] = "register"
    error: ClassVar[type[Exception]] = RegisterError

    def make_file(self) -> None:
        """Make the SQLite file if there is none, readable for its owner only.

        Raises:
            RegisterError: others than its owner can read it.
        """
        super().make_file()
        if self.path is not None and self.path.stat().st_mode & 0o077:
            raise RegisterError(f"{self.path} can be read by others than its owner: run chmod 600 on it")

    def engine(self) -> Engine:
        """A way to connect to it."""
        if self.path is None:
            with extra("postgresql"):
                return create_engine(self.url, pool_size=2)
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": PATIENCE_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", begin)
        return engine


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # so that `begin` says how transactions begin, DDL included
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
