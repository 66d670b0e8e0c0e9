"""An organisation's gateway peer hangs, dies and comes back under load: nothing is lost or duplicated."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from scenario_support import CHANNEL, Place, new_key

from fabric_gateway import Deadlines, StepEvent, Submission
from fabric_gateway.blocks import Block

FIRST, SECOND = "peer0.org1", "peer1.org1"
PATIENT = Deadlines(evaluate=30, endorse=60, submit=20, resolve=90, commit_status=90)
AT_ONCE = 20
MANY = 6


def test_a_peer_that_starts_again_is_waited_for(place: Place) -> None:
    """A call to a single peer takes until the peer answers, and then until it can endorse."""
    place.network.stop(SECOND)
    starting = Starting(place)
    try:
        with place.connect("org1", peers=[SECOND], deadlines=PATIENT, observer=starting) as gateway:
            assert gateway.network(CHANNEL).contract("strict").submit("Echo", "back") == b"back"
    finally:
        starting.thread.join()
        place.await_peers()
    assert starting.failures >= MANY


class Starting:
    """Starts the peer after as many failed calls as a client without patience would make."""

    def __init__(self, place: Place) -> None:
        self.failures = 0
        self.thread = threading.Thread(target=place.network.start, args=(SECOND,))

    def on_step(self, event: StepEvent) -> None:
        if not event.successful:
            self.failures += 1
            if self.failures == MANY:
                self.thread.start()


class Recorder:
    """Counts each peer's answers, and keeps the longest duration of a step."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        self.longest = 0.0

    def on_step(self, event: StepEvent) -> None:
        self.longest = max(self.longest, event.seconds)
        if event.successful:
            self.answered[event.peer] += 1


@contextmanager
def suspended(place: Place, node: str) -> Iterator[None]:
    process = place.network._processes.find(node)
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


async def until_answered(recorder: Recorder, peer: str, times: int) -> None:
    async with asyncio.timeout(90):
        target = recorder.answered[peer] + times
        while recorder.answered[peer] < target:
            await asyncio.sleep(0.05)


def names(place: Place) -> tuple[str, str]:
    with place.connect("org1") as gateway:
        first, second = (peer.name for peer in gateway.peers())
    return first, second


def test_a_hung_and_a_killed_peer_under_load(place: Place) -> None:
    first, second = names(place)
    recorder = Recorder()
    running = True
    keys: list[str] = []

    def creations() -> Iterator[Submission]:
        while running:
            keys.append(new_key())
            yield Submission("Create", (keys[-1], "owner", "1"), key=keys[-1])

    async def disturb() -> None:
        nonlocal running
        try:
            await until_answered(recorder, first, 60)
            with suspended(place, FIRST):
                await until_answered(recorder, second, 60)
            await until_answered(recorder, first, 60)
            await asyncio.to_thread(place.network.stop, FIRST, signal.SIGKILL)
            await until_answered(recorder, second, 60)
            await asyncio.to_thread(place.network.start, FIRST)
            await until_answered(recorder, first, 60)
        finally:
            running = False

    async def main() -> tuple[int, dict[str, BaseException | None]]:
        async with place.connect_async("org1", deadlines=PATIENT, observer=recorder) as gateway:
            ledger = gateway.network(CHANNEL)
            start = await ledger.ledger_height()
            disturbing = asyncio.create_task(disturb())
            async with ledger.contract("open").submit_all(creations(), at_once=AT_ONCE) as bulk:
                outcomes = {str(outcome.submission.key): outcome.error async for outcome in bulk}
            await disturbing
            assert all(peer.healthy for peer in gateway.peers())
            return start, outcomes

    started = time.monotonic()
    start, outcomes = asyncio.run(main())
    assert {key: error for key, error in outcomes.items() if error is not None} == {}
    assert set(outcomes) == set(keys)
    assert time.monotonic() - started < 240
    with place.connect("org2") as gateway:
        ledger = gateway.network(CHANNEL)
        end = ledger.ledger_height()
        blocks = [Block.decode(message) for message in ledger.blocks(start, end - 1)]
    created = Counter(
        transaction.arguments[0].decode()
        for block in blocks
        for transaction in block.transactions
        if transaction.valid and transaction.chaincode == "open"
    )
    assert created == Counter(keys)


@pytest.mark.alone
def test_a_hung_peer_costs_a_single_call_seconds_and_not_its_deadline(place: Place) -> None:
    with place.connect("org1", deadlines=PATIENT) as gateway:
        contract = gateway.network(CHANNEL).contract("open")
        contract.submit("Create", new_key(), "owner", "1")
        with suspended(place, FIRST):
            started = time.monotonic()
            contract.submit("Create", new_key(), "owner", "1")
            assert time.monotonic() - started < 10
            assert [peer.healthy for peer in gateway.peers()] == [False, True]
