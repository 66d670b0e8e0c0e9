"""The soak's own judgement: what it says of requests, streams, memory, and which node stops next."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from soak.failovers import plan
from soak.job import Job, Report, Tally
from soak.memory import Memory, Sample
from soak.verdict import Found, complaints

NODES = ("ca.org1", "orderer.org1", "orderer.org2", "peer0.org1", "peer0.org2", "chaincode.peer0.org1.open")


def client(requests: int, ledger: Counter[str], style: str = "sync", **other: int) -> tuple[Job, Report]:
    job = Job(style, Path(), Path(), Path(), workers=1, pause=1)
    report = Report(requests=requests, events=Tally.of(ledger), blocks=other.get("blocks", 9))
    return job, report


def ledger(**times: int) -> Counter[str]:
    return Counter({name.replace("_", "-"): number for name, number in times.items()})


def test_nothing_is_said_of_requests_that_are_there_once() -> None:
    valid = ledger(sync_0=1, sync_1=1, asyncio_0=1)
    clients = [client(2, valid), client(1, valid, "asyncio")]
    assert complaints(Found(valid, height=9, invalid=0), clients) == []


@pytest.mark.parametrize(
    ("valid", "said"),
    [
        (ledger(sync_0=1), "1 requests are not on the ledger, such as sync-1"),
        (ledger(sync_0=1, sync_1=2), "1 requests are on the ledger more than once, such as sync-1"),
        (
            ledger(sync_0=1, sync_1=1, sync_2=1),
            "1 requests are on the ledger that nobody made, such as sync-2",
        ),
    ],
)
def test_a_request_that_is_not_there_once_is_named(valid: Counter[str], said: str) -> None:
    assert complaints(Found(valid, height=9, invalid=0), [client(2, valid)]) == [said]


def test_a_stream_that_leaves_out_or_repeats_is_named() -> None:
    valid = ledger(sync_0=1, sync_1=1)
    found = Found(valid, height=9, invalid=0)
    repeated = client(2, ledger(sync_0=2))  # as many as there should be, and not the right ones
    (said,) = complaints(found, [repeated])
    assert "the sync client received 2 events, and not once each of the ledger's 2" in said
    (said,) = complaints(found, [client(2, valid, blocks=8)])
    assert "received 8 blocks, and not the ledger's 9" in said


def test_tallies_are_equal_whatever_the_order() -> None:
    one, other = Tally(), Tally()
    for key in ("a", "b", "c"):
        one.add(key)
    for key in ("c", "a", "b"):
        other.add(key)
    assert one == other == Tally.of(Counter("abc"))
    assert one != Tally.of(Counter("abb"))


def test_peers_and_consenters_stop_in_turn_and_each_is_killed_as_often_as_stopped() -> None:
    planned = list(islice(plan(NODES), 8))
    assert [one.node for one in planned[:4]] == ["peer0.org1", "orderer.org1", "peer0.org2", "orderer.org2"]
    assert {(one.node, one.signal.name) for one in planned} == {
        (node, name) for node in NODES[1:5] for name in ("SIGTERM", "SIGKILL")
    }


def test_growth_is_the_slope_after_the_warm_up(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "samples")
    for minute in range(61):
        grown = 50_000_000 if minute < 10 else 0  # what a start takes does not count
        memory._samples["client"].append(
            Sample(60.0 * minute, 100_000_000 - grown + 1_000_000 * max(0, minute - 10), 7, 20 + minute)
        )
    (growth,) = memory.growth(warm_up=600)
    assert round(growth.slope) == 60_000_000
    assert round(growth.grown) == 50_000_000
    assert (growth.first, growth.last) == (103_500_000, 146_500_000)
    assert growth.files == (33, 76)


def test_what_a_process_allocates_is_its_own_and_what_it_maps_of_files_is_not(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "samples")
    memory.look(0, {"me": os.getpid()})
    held = bytearray(os.urandom(1 << 20) * 64)
    memory.look(1, {"me": os.getpid()})
    before, after = memory._samples["me"]
    assert after.own - before.own > 0.9 * len(held)
    assert len((tmp_path / "samples").read_text().splitlines()) == 2


def test_a_process_that_has_ended_has_no_sample(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=int)
    process.start()
    assert process.pid is not None
    pid = process.pid
    process.join()
    memory = Memory(tmp_path / "samples")
    memory.look(0, {"gone": pid})
    assert memory.growth(0) == []
