"""A process that submits through an outbox is killed at each instant: nothing lost, nothing doubled."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from grpc import StatusCode

import killing
from fabric_gateway import EndorseError, Outbox, UnknownOutcome
from fabric_gateway.blocks import Block
from fabric_gateway.testing import MemoryGateway
from patience import PATIENCE

INSTANTS_OF_THE_SHORTEST = 15


def valid_transactions(network: Any, memory: MemoryGateway, key: str) -> list[str]:
    """Ids of the valid transactions that added to a key."""
    blocks = [Block.decode(block) for block in network.blocks(0, memory.height - 1)]
    return [
        each.transaction_id
        for block in blocks
        for each in block.transactions
        if each.valid and key.encode() in each.arguments[:1]
    ]


def prepare(memory: MemoryGateway, trouble: str) -> None:
    memory.forget_faults()
    if trouble == "read conflict":
        memory.invalidate("MVCC_READ_CONFLICT")
    elif trouble == "lost answer":
        memory.fail("Submit", StatusCode.UNAVAILABLE, "connection reset", after=True)
    elif trouble == "lost offer":
        memory.fail("Submit", StatusCode.UNAVAILABLE, "no orderer nodes available")
        memory.fail("CommitStatus", StatusCode.DEADLINE_EXCEEDED)


@pytest.mark.parametrize(
    ("flavour", "trouble"),
    [
        ("sync", "none"),
        ("sync", "read conflict"),
        ("sync", "lost answer"),
        ("sync", "lost offer"),
        ("aio", "none"),
        ("aio", "read conflict"),
    ],
)
def test_killed_at_any_instant_a_request_has_one_effect(
    memory: MemoryGateway, tmp_path: Path, flavour: str, trouble: str
) -> None:
    with memory.connect(deadlines=killing.PATIENT) as gateway:
        network = gateway.network("channel")
        contract = network.contract("ledger")
        for instant in count():
            path, key = tmp_path / f"{instant}.db", f"k{instant}"
            prepare(memory, trouble)
            finished = killing.run_and_die(
                instant, killing.submit, str(path), memory.endpoint, flavour, "r", "Add", key, "5"
            )
            memory.forget_faults()
            with Outbox(path) as outbox:
                kept = outbox.get("r")
                resumed = list(outbox.resume(gateway))
                assert [each.error for each in resumed] == [None] * len(resumed)
                assert outbox.pending() == ()
                if kept is not None:  # it was recorded, so it is done without being asked for again
                    assert memory.get(key) == b"5"
                assert outbox.submit(contract, "r", "Add", key, "5", conflict_attempts=3) == b"5"
                entry = outbox.get("r")
            assert memory.get(key) == b"5"
            assert entry is not None
            assert valid_transactions(network, memory, key) == [entry.transaction_id]
            if finished:
                break
    assert instant >= INSTANTS_OF_THE_SHORTEST


def test_killed_at_any_instant_a_refusal_stays_a_refusal(memory: MemoryGateway, tmp_path: Path) -> None:
    with memory.connect() as gateway:
        contract = gateway.network("channel").contract("ledger")
        for instant in count():
            path = tmp_path / f"{instant}.db"
            finished = killing.run_and_die(
                instant, killing.submit, str(path), memory.endpoint, "sync", "r", "Nonsense"
            )
            with Outbox(path) as outbox:
                list(outbox.resume(gateway))
                assert outbox.pending() == ()
                with pytest.raises(EndorseError, match="NO_SUCH_FUNCTION"):
                    outbox.submit(contract, "r", "Nonsense")
            if finished:
                break
    assert memory.height == 1


def test_killed_at_random_times_a_row_of_requests_is_done_once_each(
    memory: MemoryGateway, tmp_path: Path
) -> None:
    """The killed process does not know that it will be; the next one goes on after the last that was kept."""
    path, seed = tmp_path / "outbox.db", random.Random(5)
    rounds, done = 12, 0
    with memory.connect(deadlines=killing.PATIENT) as gateway:
        for _ in range(rounds):
            height = memory.height + seed.randint(1, 6)
            process = killing.running(killing.submit_many, str(path), memory.endpoint, done, 10_000)
            memory.wait_for_height(height, timeout=PATIENCE)
            process.join(seed.uniform(0, 0.01))
            process.kill()
            process.join()
            with Outbox(path) as outbox:
                assert [each.error for each in outbox.resume(gateway)] in ([], [None])
                while outbox.get(f"r{done}"):
                    done += 1
                assert outbox.pending() == ()
    assert done >= rounds
    assert [memory.get(f"k{number}") for number in range(done + 1)] == [b"1"] * done + [None]


def test_two_processes_that_resume_at_once_share_the_work(memory: MemoryGateway, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    memory.hold()
    with memory.connect(deadlines=killing.SHORT) as gateway, Outbox(path) as outbox:
        contract = gateway.network("channel").contract("ledger")
        for number in range(10):
            with pytest.raises(UnknownOutcome):
                outbox.submit(contract, f"r{number}", "Add", f"k{number}", "1")
        memory.release()
        processes = [killing.running(killing.resume_all, str(path), memory.endpoint) for _ in range(2)]
        for process in processes:
            process.join(PATIENCE)
            assert process.exitcode == 0
        assert outbox.pending() == ()
        assert memory.height == 11
