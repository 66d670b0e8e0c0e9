"""Threads and processes share an outbox: a request is in the hands of one of them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import AMPLE, Boxes

from fabric_gateway import Deadlines, Outbox, OutboxError, OutboxWaiting
from fabric_gateway._storage import locks as _locks
from fabric_gateway.testing import MemoryGateway


def test_a_request_in_other_hands_is_waited_for(
    gateway: Any, contract: Any, boxes: Boxes, memory: MemoryGateway, tmp_path: Path
) -> None:
    """Another outbox on the same file stands for another process."""
    memory.hold()
    results = []
    with boxes() as outbox, memory.connect() as other, Outbox(tmp_path / "outbox.db") as second:
        theirs = other.network("channel").contract("ledger")
        thread = threading.Thread(target=lambda: results.append(second.submit(theirs, "r1", "Add", "a", "5")))
        thread.start()
        memory.wait_for_call("CommitStatus")
        assert list(outbox.resume(gateway)) == []
        with pytest.raises(OutboxWaiting, match="in the hands of another"):
            outbox.submit(
                contract,
                "r1",
                "Add",
                "a",
                "5",
                deadlines=Deadlines(endorse=0.1, submit=0.1, resolve=0.1, commit_status=0.1),
            )
        memory.release()
        assert outbox.submit(contract, "r1", "Add", "a", "5") == b"5"
        thread.join()
    assert results == [b"5"]
    assert memory.calls.count("Endorse") == 1


def submitted_by_threads(outbox: Outbox, contract: Any, number: int) -> list[bytes]:
    """What as many threads get that submit one request at once."""
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(outbox.submit(contract, "r1", "Add", "a", "5")))
        for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_threads_with_one_request_do_it_once(memory: MemoryGateway, tmp_path: Path) -> None:
    with memory.connect(deadlines=AMPLE) as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        results = submitted_by_threads(outbox, contract, 8)
    assert results == [b"5"] * 8
    assert memory.height == 2


def test_without_working_locks_a_request_still_has_one_effect(
    memory: MemoryGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of state starts from the stored one: of many envelopes one is kept and offered."""
    monkeypatch.setattr(_locks.LockFile, "take", lambda *_: True)
    with memory.connect() as gateway, Outbox(tmp_path / "outbox.db") as outbox:
        contract = gateway.network("channel").contract("ledger")
        results = submitted_by_threads(outbox, contract, 8)
        entry = outbox.get("r1")
    assert results == [b"5"] * 8
    assert memory.get("a") == b"5"
    assert entry is not None
    assert entry.offers >= 1
    assert memory.calls.count("Endorse") > 1


def test_an_outbox_is_not_used_across_a_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        with monkeypatch.context() as forked:
            forked.setattr(os, "getpid", lambda: -1)
            with pytest.raises(OutboxError, match="opened before a fork"):
                outbox.pending()
        assert outbox.pending() == ()
