"""What is asked of peers and orderers themselves: discovery, blocks of an orderer, joining a channel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from hfc_place import CHAINCODE, CHANNEL, PEER, Place

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.errors import DiscoveryError, NoPeer, OrdererRefused
from fabric_gateway.hfc.fabric import Client
from fabric_gateway.hfc.fabric.block_decoder import (
    decode_fabric_endpoints,
    decode_fabric_MSP_config,
    decode_fabric_peers_info,
)
from fabric_gateway.hfc.fabric.channel._proposals import last_configuration
from fabric_gateway.hfc.fabric.orderer import Orderer
from fabric_gateway.hfc.fabric.peer import Peer


@dataclass
class Ordering:
    """An orderer's service that answers what a test says, and notes what it is asked."""

    answer: Any = None
    asked: list[Any] = field(default_factory=list)
    endpoint: str = ""

    def deliver(self, requests: Any, _: Any) -> Iterator[Any]:
        for envelope in requests:
            payload = m.common.Payload.FromString(envelope.payload)
            self.asked.append(m.ab.SeekInfo.FromString(payload.data))
            yield self.answer


@pytest.fixture
def ordering() -> Iterator[Ordering]:
    made = Ordering(m.ab.DeliverResponse(status=m.common.Status.Value("FORBIDDEN")))
    server: Any = grpc.server(ThreadPoolExecutor(2))
    handler = grpc.stream_stream_rpc_method_handler(
        made.deliver, m.common.Envelope.FromString, m.ab.DeliverResponse.SerializeToString
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("orderer.AtomicBroadcast", {"Deliver": handler}),)
    )
    made.endpoint = f"grpc://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield made
    server.stop(None)


def settled(client: Client, call: Any) -> Any:
    """Await a call, and close the client's connections in the same loop."""

    async def calling() -> Any:
        try:
            return await call
        finally:
            await client.close_grpc_channels()

    return asyncio.run(calling())


def test_discovery_fills_in_and_says_that_it_is_not_needed(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    peer = place.client.get_peer(PEER)
    assert peer is not None
    with caplog.at_level(logging.WARNING):
        settled(client, client.init_with_discovery(place.user, peer, CHANNEL))
    assert "init_with_discovery is not needed" in caplog.text
    assert sorted(client.peers) == ["peer0.memory", PEER]
    assert client.organizations["Org1MSP"].peers == ["peer0.memory"]
    assert [orderer.endpoint for orderer in client.orderers.values()] != []
    assert client.state_store is place.user._state_store
    assert client.get_channel(CHANNEL) is not None
    query = client.chaincode_query(place.user, CHANNEL, [peer], ["a"], CHAINCODE)
    assert settled(client, query) == "query:a"


def test_discovery_that_is_refused_is_only_told(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    peer = place.client.get_peer(PEER)
    assert peer is not None
    settled(client, client.init_with_discovery(place.user, peer, "other"))
    assert "discovery refuses this user, and nothing is filled in" in caplog.text
    assert list(client.peers) == [PEER]


def test_discovery_of_a_peer_that_is_gone_is_an_error_of_grpc(place: Place) -> None:
    client = Client()
    call = client.init_with_discovery(place.user, Peer("gone", "localhost:9"), CHANNEL)
    with pytest.raises(DiscoveryError) as caught:
        settled(client, call)
    assert isinstance(caught.value, grpc.RpcError)
    with pytest.raises(ValueError, match="peer_target must be of Peer instance"):
        settled(client, client.init_with_discovery(place.user, "peer0", CHANNEL))  # type: ignore[arg-type]


def test_the_answers_of_discovery_are_decoded_by_programs(place: Place) -> None:
    channel, peer = place.client.new_channel(CHANNEL), place.client.get_peer(PEER)
    assert peer is not None
    interests = [{"chaincodes": [{"name": CHAINCODE}]}]
    call = channel._discovery(place.user, peer, config=True, interests=interests)
    members, config, endorsers = settled(place.client, call).results
    (found,) = decode_fabric_peers_info(members.members.peers_by_org["Org1MSP"].peers)
    assert (found["mspid"], found["endpoint"]) == ("Org1MSP", "peer0.memory:7051")
    assert {"name": CHAINCODE, "version": "1.0"} in found["chaincodes"]
    msp = config.config_result.msps["Org1MSP"].SerializeToString()
    assert decode_fabric_MSP_config(msp)["name"] == "Org1MSP"
    (endpoints,) = config.config_result.orderers.values()
    assert decode_fabric_endpoints(endpoints.endpoint)[0]["port"] > 0
    assert endorsers.cc_query_res.content[0].chaincode == CHAINCODE
    with pytest.raises(ValueError, match="names no chaincode"):
        settled(place.client, channel._discovery(place.user, peer, interests=[{"chaincodes": []}]))


def test_an_orderer_that_delivers_no_block_is_told_with_its_status(place: Place, ordering: Ordering) -> None:
    client = place.client
    client._orderers["orderer"].endpoint = ordering.endpoint
    client.new_channel(CHANNEL)
    join = client.channel_join(place.user, CHANNEL, [PEER], "orderer")
    with pytest.raises(OrdererRefused, match=f"does not deliver block 0 of channel {CHANNEL}: FORBIDDEN"):
        settled(client, join)
    assert ordering.asked[0].start.specified.number == ordering.asked[0].stop.specified.number == 0
    config = client.get_channel_config_with_orderer(place.user, CHANNEL, "orderer")
    with pytest.raises(OrdererRefused, match="does not deliver the newest block"):
        settled(client, config)
    assert ordering.asked[1].start.WhichOneof("Type") == "newest"


def test_a_peer_that_refuses_to_join_answers_in_its_own_words(place: Place, ordering: Ordering) -> None:
    ordering.answer = m.ab.DeliverResponse(block=m.common.Block(header=m.common.BlockHeader(number=0)))
    client = place.client
    client.new_channel(CHANNEL)
    orderer = Orderer("orderer", ordering.endpoint)
    found = settled(client, client.channel_join(place.user, CHANNEL, [PEER], orderer))
    assert isinstance(found, str)
    assert "JoinChain" in found


def test_joining_an_unknown_channel_is_false_as_in_hfc(place: Place) -> None:
    assert settled(place.client, place.client.channel_join(place.user, "far", [PEER], "orderer")) is False
    place.client.new_channel("far")
    assert settled(place.client, place.client.channel_join(place.user, "far", [PEER], "nobody")) is False


def test_an_orderer_that_is_not_in_the_profile_is_named(place: Place) -> None:
    call = place.client.get_channel_config_with_orderer(place.user, CHANNEL, "orderer9")
    with pytest.raises(NoPeer, match="no orderer 'orderer9' in the profile; it has orderer"):
        settled(place.client, call)


def test_an_orderer_that_is_gone_is_an_error_of_grpc(place: Place) -> None:
    call = place.client.get_channel_config_with_orderer(
        place.user, CHANNEL, Orderer("orderer", "localhost:9")
    )
    with pytest.raises(grpc.RpcError) as caught:
        settled(place.client, call)
    found: Any = caught.value
    assert found.code() is grpc.StatusCode.UNAVAILABLE


def test_the_last_configuration_stands_in_either_place() -> None:
    older = m.common.Metadata(value=m.common.LastConfig(index=3).SerializeToString()).SerializeToString()
    newer = m.common.Metadata(
        value=m.common.OrdererBlockMetadata(last_config=m.common.LastConfig(index=5)).SerializeToString()
    ).SerializeToString()
    block = m.common.Block(metadata=m.common.BlockMetadata(metadata=[b"", older]))
    assert last_configuration(block) == 3
    block.metadata.metadata[0] = newer
    assert last_configuration(block) == 5
