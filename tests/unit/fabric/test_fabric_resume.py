"""Streams that break are resumed: nothing is missing, and nothing comes twice."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import AMPLE
from grpc import StatusCode

import killing
from fabric_gateway import (
    ConnectionClosed,
    Deadlines,
    EventsError,
    FileCheckpointer,
    MemoryCheckpointer,
    aio,
    connect,
)
from fabric_gateway._connection import flow as _flow
from fabric_gateway._flows import reading as _reading
from fabric_gateway.testing import MemoryGateway

KINDS = ["blocks", "filtered_blocks", "blocks_with_private_data"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_flow, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(_flow, "_LONGEST_PAUSE", 0.05)


def numbers(stream: Any) -> Iterator[int]:
    for item in stream:
        whole = getattr(item, "block", item)
        yield whole.number if hasattr(whole, "number") else whole.header.number


def add(contract: Any, *values: int) -> None:
    for value in values:
        contract.submit("Add", f"k{value}", str(value))


@pytest.mark.parametrize("status", [StatusCode.UNAVAILABLE, StatusCode.INTERNAL, StatusCode.ABORTED, None])
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_go_on_after_breaks(
    network: Any, contract: Any, memory: MemoryGateway, kind: str, status: StatusCode | None
) -> None:
    add(contract, *range(6))
    memory.break_streams(0, 3, 0, 1, 2, status=status)
    with getattr(network, kind)(1, 6) as stream:
        assert list(numbers(stream)) == [1, 2, 3, 4, 5, 6]
    assert memory.calls.count("Deliver") == 3  # those that sent something


def test_events_go_on_after_breaks(network: Any, contract: Any, memory: MemoryGateway) -> None:
    add(contract, 1, 2)
    contract.submit("Echo", "no event")
    add(contract, 3, 4)
    memory.break_streams(1, 0, 2, 0, 1)
    with network.chaincode_events("ledger", start_block=0) as stream:
        assert [next(stream).payload for _ in range(4)] == [b"k1=1", b"k2=2", b"k3=3", b"k4=4"]


def test_a_start_within_a_block_survives_a_break_before_the_first_event(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    add(contract, 1, 2)
    with network.chaincode_events("ledger", start_block=0) as stream:
        first = next(stream)
    memory.break_streams(0, 0)
    with network.chaincode_events(
        "ledger", start_block=1, after_transaction_id=first.transaction_id
    ) as stream:
        assert next(stream).payload == b"k2=2"


def test_a_stream_of_the_next_events_is_pinned_when_it_opens(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    """What is committed while the first stream is broken is not missed."""
    add(contract, 1)
    memory.break_streams(0, 0)
    with network.chaincode_events("ledger") as stream:
        add(contract, 2, 3)
        assert [next(stream).payload for _ in range(2)] == [b"k2=2", b"k3=3"]
    with network.blocks(None, 5) as stream:
        memory.break_streams(1)
        add(contract, 4, 5)
        assert list(numbers(stream)) == [4, 5]


def test_a_stream_that_cannot_be_pinned_raises_rather_than_leave_a_gap(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Evaluate", StatusCode.PERMISSION_DENIED, "access denied")
    memory.break_streams(0)
    stream = network.chaincode_events("ledger")
    with pytest.raises(EventsError, match="the stream was broken"):
        next(stream)
    assert list(stream) == []


def test_a_stream_that_could_not_be_pinned_is_resumed_after_its_first_message(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Evaluate", StatusCode.PERMISSION_DENIED, "access denied")
    memory.break_streams(1)
    with network.chaincode_events("ledger") as stream:
        background = threading.Thread(target=add_elsewhere, args=(memory,))
        background.start()
        first, second = next(stream), next(stream)
        background.join()
    assert second.block_number == first.block_number + 1


def add_elsewhere(memory: MemoryGateway) -> None:
    memory.wait_for_call("ChaincodeEvents")
    with memory.connect() as gateway:
        add(gateway.network("channel").contract("ledger"), *range(10, 20))


@pytest.mark.parametrize(
    "status", [StatusCode.PERMISSION_DENIED, StatusCode.INVALID_ARGUMENT, StatusCode.UNIMPLEMENTED]
)
def test_a_refusal_for_good_ends_the_stream(
    network: Any, contract: Any, memory: MemoryGateway, status: StatusCode
) -> None:
    add(contract, 1, 2)
    with network.blocks(0) as stream:
        next(stream)
        memory.fail("Deliver", status, "no", times=9)
        memory.stop()
        memory.start()
        with pytest.raises(EventsError) as caught:
            list(stream)
        assert caught.value.status is status
        assert list(stream) == []


def test_a_channel_that_is_not_there_is_an_error_at_first_and_waited_for_later(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    """A peer that starts again says for a moment that it does not know the channel."""
    memory.fail("Deliver", StatusCode.NOT_FOUND, "no such channel", times=9)
    with pytest.raises(EventsError, match="no such channel"):
        next(network.blocks(0))
    memory.forget_faults()
    memory.break_streams(1)
    with network.blocks(0, 1) as stream:
        next(stream)
        memory.fail("Deliver", StatusCode.NOT_FOUND, "no such channel", times=3)
        add(contract, 1)
        assert list(numbers(stream)) == [1]


def test_reconnecting_can_be_switched_off(network: Any, contract: Any, memory: MemoryGateway) -> None:
    memory.break_streams(1, 0)
    with network.blocks(0, reconnect=False) as stream:
        next(stream)
        with pytest.raises(EventsError, match="the stream was broken"):
            next(stream)
    with pytest.raises(EventsError, match="the stream was broken"):
        next(network.chaincode_events("ledger", start_block=0, reconnect=False))


def test_a_peer_that_was_never_reached_is_an_error_after_a_while(opened: Any, memory: MemoryGateway) -> None:
    network = opened(deadlines=Deadlines(resolve=0.3, evaluate=1)).network("channel")
    memory.stop()
    with pytest.raises(EventsError, match="failed to connect"):
        next(network.blocks(0))
    with pytest.raises(EventsError):
        next(network.chaincode_events("ledger"))
    memory.start()


def test_a_peer_that_stops_and_starts_again_is_waited_for(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    add(contract, 1)
    with network.blocks(0, 3) as stream:
        seen = [next(numbers(stream)), next(numbers(stream))]
        memory.stop()
        starting = threading.Timer(0.3, memory.start)
        starting.start()
        background = threading.Thread(target=add_when_back, args=(memory, starting))
        background.start()
        assert seen + list(numbers(stream)) == [0, 1, 2, 3]
        background.join()


def add_when_back(memory: MemoryGateway, starting: threading.Timer) -> None:
    starting.join()
    with memory.connect() as gateway:
        while not gateway.check()[0].healthy:
            pass
        add(gateway.network("channel").contract("ledger"), 2, 3)


def test_another_peer_takes_over(memory: MemoryGateway) -> None:
    with memory.replica() as other:
        endpoints = [memory.endpoint, other.endpoint]
        with connect(endpoint=endpoints, identity=memory.identity, deadlines=AMPLE) as gateway:
            network = gateway.network("channel")
            add(network.contract("ledger"), 1)
            with network.chaincode_events("ledger", start_block=0) as stream:
                assert next(stream).payload == b"k1=1"
                memory.stop()
                add(network.contract("ledger"), 2)
                assert next(stream).payload == b"k2=2"
                assert "ChaincodeEvents" in other.calls
        memory.start()


def test_another_peer_takes_over_from_one_that_hangs(memory: MemoryGateway) -> None:
    """A call through the same gateway finds out, and the stream moves with it."""
    with memory.replica() as other:
        endpoints = [memory.endpoint, other.endpoint]
        with connect(endpoint=endpoints, identity=memory.identity, deadlines=AMPLE) as gateway:
            network = gateway.network("channel")
            with network.chaincode_events("ledger", start_block=0) as stream:
                add(network.contract("ledger"), 1)
                assert next(stream).payload == b"k1=1"
                memory.pause()
                add(network.contract("ledger"), 2)
                assert next(stream).payload == b"k2=2"
            memory.resume()


def test_aio_another_peer_takes_over_from_one_that_hangs(memory: MemoryGateway) -> None:
    async def main(endpoints: list[str]) -> None:
        gateway = aio.connect(endpoint=endpoints, identity=memory.identity, deadlines=AMPLE)
        async with gateway:
            network = gateway.network("channel")
            contract = network.contract("ledger")
            async with network.blocks(1) as stream:
                await contract.submit("Add", "a", "1")
                assert (await anext(stream)).header.number == 1
                memory.pause()
                await contract.submit("Add", "a", "2")
                assert (await anext(stream)).header.number == 2
            memory.resume()

    with memory.replica() as other:
        asyncio.run(main([memory.endpoint, other.endpoint]))


def test_a_missing_block_is_an_error(network: Any, memory: MemoryGateway, contract: Any) -> None:
    add(contract, 1, 2, 3)
    memory.skip_block(2)
    with network.blocks(0) as stream:
        assert [next(numbers(stream)) for _ in range(2)] == [0, 1]
        with pytest.raises(EventsError, match="sent block 3 of channel channel instead of block 2"):
            next(stream)


def test_a_stop_behind_the_checkpoint_ends_at_once(network: Any, memory: MemoryGateway) -> None:
    checkpoint = MemoryCheckpointer()
    checkpoint.checkpoint_block(7)
    assert list(network.blocks(0, 7, checkpoint=checkpoint)) == []
    assert "Deliver" not in memory.calls


def test_streams_begin_at_a_checkpoint(network: Any, contract: Any, memory: MemoryGateway) -> None:
    add(contract, *range(4))
    blocks, events = MemoryCheckpointer(), MemoryCheckpointer()
    with network.filtered_blocks(1, checkpoint=blocks) as stream:
        assert [next(stream).number, next(stream).number] == [1, 2]
    with network.chaincode_events("ledger", start_block=0, checkpoint=events) as stream:
        events.checkpoint_event(next(stream))
        seen = next(stream)
    blocks.checkpoint_block(2)
    with network.filtered_blocks(1, checkpoint=blocks) as stream:
        assert next(stream).number == 3
    with network.chaincode_events("ledger", start_block=0, checkpoint=events) as stream:
        assert next(stream) == seen


def test_closing_ends_a_stream_that_waits_to_be_opened_again(
    memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reading, "backoff", lambda _: 60.0)
    memory.break_streams(1)
    with memory.connect() as gateway:
        stream = gateway.network("channel").blocks(0)
        assert next(stream).header.number == 0
        threading.Timer(0.2, stream.close).start()
        assert list(stream) == []


def test_closing_the_gateway_ends_a_stream_that_breaks(memory: MemoryGateway) -> None:
    memory.break_streams(1)
    gateway = memory.connect()
    stream = gateway.network("channel").blocks(0)
    next(stream)
    gateway.close()
    with pytest.raises(EventsError, match="closed"):
        next(stream)
    with pytest.raises(ConnectionClosed):
        gateway.network("channel").blocks(0)


def test_aio_closing_or_cancelling_ends_a_stream_that_waits(
    memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reading, "backoff", lambda _: 60.0)

    async def main() -> None:
        gateway = aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=AMPLE)
        async with gateway:
            for ending in ("close", "cancel"):
                memory.break_streams(1)
                stream = gateway.network("channel").blocks(0)
                assert (await anext(stream)).header.number == 0
                reading = asyncio.create_task(anext(stream, None))
                done, _ = await asyncio.wait((reading,), timeout=0.2)
                assert not done
                if ending == "close":
                    await stream.close()
                    assert await reading is None
                else:
                    reading.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await reading
                    assert await anext(stream, None) is None

    asyncio.run(main())


def test_aio_a_stream_is_pinned_when_it_is_entered(memory: MemoryGateway) -> None:
    async def main() -> None:
        gateway = aio.connect(identity=memory.identity, endpoint=memory.endpoint, deadlines=AMPLE)
        async with gateway:
            network = gateway.network("channel")
            async with network.chaincode_events("ledger") as stream:
                await network.contract("ledger").submit("Add", "a", "1")
                await network.contract("ledger").submit("Add", "a", "2")
                assert [(await anext(stream)).payload for _ in range(2)] == [b"a=1", b"a=3"]
            unread = network.chaincode_events("ledger")
            await unread.close()

    asyncio.run(main())


def test_private_data_comes_with_its_blocks(network: Any, contract: Any) -> None:
    contract.submit("Hide", "accounts", "iban", transient={"value": "NL00"})
    contract.submit("Add", "a", "1")
    with network.blocks_with_private_data(1, 2) as stream:
        first, second = list(stream)
    (hidden,) = first.private_data[0]
    assert (hidden.chaincode, hidden.collection) == ("ledger", "accounts")
    assert [(write.key, write.value) for write in hidden.writes] == [("iban", b"NL00"), ("old", None)]
    assert b"NL00" not in first.block.SerializeToString()
    assert (second.block.header.number, second.private_data) == (2, {})


def follow(path: str, book: str, endpoint: str) -> None:
    """Write down each event, and move the checkpoint after it."""
    with (
        killing.connected(endpoint) as gateway,
        FileCheckpointer(path) as checkpoint,
        Path(book).open("a") as file,
    ):
        network = gateway.network("channel")
        for event in network.chaincode_events("ledger", start_block=0, checkpoint=checkpoint):
            file.write(f"{event.block_number}\n")
            file.flush()
            checkpoint.checkpoint_event(event)


def test_a_follower_that_is_killed_goes_on_at_its_checkpoint(memory: MemoryGateway, tmp_path: Path) -> None:
    """Each event at least once, and only the one that was not yet kept when it died twice."""
    events, book, seed = 60, tmp_path / "book", random.Random(2)
    book.touch()
    with memory.connect() as gateway:
        add(gateway.network("channel").contract("ledger"), *range(events))
    seen: list[int] = []
    deaths = 0
    while not seen or max(seen) < events:
        memory.break_streams(seed.randint(0, 5), seed.randint(0, 5))
        process = killing.running(follow, str(tmp_path / "position"), str(book), memory.endpoint)
        before = len(seen)
        while len(seen := written(book)) == before:
            assert process.is_alive()
        process.join(seed.uniform(0, 0.02))
        process.kill()
        process.join()
        deaths += 1
        seen = written(book)
    assert sorted(set(seen)) == list(range(1, events + 1))
    assert len(seen) <= events + deaths


def written(book: Path) -> list[int]:
    return [int(line) for line in book.read_text().splitlines() if line]
