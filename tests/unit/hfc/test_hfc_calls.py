"""Calls of a chaincode and queries, as hfc has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from hfc_place import CHAINCODE, CHANNEL, OTHER_PEER, PEER, Place, assets

from fabric_gateway import EndorseError, SubmitError
from fabric_gateway.hfc.errors import Impossible, InvalidTransaction, NoPeer, QueryRefused
from fabric_gateway.hfc.fabric.block_decoder import BlockDecoder
from fabric_gateway.hfc.fabric.peer import create_peer
from fabric_gateway.hfc.fabric_network.gateway import Gateway
from fabric_gateway.testing import ChaincodeRefusal, MemoryGateway


def run(place: Place, call: Any) -> Any:
    """Await a call, and close the client's connections in the same loop."""

    async def settled() -> Any:
        try:
            return await call
        finally:
            await place.client.close_grpc_channels()

    return asyncio.run(settled())


def invoke(place: Place, fcn: str, *args: Any, **options: Any) -> Any:
    options = {"peers": [PEER], "wait_for_event": True, **options}
    return run(
        place,
        place.client.chaincode_invoke(
            requestor=place.user, channel_name=CHANNEL, args=list(args), cc_name=CHAINCODE, fcn=fcn, **options
        ),
    )


def query(place: Place, fcn: str, *args: Any, **options: Any) -> Any:
    options = {"peers": [PEER], **options}
    return run(
        place,
        place.client.chaincode_query(
            requestor=place.user, channel_name=CHANNEL, args=list(args), cc_name=CHAINCODE, fcn=fcn, **options
        ),
    )


def test_an_invocation_gives_the_result_as_text_and_is_in_a_block(place: Place) -> None:
    assert invoke(place, "Create", "apple", "red") == "red"
    assert place.memory.get("apple") == b"red"
    assert query(place, "Read", b"apple", peers=[place.client.get_peer(PEER), OTHER_PEER]) == "red"


def test_who_waits_waits_for_each_peer(place: Place) -> None:
    invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER])
    assert place.memory.calls.count("CommitStatus") == 2


def test_who_does_not_wait_asks_no_status(place: Place) -> None:
    invoke(place, "Create", "apple", "red", wait_for_event=False)
    assert "CommitStatus" not in place.memory.calls


def test_a_refusal_of_the_chaincode_is_returned_as_in_hfc(place: Place) -> None:
    assert invoke(place, "Sell") == "there is no function Sell"
    assert "Submit" not in place.memory.calls


def test_another_failure_of_endorsement_is_raised(place: Place) -> None:
    place.memory.fail("Endorse", grpc.StatusCode.ABORTED, "ProposalResponsePayloads do not match", times=99)
    with pytest.raises(EndorseError, match="do not match"):
        invoke(place, "Create", "apple", "red")


def test_a_refusal_of_ordering_is_raised(place: Place) -> None:
    place.memory.fail("Submit", grpc.StatusCode.ABORTED, "status=FORBIDDEN")
    with pytest.raises(SubmitError, match="FORBIDDEN"):
        invoke(place, "Create", "apple", "red")


def test_an_invalid_transaction_is_an_exception_with_the_peers_codes(place: Place) -> None:
    place.memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    with pytest.raises(InvalidTransaction) as caught:
        invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER])
    assert caught.value.args == (["ENDORSEMENT_POLICY_FAILURE", "ENDORSEMENT_POLICY_FAILURE"],)


def test_waiting_ends_after_the_time_given(place: Place) -> None:
    place.memory.hold()
    with pytest.raises(TimeoutError, match="waitForEvent timed out"):
        invoke(place, "Create", "apple", "red", wait_for_event_timeout=0.3)


def test_waiting_for_an_event_wants_its_name_to_begin_so(place: Place) -> None:
    assert invoke(place, "Create", "apple", "red", cc_pattern="^crea") == "red"
    with pytest.raises(TimeoutError, match="'created', which 'sold' does not match"):
        invoke(place, "Create", "pear", "green", cc_pattern="sold")


def test_transient_data_reaches_the_chaincode(place: Place) -> None:
    assert query(place, "Secret", transient_map={"secret": b"plum"}) == "plum"


def test_a_refused_query_carries_each_peers_answer(place: Place) -> None:
    with pytest.raises(QueryRefused, match="asset pear does not exist") as caught:
        query(place, "Read", "pear", peers=[PEER, OTHER_PEER])
    (responses,) = caught.value.args
    said = [(one.response.status, one.response.message) for one in responses]
    assert said == [(500, "asset pear does not exist")] * 2


def test_a_query_that_one_peer_refuses_is_refused(place: Place) -> None:
    invoke(place, "Create", "apple", "red")
    place.memory.fail("Evaluate", grpc.StatusCode.FAILED_PRECONDITION, "no peers available")
    with pytest.raises(QueryRefused, match=r"^the query was refused: no peers available$") as caught:
        query(place, "Read", "apple", peers=[PEER, OTHER_PEER])
    assert sorted(one.response.status for one in caught.value.args[0]) == [200, 500]


@pytest.mark.parametrize("peers", [[], [5]])
def test_a_call_names_peers(place: Place, peers: list[Any]) -> None:
    with pytest.raises(NoPeer, match="names no peer"):
        invoke(place, "Create", "a", "b", peers=peers)


def test_a_peer_that_is_not_in_the_profile_is_named(place: Place) -> None:
    with pytest.raises(NoPeer, match=r"no peer 'peer9' in the profile; it has peer0\.org1, peer1\.org1"):
        query(place, "Read", "a", peers=["peer9"])


def test_an_argument_that_is_neither_text_nor_bytes_is_named(place: Place) -> None:
    with pytest.raises(TypeError, match="argument 5 of the chaincode"):
        invoke(place, "Create", 5)


def test_the_ledger_is_read_in_hfcs_form(place: Place) -> None:
    invoke(place, "Create", "apple", "red")

    async def reading() -> None:
        client, user = place.client, place.user
        info = await client.query_info(user, CHANNEL, [PEER])
        assert info.height == place.memory.height
        block = await client.query_block(user, CHANNEL, [PEER], str(info.height - 1))
        assert block == await client.query_block_by_hash(user, CHANNEL, [PEER], info.currentBlockHash)
        envelope = block["data"]["data"][0]
        header = envelope["payload"]["header"]["channel_header"]
        assert (header["type_string"], header["channel_id"]) == ("ENDORSER_TRANSACTION", CHANNEL)
        assert block == await client.query_block_by_txid(user, CHANNEL, [PEER], header["tx_id"])
        transaction = await client.query_transaction(user, CHANNEL, [PEER], header["tx_id"])
        assert transaction == {"validation_code": 0, "transaction_envelope": envelope}
        extension = envelope["payload"]["data"]["actions"][0]["payload"]["action"][
            "proposal_response_payload"
        ]["extension"]
        assert extension["events"]["event_name"] == "created"
        assert extension["response"]["payload"] == b"red"

    run(place, reading())


@pytest.mark.parametrize(
    "call",
    [
        lambda client, user: client.query_block(user, CHANNEL, [PEER], "1000"),
        lambda client, user: client.query_transaction(user, CHANNEL, [PEER], "none"),
        lambda client, user: client.query_block_by_hash(user, CHANNEL, [PEER], b"none"),
        lambda client, user: client.query_block_by_txid(user, CHANNEL, [PEER], "none"),
        lambda client, user: client.query_peers(user, PEER, local=True),
    ],
)
def test_what_is_not_there_is_refused(place: Place, call: Any) -> None:
    with pytest.raises(QueryRefused):
        run(place, call(place.client, place.user))


def test_channels_are_those_that_the_peer_has_joined(place: Place) -> None:
    found = run(place, place.client.query_channels(place.user, [PEER]))
    assert [channel.channel_id for channel in found.channels] == [CHANNEL]


def test_a_refused_query_of_channels_has_the_peers_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise ChaincodeRefusal("access denied for [GetChannels]")

    monkeypatch.setattr("fabric_gateway.testing._ledger.MemoryLedger.invoke", refused)
    with pytest.raises(QueryRefused) as caught:
        run(place, place.client.query_channels(place.user, [PEER]))
    ((response,),) = caught.value.args
    assert (response.response.status, response.response.message) == (500, "access denied for [GetChannels]")


def test_peers_are_those_that_discovery_tells(place: Place) -> None:
    found = run(place, place.client.query_peers(place.user, PEER, channel=CHANNEL, local=False))
    (peer,) = found["local_peers"]["Org1MSP"]["peers"]
    assert (peer["mspid"], peer["endpoint"]) == ("Org1MSP", "peer0.memory:7051")
    assert peer["ledger_height"] == place.memory.height
    assert {"name": CHAINCODE, "version": "1.0"} in peer["chaincodes"]


def test_peers_of_no_channel_are_not_asked_for(place: Place) -> None:
    with pytest.raises(ValueError, match="name the channel"):
        run(place, place.client.query_peers(place.user, PEER, local=False))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("channel_create", "system channel"),
        ("channel_create", "osnadmin channel join"),
        ("channel_update", "configtxlator"),
        ("chaincode_install", "Fabric 1's lifecycle"),
        ("chaincode_install", "peer lifecycle chaincode install"),
        ("chaincode_install", "kindpakket network deploy"),
        ("chaincode_instantiate", "Fabric 1's lifecycle"),
        ("chaincode_upgrade", "Fabric 1's lifecycle"),
        ("query_installed_chaincodes", "lscc"),
        ("send_install_proposal", "Fabric 1's lifecycle"),
        ("channel_signconfigtx", "configtxlator"),
    ],
)
def test_what_fabric_no_longer_does_is_said(place: Place, call: str, words: str) -> None:
    async def calling() -> None:
        found = getattr(place.client, call)(place.user, peers=[PEER])
        if asyncio.iscoroutine(found):
            await found

    with pytest.raises(Impossible, match=words):
        run(place, calling())


def test_an_undecoded_answer_is_its_payload(place: Place) -> None:
    client = place.client
    plain = run(place, client.query_info(place.user, CHANNEL, [PEER], decode=False))
    assert plain == run(place, client.query_info(place.user, CHANNEL, [PEER])).SerializeToString()
    block = run(place, client.query_block(place.user, CHANNEL, [PEER], "0", decode=False))
    assert BlockDecoder.decode(block) == run(place, client.query_block(place.user, CHANNEL, [PEER], "0"))
    channels = run(place, client.query_channels(place.user, [PEER], decode=False))
    assert channels == run(place, client.query_channels(place.user, [PEER])).SerializeToString()


def test_a_client_lives_in_several_event_loops(place: Place) -> None:
    assert query(place, "query", "a") == "query:a"
    assert query(place, "query", "b") == "query:b"


def test_the_short_way_calls_invoke_and_query(place: Place) -> None:
    gateway = Gateway()

    async def short() -> list[str]:
        await gateway.connect(str(place.profile), {"identity": {"org_name": "org1", "name": "user"}})
        user = gateway.get_current_identity()
        client = gateway.get_client()
        assert user is not None
        assert client is not None
        contract = (await gateway.get_network(CHANNEL, user)).get_contract(CHAINCODE)
        try:
            return [
                await contract.submit_transaction(CHANNEL, ["a", "b"], user),
                await contract.evaluate_transaction(CHANNEL, ["c"], user),
            ]
        finally:
            await client.close_grpc_channels()

    assert asyncio.run(short()) == ["invoke:a,b", "query:c"]


def test_the_short_way_begins_with_connect(place: Place) -> None:
    with pytest.raises(ValueError, match="await connect"):
        asyncio.run(Gateway().get_network(CHANNEL, place.user))


def test_a_client_shows_its_own_certificate_to_a_peer_that_asks_for_one(place: Place, tmp_path: Path) -> None:
    with MemoryGateway({CHAINCODE: assets}, channel=CHANNEL, mutual_tls=True) as guarded:
        files = {
            "roots": guarded.tls_root,
            "key": guarded.client_key,
            "certificate": guarded.client_certificate,
        }
        for name, content in files.items():
            (tmp_path / name).write_bytes(content or b"")
        peer = create_peer(
            guarded.endpoint,
            tls_cacerts=tmp_path / "roots",
            opts=[("grpc.ssl_target_name_override", "peer0.memory")],
        )
        peer.set_tls_client_cert_and_key(tmp_path / "key", tmp_path / "certificate")

        async def asking() -> str:
            try:
                return await place.client.chaincode_query(place.user, CHANNEL, [peer], ["a"], CHAINCODE)
            finally:
                await peer.close()

        assert asyncio.run(asking()) == "query:a"


@pytest.fixture
def two(place: Place) -> Iterator[tuple[Place, MemoryGateway]]:
    """The client's second peer is one of its own."""
    with place.memory.replica() as other:
        place.client.peers[OTHER_PEER].endpoint = other.endpoint
        yield place, other


def test_a_peer_that_cannot_be_reached_is_not_waited_for(two: tuple[Place, MemoryGateway]) -> None:
    place, other = two
    other.stop()
    assert invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER]) == "red"


def test_a_peer_that_is_late_is_waited_for(two: tuple[Place, MemoryGateway]) -> None:
    place, other = two
    other.fail("CommitStatus", grpc.StatusCode.UNAVAILABLE, "not yet", times=5)
    assert invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER]) == "red"
    assert other.calls.count("CommitStatus") > 5


def test_another_gateway_is_taken_when_the_first_cannot_be_reached(two: tuple[Place, MemoryGateway]) -> None:
    place, other = two
    place.memory.stop()
    assert invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER]) == "red"
    assert "Endorse" in other.calls


def test_a_failure_that_another_gateway_would_have_too_is_raised(two: tuple[Place, MemoryGateway]) -> None:
    place, other = two
    place.memory.fail("Endorse", grpc.StatusCode.ABORTED, "ProposalResponsePayloads do not match", times=99)
    with pytest.raises(EndorseError, match="do not match"):
        invoke(place, "Create", "apple", "red", peers=[PEER, OTHER_PEER])
    assert "Endorse" not in other.calls
