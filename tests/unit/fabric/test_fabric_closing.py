"""What becomes of work under way when its connection is closed, or its task cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from fabric_helpers import AMPLE

from fabric_gateway import EvaluateError, EventsError, UnknownOutcome, aio
from fabric_gateway.testing import MemoryGateway, StepName


def once(memory: MemoryGateway, step: StepName, act: Callable[[], None]) -> threading.Thread:
    """Act in another thread as soon as the client has called a step."""

    def watch() -> None:
        memory.wait_for_call(step)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_closing_during_a_commit_leaves_an_unknown_outcome(memory: MemoryGateway) -> None:
    memory.hold()
    gateway = memory.connect(deadlines=AMPLE)
    closing = once(memory, "CommitStatus", gateway.close)
    with pytest.raises(UnknownOutcome):
        gateway.network("channel").contract("ledger").submit("Add", "a", "5")
    closing.join()


def test_closing_during_an_offer_leaves_an_unknown_outcome(memory: MemoryGateway) -> None:
    memory.hang("Submit")
    gateway = memory.connect(deadlines=AMPLE)
    closing = once(memory, "Submit", gateway.close)
    with pytest.raises(UnknownOutcome):
        gateway.network("channel").contract("ledger").submit("Add", "a", "5")
    closing.join()


def test_closing_during_an_evaluation_is_an_evaluate_error(memory: MemoryGateway) -> None:
    memory.hang("Evaluate")
    gateway = memory.connect(deadlines=AMPLE)
    closing = once(memory, "Evaluate", gateway.close)
    with pytest.raises(EvaluateError) as caught:
        gateway.network("channel").contract("ledger").evaluate("Show", "a")
    assert caught.value.status.name == "CANCELLED"
    closing.join()


def test_closing_a_stream_in_another_thread_ends_the_iteration(memory: MemoryGateway) -> None:
    with memory.connect() as gateway:
        stream = gateway.network("channel").blocks(0)
        assert next(stream).header.number == 0
        closing = once(memory, "Deliver", stream.close)
        assert list(stream) == []
        closing.join()


def test_closing_the_gateway_breaks_its_streams(memory: MemoryGateway) -> None:
    gateway = memory.connect()
    stream = gateway.network("channel").blocks(0)
    assert next(stream).header.number == 0
    closing = once(memory, "Deliver", gateway.close)
    with pytest.raises(EventsError):
        next(stream)
    closing.join()


def connected(memory: MemoryGateway) -> aio.Gateway:
    return aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=AMPLE)


async def called(memory: MemoryGateway, step: StepName) -> None:
    await asyncio.to_thread(memory.wait_for_call, step)


def test_aio_closing_during_a_commit_leaves_an_unknown_outcome(memory: MemoryGateway) -> None:
    async def main() -> None:
        memory.hold()
        gateway = connected(memory)
        contract = gateway.network("channel").contract("ledger")
        submitting = asyncio.create_task(contract.submit("Add", "a", "5"))
        await called(memory, "CommitStatus")
        await gateway.close()
        with pytest.raises(UnknownOutcome):
            await submitting

    asyncio.run(main())


def test_aio_cancelling_a_task_cancels_it(memory: MemoryGateway) -> None:
    async def main() -> None:
        memory.hold()
        async with connected(memory) as gateway:
            contract = gateway.network("channel").contract("ledger")
            submitting = asyncio.create_task(contract.submit("Add", "a", "5"))
            await called(memory, "CommitStatus")
            submitting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await submitting

    asyncio.run(main())


def test_aio_closing_a_stream_in_another_task_ends_the_iteration(memory: MemoryGateway) -> None:
    async def main() -> None:
        async with connected(memory) as gateway, gateway.network("channel").blocks(1) as stream:
            reading = asyncio.create_task(anext(stream, None))
            await called(memory, "Deliver")
            await stream.close()
            assert await reading is None

    asyncio.run(main())


def test_aio_cancelling_a_reader_cancels_it_and_closes_the_stream(memory: MemoryGateway) -> None:
    async def main() -> None:
        async with connected(memory) as gateway:
            stream = gateway.network("channel").blocks(1)
            reading = asyncio.create_task(anext(stream, None))
            await called(memory, "Deliver")
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert await anext(stream, None) is None

    asyncio.run(main())


def test_aio_closing_the_gateway_breaks_its_streams(memory: MemoryGateway) -> None:
    async def main() -> None:
        gateway = connected(memory)
        stream = gateway.network("channel").chaincode_events("ledger")
        reading = asyncio.create_task(anext(stream))
        await called(memory, "ChaincodeEvents")
        await gateway.close()
        with pytest.raises(EventsError):
            await reading

    asyncio.run(main())
