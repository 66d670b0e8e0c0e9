"""The file of an outbox: who can read it, when it is on the disk, and what is wrong with it."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import AMPLE, Boxes

from fabric_gateway import Outbox, OutboxError
from fabric_gateway.testing import MemoryGateway


def changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def test_only_its_owner_can_read_the_file(contract: Any, boxes: Boxes, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with boxes() as outbox:
            outbox.submit(contract, "r1", "Add", "a", "5")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) == {"outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.db.lock"}
    assert set(modes.values()) == {0o600}


def test_each_change_is_synced_to_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox, outbox._store._file.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_file_system_without_locks_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "fcntl", unsupported)
    with pytest.raises(OutboxError, match="this one has no locks: No locks available"):
        Outbox(tmp_path / "outbox.db")


def test_a_full_disk_is_a_clear_error_and_nothing_is_sent(memory: MemoryGateway, tmp_path: Path) -> None:
    with memory.connect(deadlines=AMPLE) as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        with outbox._store._file.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutboxError, match="cannot be written: database or disk is full"):
            outbox.submit(contract, "r1", "Echo", "x" * 20_000)
        assert (memory.calls, outbox.pending()) == ([], ())
        outbox.submit(contract, "r2", "Echo", "x")
        with outbox._store._file.reading() as db:
            db.execute(f"PRAGMA max_page_count = {pages + 6}")
        with pytest.raises(OutboxError, match="disk is full"):
            outbox.submit(contract, "r3", "Echo", "x" * 20_000)
        assert memory.calls.count("Submit") == 1
        kept = outbox.get("r3")
        assert kept is not None
        assert kept.state == "requested"
        with outbox._store._file.reading() as db:
            db.execute("PRAGMA max_page_count = 100000")
        assert outbox.submit(contract, "r3", "Echo", "x" * 20_000) == b"x" * 20_000


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path, content = tmp_path / "outbox.db", b"this is no database, but it is long enough" * 100
    path.write_bytes(content)
    with pytest.raises(OutboxError, match=f"outbox {path} cannot be opened: file is not a database"):
        Outbox(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_a_clear_error(contract: Any, boxes: Boxes, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with boxes() as outbox:
        for number in range(30):
            outbox.submit(contract, f"r{number}", "Echo", "x" * 500)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xa5" * 4096 * 3
    path.write_bytes(content)
    with pytest.raises(OutboxError, match=r"damaged|malformed"):
        Outbox(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    changed(path, "CREATE TABLE customers (name TEXT)")
    content = path.read_bytes()
    with pytest.raises(OutboxError, match="is an SQLite file of another program"):
        Outbox(path)
    assert path.read_bytes() == content


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    changed(path, "PRAGMA user_version = 99")
    with pytest.raises(OutboxError, match="schema version 99, but this program knows 1"):
        Outbox(path)


def test_a_folder_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match=r"cannot be opened: No such file or directory"):
        Outbox(tmp_path / "nowhere" / "outbox.db")


def test_a_closed_outbox_says_so(memory: MemoryGateway, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.close()
    outbox.close()
    with memory.connect() as gateway, pytest.raises(OutboxError, match="closed"):
        outbox.submit(gateway.network("channel").contract("ledger"), "r1", "Add", "a", "5")
    assert memory.calls == []
