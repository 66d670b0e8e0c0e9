"""What a peer tells of its channel: peers, organisations, endorsers."""

from __future__ import annotations

from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import (
    ChaincodeCall,
    ChaincodeVersion,
    DecodeError,
    DiscoveredPeer,
    DiscoveryError,
    EndorsementPlan,
    EvaluateError,
)
from fabric_gateway._connection.flow import Call
from fabric_gateway._flows import discovery
from fabric_gateway._wire import messages as m
from fabric_gateway.testing import ChaincodeRefusal, MemoryGateway, make_identity

PEER = make_identity("WinkelsMSP", name="peer0")
OTHER = make_identity("AuditorMSP", name="peer1")


def peer(who: Any, address: str, height: int) -> Any:
    alive, state = m.gossip.GossipMessage(), m.gossip.GossipMessage()
    alive.alive_msg.membership.endpoint = address
    state.state_info.properties.ledger_height = height
    state.state_info.properties.chaincodes.add(name="kindpakket", version="2")
    state.state_info.properties.chaincodes.add(name="_lifecycle", version="1")
    return m.discovery.Peer(
        identity=who.serialized,
        membership_info=m.gossip.Envelope(payload=alive.SerializeToString()),
        state_info=m.gossip.Envelope(payload=state.SerializeToString()),
    )


def known(who: Any, address: str, height: int) -> DiscoveredPeer:
    versions = (ChaincodeVersion("_lifecycle", "1"), ChaincodeVersion("kindpakket", "2"))
    return DiscoveredPeer(who.mspid, address, who.certificate_pem, height, versions)


def answered(network: Any, make: Any, *results: Any) -> tuple[Any, Any]:
    """Run a flow of discovery against a scripted answer; what was asked, and what came of it."""
    session = getattr(network, "_wrapped", network)._session
    flow = make(session)
    step = next(flow)
    assert isinstance(step, Call)
    assert step.path == "/discovery.Discovery/Discover"
    signed = m.discovery.SignedRequest.FromString(step.request)
    response = m.discovery.Response(results=results)
    try:
        flow.send(response.SerializeToString())
    except StopIteration as end:
        return m.discovery.Request.FromString(signed.payload), end.value
    raise AssertionError("the flow asked more than once")


def test_peers_are_told_with_their_height_and_chaincodes(network: Any, memory: MemoryGateway) -> None:
    (found,) = network.peers()
    assert (found.mspid, found.address, found.height) == ("Org1MSP", "peer0.memory:7051", memory.height)
    assert ChaincodeVersion("ledger", "1.0") in found.chaincodes
    assert found.certificate_pem.startswith(b"-----BEGIN CERTIFICATE-----")
    assert network.peers("ledger") == (found,)
    assert network.peers("ledger", "absent") == ()


def test_organisations_and_orderers_are_told(network: Any) -> None:
    config = network.config()
    assert config.msps["Org1MSP"].root_certificates == (network.peers()[0].certificate_pem,)
    assert config.msps["Org1MSP"].node_ous
    assert config.orderers == {"OrdererMSP": ("orderer.memory:7050",)}


def test_endorsers_are_told_by_layout(network: Any) -> None:
    plan = network.endorsers("ledger")
    assert plan == EndorsementPlan("ledger", {"G0": network.peers()}, ({"G0": 1},))
    assert plan.organizations == ({"Org1MSP"},)


def test_a_chaincode_that_is_not_there_has_no_endorsers(network: Any) -> None:
    with pytest.raises(DiscoveryError, match="failed constructing descriptor") as caught:
        network.endorsers("absent")
    assert (caught.value.status, caught.value.forbidden) == (StatusCode.FAILED_PRECONDITION, False)


def test_who_is_refused_learns_so(opened: Any) -> None:
    with pytest.raises(DiscoveryError, match="PERMISSION_DENIED: access denied") as caught:
        opened().network("elsewhere").peers()
    assert caught.value.forbidden


def test_channels_that_the_peer_has_joined_are_listed(opened: Any) -> None:
    assert opened().channels() == ("channel",)


def test_a_refusal_to_list_channels_says_why(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise ChaincodeRefusal("access denied for [GetChannels]")

    monkeypatch.setattr("fabric_gateway.testing._ledger.MemoryLedger.invoke", refused)
    with pytest.raises(EvaluateError, match="chaincode response 500") as caught:
        opened().channels()
    assert caught.value.chaincode_message == "access denied for [GetChannels]"
    assert caught.value.forbidden


def test_only_administrators_may_list_all_known_peers(opened: Any) -> None:
    with pytest.raises(DiscoveryError, match="access denied") as caught:
        opened().known_peers()
    assert caught.value.forbidden


def test_known_peers_belong_to_no_channel(network: Any) -> None:
    alive = m.gossip.GossipMessage()
    alive.alive_msg.membership.endpoint = "peer1:7051"
    who = make_identity("Org2MSP")
    result = m.discovery.QueryResult()
    result.members.peers_by_org["Org2MSP"].peers.add(
        identity=who.serialized, membership_info=m.gossip.Envelope(payload=alive.SerializeToString())
    )
    asked, found = answered(network, lambda session: discovery.finding_known_peers(session, 1), result)
    (query,) = asked.queries
    assert (query.WhichOneof("query"), query.channel) == ("local_peers", "")
    assert found == (DiscoveredPeer("Org2MSP", "peer1:7051", who.certificate_pem, 0, ()),)


def test_passing_failures_are_asked_again(network: Any, memory: MemoryGateway) -> None:
    memory.fail("Discover", StatusCode.UNAVAILABLE, "starting", times=2)
    assert len(network.peers()) == 1
    assert memory.calls.count("Discover") == 3
    memory.fail("Discover", StatusCode.UNKNOWN, "client didn't send a TLS certificate")
    with pytest.raises(DiscoveryError, match="TLS certificate"):
        network.config()


def test_with_mutual_tls_the_request_names_the_certificate() -> None:
    with MemoryGateway({"ledger": lambda _: b""}, mutual_tls=True) as memory, memory.connect() as gateway:
        assert len(gateway.network("channel").peers()) == 1


def test_a_question_says_all_that_a_call_does(network: Any) -> None:
    policy = m.policies.SignaturePolicyEnvelope(version=7)
    call = ChaincodeCall("kindpakket", ("citizens",), True, True, (policy.SerializeToString(),), True)
    result = m.discovery.QueryResult()
    result.cc_query_res.content.add(chaincode="kindpakket")
    asked, _ = answered(
        network, lambda session: discovery.finding_endorsers(session, "zuidhorn", 1, [call, "qscc"]), result
    )
    assert asked.queries[0].channel == "zuidhorn"
    first, second = asked.queries[0].cc_query.interests[0].chaincodes
    assert (first.name, list(first.collection_names), second.name) == ("kindpakket", ["citizens"], "qscc")
    assert (first.no_private_reads, first.no_public_writes, first.disregard_namespace_policy) == (True,) * 3
    assert first.key_policies[0].version == 7
    assert not second.no_private_reads


def test_a_plan_names_groups_highest_ledger_first(network: Any) -> None:
    result = m.discovery.QueryResult()
    plan = result.cc_query_res.content.add(chaincode="kindpakket")
    plan.endorsers_by_groups["G1"].peers.append(peer(OTHER, "auditor:1", 3))
    plan.endorsers_by_groups["G0"].peers.extend([peer(PEER, "shop:1", 7), peer(PEER, "shop:2", 9)])
    layout = plan.layouts.add()
    layout.quantities_by_group["G0"] = 2
    layout.quantities_by_group["G1"] = 1
    plan.layouts.add().quantities_by_group["G0"] = 2
    _, found = answered(
        network, lambda session: discovery.finding_endorsers(session, "zuidhorn", 1, ["kindpakket"]), result
    )
    assert found.groups == {
        "G0": (known(PEER, "shop:2", 9), known(PEER, "shop:1", 7)),
        "G1": (known(OTHER, "auditor:1", 3),),
    }
    assert found.layouts == ({"G0": 2, "G1": 1}, {"G0": 2})
    assert found.organizations == ({"WinkelsMSP", "AuditorMSP"}, {"WinkelsMSP"})


def test_peers_are_sorted_by_organisation_and_address(network: Any) -> None:
    result = m.discovery.QueryResult()
    result.members.peers_by_org["WinkelsMSP"].peers.extend([peer(PEER, "shop:2", 1), peer(PEER, "shop:1", 2)])
    result.members.peers_by_org["AuditorMSP"].peers.append(peer(OTHER, "auditor:1", 3))
    result.members.peers_by_org["GemeenteMSP"].SetInParent()
    _, found = answered(network, lambda session: discovery.finding_peers(session, "zuidhorn", 1, ()), result)
    assert found == (
        known(OTHER, "auditor:1", 3),
        known(PEER, "shop:1", 2),
        known(PEER, "shop:2", 1),
    )


def test_an_answer_to_another_question_is_an_error(network: Any) -> None:
    other = m.discovery.QueryResult()
    other.members.peers_by_org["Org1MSP"].SetInParent()
    for results in ((), (other,), (other, other)):
        with pytest.raises(DiscoveryError, match="none of them a config_result"):
            answered(network, lambda session: discovery.finding_config(session, "zuidhorn", 1), *results)


def test_mistakes_of_the_caller_are_told_before_anything_is_asked(network: Any) -> None:
    with pytest.raises(ValueError, match="at least one chaincode"):
        network.endorsers()
    with pytest.raises(DecodeError, match="SignaturePolicyEnvelope"):
        network.endorsers(ChaincodeCall("ledger", key_policies=(b"\xff",)))
