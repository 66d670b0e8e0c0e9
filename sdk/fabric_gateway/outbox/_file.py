"""The SQLite file of an outbox: opened safely, changed durably, its errors explained."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fabric_gateway._storage.files import sync_folder
from fabric_gateway._storage.locks import LockFile
from fabric_gateway.errors import OutboxError

_APPLICATION = 0x6B704F42  # "kpOB": whose SQLite file it is
_VERSION = 1
_BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    mspid TEXT NOT NULL,
    subject TEXT NOT NULL,
    channel TEXT NOT NULL,
    chaincode TEXT NOT NULL,
    invocation BLOB NOT NULL,
    organizations TEXT NOT NULL,
    needs_transient INTEGER NOT NULL,
    conflict_attempts INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'endorsed', 'valid', 'invalid', 'refused')),
    attempt INTEGER NOT NULL DEFAULT 1,
    transaction_id TEXT NOT NULL DEFAULT '',
    envelope BLOB,
    offers INTEGER NOT NULL DEFAULT 0,
    result BLOB,
    code TEXT,
    block_number INTEGER,
    refusal TEXT,
    conflicts TEXT NOT NULL DEFAULT '[]',
    created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE INDEX unfinished ON requests (number) WHERE state IN ('requested', 'endorsed');
"""


class OutboxFile:
    """An outbox in SQLite. May be used by many threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = os.getpid()
        self._guard = threading.RLock()
        try:
            self.locks = LockFile(path.with_name(f"{path.name}.lock"))
        except OSError as error:
            raise OutboxError(
                f"outbox {path} cannot be opened: {error.strerror}: {error.filename}"
            ) from error
        try:
            with self.locks.alone():
                self._db = self._open()
        except OSError as error:
            self.locks.close()
            raise OutboxError(
                f"outbox {path} needs a local file system: this one has no locks: {error.strerror}"
            ) from error
        except BaseException:
            self.locks.close()
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            sync_folder(self.path.parent)
        except OSError as error:
            raise OutboxError(f"outbox {self.path} cannot be opened: {error.strerror}") from error
        with self._explained("opened"):
            db = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                db.row_factory = sqlite3.Row
                self._prepare(db)
            except BaseException:
                db.close()
                raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        application, version = _pragma(db, "application_id"), _pragma(db, "user_version")
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if application != _APPLICATION and not (empty and application == version == 0):
            raise OutboxError(f"{self.path} is an SQLite file of another program, not an outbox")
        if version > _VERSION:
            raise OutboxError(
                f"outbox {self.path} has schema version {version}, but this program knows {_VERSION} only: "
                "use the newer program that wrote it"
            )
        damage = _pragma(db, "quick_check(1)")
        if damage != "ok":
            raise OutboxError(f"outbox {self.path} is damaged: {damage}: restore it from a backup")
        if _pragma(db, "journal_mode = WAL") != "wal":
            raise OutboxError(f"outbox {self.path} needs a local file system: this one has no shared memory")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        if empty:
            db.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {_APPLICATION};"
                f"PRAGMA user_version = {_VERSION}; COMMIT;"
            )

    @contextmanager
    def reading(self, doing: str = "read") -> Iterator[sqlite3.Connection]:
        """The database, to be read by one thread at a time."""
        with self._guard, self._explained(doing):
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One change of the file, durable at its end; a change within a change belongs to it."""
        with self._guard, self._explained("written"):
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        if os.getpid() != self._process:
            raise OutboxError(f"outbox {self.path} was opened before a fork: open it in this process")
        try:
            yield
        except sqlite3.Error as error:
            raise OutboxError(f"outbox {self.path} cannot be {doing}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            self._db.close()
            self.locks.close()


def _pragma(db: sqlite3.Connection, words: str) -> Any:
    return db.execute(f"PRAGMA {words}").fetchone()[0]
