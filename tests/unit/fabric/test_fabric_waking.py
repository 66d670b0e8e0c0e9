"""Closing answers at once, although a stream or a call waits to try again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from grpc import StatusCode

from fabric_gateway import Deadlines, EvaluateError, EventsError, aio
from fabric_gateway._connection import flow as _flow
from fabric_gateway.testing import MemoryGateway

ENDLESS = Deadlines(evaluate=14_400)


@pytest.fixture(autouse=True)
def endless_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that waited for one would run into its own time-out."""
    monkeypatch.setattr(_flow, "_FIRST_PAUSE", 3600)
    monkeypatch.setattr(_flow, "_LONGEST_PAUSE", 3600)


class Acting(logging.Handler):
    """Acts when something is logged: a stream that breaks, or a call that fails, which then waits."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(logging.INFO)
        self._act = act

    def emit(self, record: logging.LogRecord) -> None:
        self._act()


@contextmanager
def when_logged(name: str, act: Callable[[], object]) -> Iterator[None]:
    """Act when the logger of this name logs."""
    logger = logging.getLogger(name)
    handler = Acting(act)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def in_a_thread(act: Callable[[], object]) -> Callable[[], None]:
    return lambda: threading.Thread(target=act).start()


def test_a_stream_that_waits_to_reconnect_is_closed(memory: MemoryGateway) -> None:
    memory.break_streams(1)
    with memory.connect() as gateway:
        stream = gateway.network("channel").blocks(0)
        with when_logged("fabric_gateway.events", in_a_thread(stream.close)):
            assert len(list(stream)) == 1


def test_a_gateway_whose_stream_waits_to_reconnect_is_closed(memory: MemoryGateway) -> None:
    memory.break_streams(1)
    gateway = memory.connect()
    stream = gateway.network("channel").blocks(0)
    with (
        when_logged("fabric_gateway.events", in_a_thread(gateway.close)),
        pytest.raises(EventsError) as caught,
    ):
        list(stream)
    assert caught.value.status is StatusCode.CANCELLED


def test_a_gateway_whose_call_waits_to_be_repeated_is_closed(memory: MemoryGateway) -> None:
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, "Socket closed", times=1000)
    gateway = memory.connect(deadlines=ENDLESS)
    contract = gateway.network("channel").contract("ledger")
    with when_logged("fabric_gateway", in_a_thread(gateway.close)), pytest.raises(EvaluateError) as caught:
        contract.evaluate("Show", "a")
    assert caught.value.status is StatusCode.CANCELLED
    assert memory.calls == ["Evaluate"]


def connected(memory: MemoryGateway) -> aio.Gateway:
    return aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=ENDLESS)


def in_a_task(act: Callable[[], object]) -> Callable[[], object]:
    return lambda: asyncio.get_running_loop().call_soon(act)


def test_aio_a_stream_that_waits_to_reconnect_is_closed(memory: MemoryGateway) -> None:
    async def main() -> int:
        memory.break_streams(1)
        async with connected(memory) as gateway:
            stream = gateway.network("channel").blocks(0)
            closing: list[asyncio.Task[None]] = []
            act = in_a_task(lambda: closing.append(asyncio.create_task(stream.close())))
            with when_logged("fabric_gateway.events", act):
                return len([block async for block in stream])

    assert asyncio.run(main()) == 1


def test_aio_a_gateway_that_waits_is_closed(memory: MemoryGateway) -> None:
    async def main() -> None:
        memory.break_streams(1)
        memory.fail("Evaluate", StatusCode.UNAVAILABLE, "Socket closed", times=1000)
        gateway = connected(memory)
        stream = gateway.network("channel").blocks(0)
        await anext(stream)
        failed = asyncio.Event()
        contract = gateway.network("channel").contract("ledger")
        with when_logged("fabric_gateway", failed.set):
            evaluating = asyncio.create_task(contract.evaluate("Show", "a"))
            reading = asyncio.create_task(anext(stream))
            await failed.wait()
        await gateway.close()
        with pytest.raises(EvaluateError):
            await evaluating
        with pytest.raises(EventsError):
            await reading

    asyncio.run(main())
