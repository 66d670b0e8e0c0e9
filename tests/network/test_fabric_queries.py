"""Queries on a live network: its ledger, and what its peers know about the channel."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support import identity_of, through

from fabric_gateway import (
    DiscoveryError,
    EvaluateError,
    Identity,
    NotOnLedger,
    Profile,
    aio,
    connect,
)
from fabric_gateway import Network as Ledger
from fabric_gateway._wire import messages as m
from fabric_gateway.testing import make_identity
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, MUNICIPALITY, SHOPS, Desk
from kindpakket_network import Network

LARGE = 5 << 20  # bytes; above gRPC's default limit, below the channel's


@pytest.fixture(scope="module")
def ledger(desk: Desk) -> Ledger:
    """The channel, as the municipality's clerk sees it."""
    return desk.ledger(MUNICIPALITY, "clerk")


def test_the_chain_is_read_back_from_its_end_to_its_beginning(ledger: Ledger) -> None:
    info = ledger.info()
    block = ledger.block_by_hash(info.current_block_hash)
    assert block.number == info.height - 1
    assert block.previous_hash == info.previous_block_hash
    while block.number:
        earlier = ledger.block(block.number - 1)
        assert (block.intact, block.follows(earlier)) == (True, True)
        assert ledger.block_by_hash(block.previous_hash) == earlier
        block = earlier
    assert (block.previous_hash, block.signatures, block.last_config) == (b"", (), 0)
    assert [transaction.kind for transaction in block.transactions] == ["CONFIG"]


def test_orderers_state_the_last_configuration_and_sign(ledger: Ledger) -> None:
    block = ledger.block(ledger.info().height - 1)
    assert block.last_config is not None
    assert ledger.block(block.last_config).transactions[0].kind == "CONFIG"
    assert len({signature.consenter for signature in block.signatures}) >= 3  # a quorum of four
    assert len(block.commit_hash) == 32


def test_a_transaction_and_its_block_are_found_by_id(desk: Desk, ledger: Ledger) -> None:
    events = [item for number in range(ledger.info().height) for item in ledger.block(number).transactions]
    initialise = next(item for item in events if item.function == "organisations:Initialise")
    assert initialise.valid
    queried = ledger.transaction(initialise.transaction_id)
    block = ledger.block_of(initialise.transaction_id)
    assert (queried.block_number, queried.code) == (block.number, "VALID")
    assert queried.envelope == initialise.envelope == block.transactions[initialise.index].envelope
    assert (queried.chaincode, queried.function, queried.channel) == (CHAINCODE, initialise.function, CHANNEL)
    assert {item.endorser.mspid for item in queried.endorsements} == {"GemeenteMSP", "WinkelsMSP"}
    assert queried.writes(CHAINCODE)
    assert queried.creator and queried.creator.mspid == "GemeenteMSP"
    desk.in_step()
    assert desk.ledger(AUDITOR, "auditor").transaction(initialise.transaction_id) == queried


def test_the_configuration_is_read_as_it_was_set(network: Network, ledger: Ledger) -> None:
    config = ledger.channel_config()
    genesis = ledger.block(0).transactions[0].config
    assert genesis is not None
    assert (config.channel, genesis.channel) == (CHANNEL, CHANNEL)
    members = {item.name: item.msp for item in network.topology.organisations if item.peers}
    assert [organisation.msp.mspid for organisation in config.organizations] == sorted(members.values())
    anchors = {item.msp.mspid: item.anchor_peers for item in config.organizations}
    for organisation, msp in members.items():
        assert anchors[msp] == (Profile.load(network.profile(organisation)).peer().address,)
    ordering = config.ordering
    assert (ordering.type, len(ordering.consenters)) == ("BFT", 4)
    assert {consenter.mspid for consenter in ordering.consenters} == set(ledger.config().orderers)
    endpoints = {item.msp.mspid: item.endpoints for item in ordering.organizations}
    assert endpoints == ledger.config().orderers
    assert ordering.absolute_max_bytes > ordering.preferred_max_bytes > 0
    signers = {item.consenter for item in ledger.block(ledger.info().height - 1).signatures}
    assert signers <= {consenter.id for consenter in ordering.consenters}
    assert config.acls["qscc/GetBlockByNumber"] == "/Channel/Application/BlockReaders"
    assert config.policies["/Channel/Application/WinkelsMSP/BlockReaders"] == (
        "OR('WinkelsMSP.admin', 'WinkelsMSP.peer')"
    )
    assert config.policies["/Channel/Application/Writers"] == "ANY Writers"
    assert "V2_5" in config.capabilities["Application"]


def test_what_is_not_there_is_told_apart_from_a_failure(ledger: Ledger) -> None:
    with pytest.raises(NotOnLedger, match="no such block number"):
        ledger.block(1_000_000)
    with pytest.raises(NotOnLedger, match="no such block hash"):
        ledger.block_by_hash(b"\x01" * 32)
    for question in (ledger.block_of, ledger.transaction):
        with pytest.raises(NotOnLedger, match="no such transaction ID"):
            question("ab" * 32)


def test_who_may_not_read_blocks_is_refused(network: Network) -> None:
    network.enrol(SHOPS, "queries-till", {"kindpakket.role": "cashier"})
    with through(network, SHOPS, SHOPS, "queries-till") as till:
        for question in (till.info, lambda: till.block(0), lambda: till.transaction("ab" * 32)):
            with pytest.raises(EvaluateError, match="access denied") as caught:
                question()
            assert caught.value.forbidden
            assert not isinstance(caught.value, NotOnLedger)


def test_asyncio_asks_the_same(network: Network, ledger: Ledger) -> None:
    async def ask() -> None:
        profile = Profile.load(network.profile(MUNICIPALITY))
        async with aio.connect(profile, identity_of(network, MUNICIPALITY, "clerk")) as gateway:
            there = gateway.network(CHANNEL)
            genesis, peers, plan = await asyncio.gather(
                there.block(0), there.peers(), there.endorsers(CHAINCODE)
            )
            assert genesis == ledger.block(0)
            assert {peer.address for peer in peers} == {peer.address for peer in ledger.peers()}
            assert set(plan.organizations) == set(ledger.endorsers(CHAINCODE).organizations)

    asyncio.run(ask())


def inflated(ledger: Ledger, identity: Identity, size: int) -> tuple[str, bytes]:
    """A transaction that any writer can have ordered: with an argument of this size, and no endorsement."""
    proposal = ledger.contract(CHAINCODE).proposal("scheme:Open", b"x" * size)
    made = m.proposal.Proposal.FromString(proposal.bytes)
    header = m.common.Header.FromString(made.header)
    response = m.proposal_response.ProposalResponsePayload().SerializeToString()
    action = m.transaction.ChaincodeActionPayload(
        chaincode_proposal_payload=made.payload,
        action=m.transaction.ChaincodeEndorsedAction(proposal_response_payload=response),
    )
    body = m.transaction.Transaction()
    body.actions.add(header=header.signature_header, payload=action.SerializeToString())
    payload = m.common.Payload(header=header, data=body.SerializeToString()).SerializeToString()
    envelope = m.common.Envelope(payload=payload, signature=identity.sign(payload))
    return proposal.transaction_id, envelope.SerializeToString()


def test_a_block_above_four_megabytes_is_read(network: Network, ledger: Ledger) -> None:
    identity = identity_of(network, MUNICIPALITY, "clerk")
    transaction_id, envelope = inflated(ledger, identity, LARGE)
    status = ledger.transaction_from(envelope).submit().status()
    assert not status.successful
    block = ledger.block(status.block_number)
    assert block == ledger.block_of(transaction_id)
    (transaction,) = [item for item in block.transactions if item.transaction_id == transaction_id]
    assert (transaction.code, transaction.envelope) == (status.code, envelope)
    queried = ledger.transaction(transaction_id)
    assert (queried.valid, queried.block_number, queried.envelope) == (False, block.number, envelope)
    assert queried.arguments == (b"x" * LARGE,)
    delivered = next(iter(ledger.blocks(block.number, block.number)))
    assert len(delivered.SerializeToString()) > LARGE


def test_discovery_knows_what_the_topology_says(network: Network, ledger: Ledger) -> None:
    topology = network.topology
    members = {item.name: item.msp for item in topology.organisations if item.peers}
    peers = ledger.peers()
    assert [peer.mspid for peer in peers] == sorted(members.values())
    for organisation, msp in members.items():
        profile = Profile.load(network.profile(organisation))
        assert [peer.address for peer in peers if peer.mspid == msp] == [profile.peer().address]
    height = ledger.info().height
    assert all(0 < peer.height <= height for peer in peers)
    for peer in peers:
        assert (CHAINCODE, "1") in [(item.name, item.version) for item in peer.chaincodes]
    # Other tests' blocks may come in between.
    assert [replace(peer, height=0) for peer in ledger.peers(CHAINCODE)] == [
        replace(peer, height=0) for peer in peers
    ]


def test_discovery_knows_the_organisations(network: Network, ledger: Ledger) -> None:
    config = ledger.config()
    assert set(config.msps) == {item.msp for item in network.topology.organisations}
    assert all(len(addresses) == 1 for addresses in config.orderers.values())
    assert set(config.orderers) == {item.msp for item in network.topology.organisations if item.consenter}
    gemeente = config.msps["GemeenteMSP"]
    root = network.home / "organisations" / MUNICIPALITY / "msp" / "cacerts" / "ca.pem"
    assert gemeente.root_certificates == (root.read_bytes(),)
    assert gemeente.node_ous


def test_discovery_plans_endorsements_by_the_policies(ledger: Ledger) -> None:
    plan = ledger.endorsers(CHAINCODE)
    assert set(plan.organizations) == {
        frozenset({"GemeenteMSP", "WinkelsMSP"}),
        frozenset({"GemeenteMSP", "AuditorMSP"}),
    }
    with pytest.raises(DiscoveryError, match="failed constructing descriptor"):
        ledger.endorsers("nosuch")


def test_discovery_is_refused_to_strangers(network: Network, desk: Desk) -> None:
    profile = Profile.load(network.profile(MUNICIPALITY))
    with connect(profile, make_identity("GemeenteMSP")) as gateway, pytest.raises(DiscoveryError) as caught:
        gateway.network(CHANNEL).peers()
    assert caught.value.forbidden
