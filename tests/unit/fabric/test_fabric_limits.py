"""Back-pressure: more callers than a peer takes at once, and none of them fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import (
    Deadlines,
    EndorseError,
    EvaluateError,
    Limits,
    SubmitError,
    aio,
    connect,
)
from fabric_gateway._connection.limits import FULL, Gate
from fabric_gateway.testing import Invocation, MemoryGateway
from patience import PATIENCE

PATIENT = Deadlines(evaluate=120, endorse=120, submit=120, resolve=120, commit_status=120)
OVERLOAD = "too many requests for /gateway.Gateway, exceeding concurrency limit (50)"
CALLERS = 700


def counting(call: Invocation) -> str:
    call.put(call.arguments[0].decode(), "x")
    return "done"


@pytest.fixture
def narrow() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": counting}, limit=50) as service:
        yield service


def test_seven_hundred_callers_at_a_peer_that_takes_fifty(narrow: MemoryGateway) -> None:
    async def main() -> list[bytes]:
        async with aio.connect(
            endpoint=narrow.endpoint, identity=narrow.identity, deadlines=PATIENT
        ) as gateway:
            contract = gateway.network("channel").contract("ledger")
            return await asyncio.gather(*(contract.submit("Put", f"k{n}") for n in range(CALLERS)))

    assert asyncio.run(main()) == [b"done"] * CALLERS
    assert narrow.height == CALLERS + 1
    assert narrow.calls.count("Endorse") == narrow.calls.count("Submit") == CALLERS
    assert narrow.refused < 2 * CALLERS


def test_many_threads_at_a_peer_that_takes_fifty(narrow: MemoryGateway) -> None:
    with (
        connect(endpoint=narrow.endpoint, identity=narrow.identity, deadlines=PATIENT) as gateway,
        ThreadPoolExecutor(150) as pool,
    ):
        contract = gateway.network("channel").contract("ledger")
        results = list(pool.map(lambda n: contract.submit("Put", f"k{n}"), range(300)))
    assert results == [b"done"] * 300
    assert narrow.height == 301


def test_a_full_gateway_refuses_in_time_and_says_why(memory: MemoryGateway) -> None:
    memory.hang("Evaluate")
    with connect(endpoint=memory.endpoint, identity=memory.identity, limits=Limits(1)) as gateway:
        contract = gateway.network("channel").contract("ledger")

        def hang() -> None:
            with pytest.raises(EvaluateError, match="DEADLINE_EXCEEDED"):
                contract.evaluate("Show", "a", timeout=2)

        hanging = threading.Thread(target=hang)
        hanging.start()
        memory.wait_for_call("Evaluate")
        with pytest.raises(EvaluateError, match="this program already has 1 calls in progress") as caught:
            contract.evaluate("Show", "a", timeout=0.2)
        assert (caught.value.status, caught.value.overloaded) == (StatusCode.RESOURCE_EXHAUSTED, True)
        hanging.join()
        assert contract.evaluate("Show", "a") == b""
    assert memory.calls == ["Evaluate"] * 2


def test_aio_a_full_gateway_refuses_in_time_and_a_cancelled_waiter_takes_no_room(
    memory: MemoryGateway,
) -> None:
    async def main() -> None:
        memory.hang("Evaluate")
        async with aio.connect(
            endpoint=memory.endpoint, identity=memory.identity, limits=Limits(1)
        ) as gateway:
            contract = gateway.network("channel").contract("ledger")
            hanging = asyncio.create_task(contract.evaluate("Show", "a", timeout=2))
            await asyncio.to_thread(memory.wait_for_call, "Evaluate")
            waiting = asyncio.create_task(contract.evaluate("Show", "a", timeout=20))
            with pytest.raises(EndorseError, match="this program already has 1 calls in progress"):
                await contract.submit("Add", "a", "1", deadlines=Deadlines(endorse=0.2))
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            with pytest.raises(EvaluateError, match="DEADLINE_EXCEEDED"):
                await hanging
            assert await contract.evaluate("Show", "a") == b""

    asyncio.run(main())


def test_closing_wakes_those_who_wait_for_room(memory: MemoryGateway) -> None:
    memory.hang("Evaluate")
    gateway = connect(endpoint=memory.endpoint, identity=memory.identity, limits=Limits(1))
    contract = gateway.network("channel").contract("ledger")
    caught = []

    def call() -> None:
        with pytest.raises(EvaluateError) as error:
            contract.evaluate("Show", "a", timeout=30)
        caught.append(error.value.status)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    memory.wait_for_call("Evaluate")
    gateway.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert caught == [StatusCode.CANCELLED] * 3


def test_a_submit_that_found_no_capacity_at_all_is_certainly_not_ordered(memory: MemoryGateway) -> None:
    memory.fail("Submit", StatusCode.UNKNOWN, OVERLOAD, times=100)
    with memory.connect() as gateway:
        contract = gateway.network("channel").contract("ledger")
        with pytest.raises(SubmitError, match="exceeding concurrency limit"):
            contract.submit("Add", "a", "5", deadlines=Deadlines(resolve=0.5))
    assert "CommitStatus" not in memory.calls


def test_the_bound_shrinks_once_for_all_calls_under_way_and_grows_again() -> None:
    gate = Gate(Limits(100))
    tickets = [gate.enter(False) for _ in range(100)]
    assert gate.enter(False) == FULL
    for ticket in tickets[:40]:
        gate.overloaded(ticket, "status RESOURCE_EXHAUSTED")
        gate.leave(False)
    assert gate.bound == 75
    for _ in tickets[40:]:
        gate.leave(True)
    later = [gate.enter(False) for _ in range(75)]
    gate.overloaded(later[0], OVERLOAD)
    assert gate.bound == 45
    for _ in later:
        gate.leave(True)
    for _ in range(20_000):
        while gate.enter(False) != FULL:
            pass
        for _ in range(gate.bound):
            gate.leave(True)
        if gate.bound == 100:
            break
    assert gate.bound == 100


def test_calls_that_finish_a_transaction_go_first() -> None:
    gate = Gate(Limits(1))
    gate.enter(False)
    order: list[str] = []
    gate.queue(False, lambda: order.append("endorse"))
    gate.queue(True, lambda: order.append("submit"))
    assert gate.enter(True) == FULL
    gate.leave(True)
    gate.leave(True)
    assert order == ["submit", "endorse"]


def test_a_limit_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="in_flight is 0"):
        Limits(0)
    assert Limits().in_flight <= 500


def test_a_peer_that_gives_a_call_up_as_its_time_ends_is_no_lost_peer(
    contract: Any, memory: MemoryGateway
) -> None:
    """Go's servers cancel a call at its deadline, and their answer may come before the client's own timer."""
    memory.fail("Evaluate", StatusCode.CANCELLED, "the stream was removed")
    with pytest.raises(EvaluateError) as over:
        contract.evaluate("Show", "k", timeout=0.04)
    assert over.value.status is StatusCode.DEADLINE_EXCEEDED
    memory.forget_faults()
    memory.fail("Evaluate", StatusCode.CANCELLED, "the stream was removed")
    assert contract.evaluate("Show", "k") == b""
