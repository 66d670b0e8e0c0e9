"""Offline signing: a gateway without a private key runs each step, and the key signs elsewhere."""

from __future__ import annotations

import hashlib

import pytest
from scenario_support import CHANNEL, Clients, Place, new_key
from styles import take

from fabric_gateway import Gateway, Identity, IdentityError
from fabric_gateway.blocks import Block


def without_key(place: Place) -> tuple[Identity, Identity]:
    """A user's certificate without its key, and the complete identity, which is elsewhere."""
    elsewhere = place.identity("org1")
    return Identity(elsewhere.mspid, elsewhere.certificate_pem), elsewhere


def keyless(clients: Clients, identity: Identity) -> Gateway:
    """A gateway for an identity whose key is elsewhere."""
    return clients.over(clients.place.profile("org1"), identity)


def test_an_evaluation_is_signed_elsewhere(clients: Clients, place: Place) -> None:
    identity, elsewhere = without_key(place)
    with keyless(clients, identity) as gateway:
        proposal = gateway.network(CHANNEL).contract("open").proposal("Echo", "conga")
        assert proposal.digest == hashlib.sha256(proposal.bytes).digest()
        signed = gateway.signed_proposal(proposal.message, elsewhere.sign(proposal.bytes))
        assert signed.transaction_id == proposal.transaction_id
        assert signed.evaluate() == b"conga"


def test_every_step_of_a_submit_is_signed_elsewhere(clients: Clients, place: Place) -> None:
    identity, elsewhere = without_key(place)
    with keyless(clients, identity) as gateway:
        proposal = gateway.network(CHANNEL).contract("strict").proposal("Echo", "conga")
        proposal = gateway.signed_proposal(proposal.message, elsewhere.sign(proposal.bytes))
        transaction = proposal.endorse()
        transaction = gateway.signed_transaction(transaction.message, elsewhere.sign(transaction.bytes))
        commit = transaction.submit()
        commit = gateway.signed_commit(commit.message, elsewhere.sign(commit.bytes))
        status = commit.status()
    assert transaction.result == b"conga"
    assert status.successful
    assert status.transaction_id == proposal.transaction_id


def test_requests_for_events_and_blocks_are_signed_elsewhere(clients: Clients, place: Place) -> None:
    identity, elsewhere = without_key(place)
    name = new_key()
    with place.connect("org1") as other:
        submitted = other.network(CHANNEL).contract("strict").submit_async("Emit", name, "offline")
        number = submitted.status().block_number
    with keyless(clients, identity) as gateway:
        ledger = gateway.network(CHANNEL)
        request = ledger.chaincode_events_request("strict", start_block=number)
        request = gateway.signed_chaincode_events(request.message, elsewhere.sign(request.bytes))
        with request.stream() as events:
            assert take(events, lambda event: event.name == name).payload == b"offline"
        whole = ledger.blocks_request(number, number)
        whole = gateway.signed_block_events(whole.message, elsewhere.sign(whole.bytes))
        with whole.stream() as blocks:
            assert Block.decode(next(iter(blocks))).number == number
        filtered = ledger.filtered_blocks_request(number, number)
        filtered = gateway.signed_filtered_block_events(filtered.message, elsewhere.sign(filtered.bytes))
        with filtered.stream() as filtered_blocks:
            assert next(iter(filtered_blocks)).number == number


def test_what_is_not_signed_does_not_leave(clients: Clients, place: Place) -> None:
    identity, _ = without_key(place)
    with keyless(clients, identity) as gateway:
        contract = gateway.network(CHANNEL).contract("open")
        with pytest.raises(IdentityError, match="is not here"):
            contract.submit("Echo", "conga")
        with pytest.raises(IdentityError, match="is not here"):
            contract.evaluate("Echo", "conga")
        proposal = contract.proposal("Echo", "conga")
        with pytest.raises(IdentityError):
            gateway.signed_proposal(proposal.message, place.identity("org2").sign(proposal.bytes))
