"""Positions of readers: kept in memory and in a file that is whole at any instant."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

import killing
from fabric_gateway import (
    ChaincodeEvent,
    Checkpointer,
    CheckpointError,
    FileCheckpointer,
    MemoryCheckpointer,
)
from patience import PATIENCE

SYSTEM_CALLS = ("open", "write", "fsync", "close", "replace")
SYSTEM_CALLS_OF_A_MOVE = 8
EVENT = ChaincodeEvent(7, "tx7", "ledger", "Added", b"")


def position(path: Path) -> tuple[int | None, str]:
    with FileCheckpointer(path) as kept:
        return kept.block_number, kept.transaction_id


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_position_moves_by_blocks_transactions_and_events(tmp_path: Path, kind: str) -> None:
    checkpoint: Checkpointer = (
        MemoryCheckpointer() if kind == "memory" else FileCheckpointer(tmp_path / "position")
    )
    seen = [(checkpoint.block_number, checkpoint.transaction_id)]
    checkpoint.checkpoint_block(0)
    seen.append((checkpoint.block_number, checkpoint.transaction_id))
    checkpoint.checkpoint_transaction(1, "tx1")
    seen.append((checkpoint.block_number, checkpoint.transaction_id))
    checkpoint.checkpoint_event(EVENT)
    seen.append((checkpoint.block_number, checkpoint.transaction_id))
    assert seen == [(None, ""), (1, ""), (1, "tx1"), (7, "tx7")]


def test_a_file_keeps_the_position_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "position"
    assert position(path) == (None, "")
    with FileCheckpointer(path) as checkpoint:
        checkpoint.checkpoint_event(EVENT)
    assert position(path) == (7, "tx7")
    assert json.loads(path.read_text()) == {"blockNumber": 7, "transactionId": "tx7"}
    assert {each.name for each in tmp_path.iterdir()} == {"position", "position.lock"}


def test_what_an_earlier_crash_left_beside_the_file_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".position.new").write_text("x" * 500)
    with FileCheckpointer(tmp_path / "position") as checkpoint:
        checkpoint.checkpoint_block(4)
    assert position(tmp_path / "position") == (5, "")


def test_one_reader_at_a_time_uses_a_file(tmp_path: Path) -> None:
    in_use = pytest.raises(CheckpointError, match="is in use by another reader")
    with FileCheckpointer(tmp_path / "position"), in_use:
        FileCheckpointer(tmp_path / "position")
    checkpoint = FileCheckpointer(tmp_path / "position")
    checkpoint.close()
    with pytest.raises(CheckpointError, match="was closed"):
        checkpoint.checkpoint_block(1)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 50, b"{}", b"[1]", b'{"blockNumber": "1"', b'{"blockNumber": 1.5, "transactionId": ""}'],
)
def test_a_file_that_holds_no_position_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "position"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{path} is not a checkpoint"):
        FileCheckpointer(path)
    path.write_bytes(b'{"blockNumber": 3, "transactionId": ""}')
    assert position(path) == (3, "")


def test_a_folder_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be opened: No such file or directory"):
        FileCheckpointer(tmp_path / "nowhere" / "position")


@pytest.mark.parametrize("failing", SYSTEM_CALLS)
def test_a_move_that_fails_is_a_clear_error_and_leaves_a_whole_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "position"
    with FileCheckpointer(path) as checkpoint:
        checkpoint.checkpoint_block(1)

        def full(*_: Any, **__: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as trouble:
            trouble.setattr(os, failing, full)
            with pytest.raises(CheckpointError, match="cannot be written: No space left on device"):
                checkpoint.checkpoint_block(2)
        assert checkpoint.block_number == 2
        checkpoint.checkpoint_block(2)
    assert position(path) == (3, "")


def move(instants: killing.Instants, path: str) -> None:
    """Move from block 2 to block 3, an instant before and after each system call; writes go in pieces."""
    with FileCheckpointer(path) as checkpoint:
        patch = pytest.MonkeyPatch()
        for name in SYSTEM_CALLS:
            real = getattr(os, name)

            def counted(*args: Any, real: Any = real, name: str = name, **kwargs: Any) -> Any:
                instants.pass_one()
                if name == "write":
                    args = (args[0], args[1][:16])
                result = real(*args, **kwargs)
                instants.pass_one()
                return result

            patch.setattr(os, name, counted)
        checkpoint.checkpoint_block(2)
        instants.pass_one()


def test_killed_at_any_system_call_the_file_holds_the_old_or_the_new_position(tmp_path: Path) -> None:
    seen = []
    for instant in count():
        path = tmp_path / str(instant)
        path.write_text('{"blockNumber": 2, "transactionId": "tx2"}')
        finished = killing.run_and_die(instant, move, str(path))
        seen.append(position(path))
        if finished:
            break
    assert len(seen) > 2 * SYSTEM_CALLS_OF_A_MOVE
    turned = seen.index((3, ""))
    assert seen == [(2, "tx2")] * turned + [(3, "")] * (len(seen) - turned)


def count_on(path: str, told: Connection) -> None:
    """Move on as fast as can be, and tell each move that is over."""
    with FileCheckpointer(path) as checkpoint:
        for block in count(checkpoint.block_number or 0):
            checkpoint.checkpoint_block(block)
            told.send_bytes(block.to_bytes(8, "big"))


def test_killed_at_random_times_no_move_is_lost(tmp_path: Path) -> None:
    path, seed, last = tmp_path / "position", random.Random(3), -1
    for _ in range(15):
        heard, told = multiprocessing.Pipe(duplex=False)
        process = killing.running(count_on, str(path), told)
        told.close()
        assert heard.poll(PATIENCE)
        process.join(seed.uniform(0, 0.05))
        process.kill()
        process.join()
        try:
            while True:
                last = int.from_bytes(heard.recv_bytes(), "big")
        except EOFError:
            pass
        kept, _ = position(path)
        assert kept in {last + 1, last + 2}
        last = (kept or 0) - 1
    assert last > 15
