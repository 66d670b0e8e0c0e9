"""Event hubs, as hfc has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from hfc_place import CHAINCODE, CHANNEL, PEER, Place

from fabric_gateway import GatewayError
from fabric_gateway.hfc.fabric.channel.channel_eventhub import ChannelEventHub

_DEADLINE = 10.0


def run(place: Place, work: Callable[[ChannelEventHub], Awaitable[Any]]) -> Any:
    """Work with a new hub, and close the client's connections in the same loop."""

    async def working() -> Any:
        peer = place.client.get_peer(PEER)
        assert peer is not None
        hub = place.client.new_channel(CHANNEL).newChannelEventHub(peer, place.user)
        try:
            async with asyncio.timeout(_DEADLINE):
                return await work(hub)
        finally:
            await place.client.close_grpc_channels()

    return asyncio.run(working())


async def create(place: Place, *names: str) -> None:
    for name in names:
        await place.client.chaincode_invoke(
            place.user, CHANNEL, [PEER], [name, "red"], CHAINCODE, fcn="Create", wait_for_event=True
        )


@pytest.mark.parametrize("filtered", [True, False])
def test_chaincode_events_are_told_from_the_newest_block_on(place: Place, filtered: bool) -> None:
    async def work(hub: ChannelEventHub) -> list[Any]:
        told: list[Any] = []

        def on_event(event: dict[str, Any], block_number: int, transaction_id: str, status: str) -> None:
            told.append((event["event_name"], event.get("payload"), block_number, status))
            assert event["tx_id"] == transaction_id
            if len(told) == 2:
                hub.disconnect()

        await create(place, "old", "newest")
        stream = hub.connect(filtered=filtered)
        hub.registerChaincodeEvent(CHAINCODE, "creat", onEvent=on_event)
        hub.registerChaincodeEvent("others", "creat", onEvent=on_event)
        hub.registerChaincodeEvent(CHAINCODE, "sold", onEvent=on_event)
        reading = asyncio.ensure_future(stream)
        while not told:
            await asyncio.sleep(0)
        await create(place, "next")
        await reading
        assert not hub.connected
        return told

    height = place.memory.height
    payloads = (None, None) if filtered else (b"newest", b"next")
    assert run(place, work) == [
        ("created", payloads[0], height + 1, "VALID"),
        ("created", payloads[1], height + 2, "VALID"),
    ]


def test_events_of_a_block_are_told_as_a_list_once(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> list[Any]:
        told: list[Any] = []
        await create(place, "a", "b")
        stream = hub.connect(start=0, as_array=True)
        hub.registerChaincodeEvent(
            CHAINCODE, "created", unregister=True, disconnect=True, onEvent=told.append
        )
        await stream
        assert not hub.have_registrations()
        return told

    ((event,),) = run(place, work)
    assert sorted(event) == ["block_num", "chaincode_event", "tx_id", "tx_status"]


def test_a_transaction_is_told_once_with_its_code(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> list[Any]:
        told: list[Any] = []
        place.memory.invalidate("MVCC_READ_CONFLICT")
        with pytest.raises(Exception, match="MVCC_READ_CONFLICT"):
            await create(place, "a")
        stream = hub.connect(start="oldest", stop="newest", filtered=False)
        hub.registerTxEvent("all", onEvent=lambda *event: told.append(event))
        await stream
        assert not hub.connected
        return told

    assert run(place, work)[-1] == ("all", "MVCC_READ_CONFLICT", place.memory.height - 1)


def test_blocks_are_told_between_start_and_stop(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> list[Any]:
        told: list[Any] = []
        await create(place, "a", "b", "c")
        hub.registerBlockEvent(
            unregister=False, start=1, stop=2, onEvent=lambda block: told.append(block["number"])
        )
        await hub.connect()
        assert hub.connected
        return told

    assert run(place, work) == [1, 2]


def test_a_stream_with_a_stop_does_not_wait_for_blocks(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> bool:
        await hub.connect(start=0, stop=1000)
        return hub.connected

    assert run(place, work) is False


def test_a_disconnected_stream_ends(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> bool:
        stream = asyncio.ensure_future(hub.connect(start=0))
        while not hub.connected:
            await asyncio.sleep(0)
        hub.disconnect()
        await stream
        return hub.connected

    assert run(place, work) is False


def test_a_stream_may_be_made_before_the_event_loop_runs(place: Place) -> None:
    peer = place.client.get_peer(PEER)
    assert peer is not None
    hub = place.client.new_channel(CHANNEL).newChannelEventHub(peer, place.user)
    told: list[Any] = []
    stream = hub.connect(start=0)
    hub.registerBlockEvent(disconnect=True, onEvent=lambda block: told.append(block["number"]))
    asyncio.run(stream)
    assert told == [0]


def test_who_gives_up_waiting_leaves_no_stream(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> bool:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hub.connect(start=0), 0.3)
        assert hub._reading is not None
        return hub._reading.cancelled()

    assert run(place, work)


def test_what_a_callback_raises_ends_the_stream(place: Place) -> None:
    def failing(_: object) -> None:
        raise KeyError("mine")

    async def work(hub: ChannelEventHub) -> None:
        stream = hub.connect(start=0)
        hub.registerBlockEvent(onEvent=failing)
        await stream

    with pytest.raises(KeyError, match="mine"):
        run(place, work)


def test_a_refused_stream_is_raised(place: Place) -> None:
    place.memory.fail("Evaluate", grpc.StatusCode.PERMISSION_DENIED, "access denied")

    async def work(hub: ChannelEventHub) -> None:
        await hub.connect()

    with pytest.raises(GatewayError, match="access denied"):
        run(place, work)


def test_start_and_stop_stand_at_one_place(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> None:
        for wrong in ({"start": "first"}, {"stop": "last"}, {"start": 2, "stop": 1}):
            with pytest.raises(ValueError, match="is"):
                await hub.connect(**wrong)
        hub.registerBlockEvent(start=1)
        with pytest.raises(ValueError, match="only one of its hub"):
            hub.registerTxEvent("all")
        with pytest.raises(ValueError, match="not in both"):
            await hub.connect(start=0)

    run(place, work)


def test_the_hubs_of_an_organisation_are_those_that_are_connected(place: Place) -> None:
    async def work(hub: ChannelEventHub) -> None:
        channel = place.client.new_channel(CHANNEL)
        assert channel.getChannelEventHubsForOrg(place.user) == []
        await hub.connect(start=0, stop=0)
        assert channel.getChannelEventHubsForOrg(place.user) == [hub]

    run(place, work)
