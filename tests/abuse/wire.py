"""Fabric's services without the Gateway or the library's care: what a hostile client would send."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from ground import Ground
from support import gateway_at

from fabric_gateway import (
    CommitError,
    Contract,
    EndorseError,
    EvaluateError,
    EventsError,
    Identity,
    Proposal,
    SubmitError,
)
from fabric_gateway._flows.proposing import Proposed
from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockTransaction
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import until
from patience import PATIENCE

ENDORSER = "/protos.Endorser/ProcessProposal"
BROADCAST = "/orderer.AtomicBroadcast/Broadcast"
ORDERER_DELIVER = "/orderer.AtomicBroadcast/Deliver"
DELIVER_WITH_PRIVATE = "/protos.Deliver/DeliverWithPrivateData"


def shifted(contract: Contract, name: str, argument: str, by: timedelta) -> Proposal:
    """A proposal whose timestamp differs from now by `by`."""
    session = contract.proposal(name, argument)._session
    parts = wire.proposal(
        creator=session.identity.serialized,
        nonce=os.urandom(24),
        now=datetime.now(UTC) + by,
        channel=contract.channel,
        chaincode=contract.chaincode,
        arguments=[name.encode(), argument.encode()],
        transient={},
    )
    return Proposal(session, Proposed(parts, contract.channel, ()))


def endorse_at(ground: Ground, peer_of: str, identity: Identity, proposal: Proposal) -> None:
    """Send a proposal directly to one peer's endorser.

    Raises:
        EndorseError: it refuses.
    """
    signed = m.proposal.SignedProposal(proposal_bytes=proposal.bytes, signature=identity.sign(proposal.bytes))
    with gateway_at(ground.desk.network, peer_of, identity) as gateway:
        call = gateway._session.link().channel.unary_unary(ENDORSER, None, None)
        try:
            answer = call(signed.SerializeToString(), timeout=PATIENCE)
        except grpc.RpcError as error:
            raise EndorseError(str(error.details()), status=error.code()) from None
    response = m.proposal_response.ProposalResponse.FromString(answer).response
    if response.status >= 400:
        raise EndorseError(response.message, status=grpc.StatusCode.ABORTED)


def order_at(ground: Ground, orderer_of: str, envelope: bytes) -> None:
    """Send an envelope directly to one consenter.

    Raises:
        SubmitError: it refuses.
    """
    with orderer_channel(ground, orderer_of) as channel:
        call = channel.stream_stream(BROADCAST, None, None)
        answer = m.ab.BroadcastResponse.FromString(next(iter(call(iter([envelope]), timeout=PATIENCE))))
    name = m.common.Status.Name(answer.status)
    if name != "SUCCESS":
        raise SubmitError(f"status={name}, info={answer.info}", status=grpc.StatusCode.UNAVAILABLE)


def blocks_of(ground: Ground, orderer_of: str, identity: Identity) -> None:
    """Read the genesis block directly from a consenter.

    Raises:
        EventsError: it refuses.
    """
    payload = seek(ground, identity)
    with orderer_channel(ground, orderer_of) as channel:
        call = channel.stream_stream(ORDERER_DELIVER, None, None)
        signed = wire.envelope(payload, identity.sign(payload))
        answer = next(iter(call(iter([signed]), timeout=PATIENCE)))
    delivered = m.ab.DeliverResponse.FromString(answer)
    if delivered.WhichOneof("Type") == "status":
        name = m.common.Status.Name(delivered.status)
        raise EventsError(f"status={name}", status=grpc.StatusCode.PERMISSION_DENIED)


def private_blocks(ground: Ground, peer_of: str, identity: Identity, last: int) -> list[Any]:
    """All blocks with the private data that a peer hands to a client, as `BlockAndPrivateData` messages.

    Raises:
        EventsError: it refuses.
    """
    payload = seek(ground, identity, last)
    received: list[Any] = []
    with gateway_at(ground.desk.network, peer_of, identity) as gateway:
        call = gateway._session.link().channel.stream_stream(DELIVER_WITH_PRIVATE, None, None)
        for answer in call(iter([wire.envelope(payload, identity.sign(payload))]), timeout=PATIENCE):
            delivered = m.events.DeliverResponse.FromString(answer)
            if delivered.WhichOneof("Type") == "status":
                name = m.common.Status.Name(delivered.status)
                if name == "SUCCESS":
                    return received
                raise EventsError(f"status={name}", status=grpc.StatusCode.PERMISSION_DENIED)
            received.append(delivered.block_and_private_data)
    return received


def seek(ground: Ground, identity: Identity, last: int = 0) -> bytes:
    """The payload to sign in a request for the blocks up to a number."""
    return wire.seek_payload(
        creator=identity.serialized,
        nonce=os.urandom(24),
        now=datetime.now(UTC),
        channel=ground.desk.channel,
        start=0,
        stop=last,
    )


def orderer_channel(ground: Ground, orderer_of: str) -> grpc.Channel:
    """A connection to a consenter."""
    network = ground.desk.network
    home = Home(network.home)
    (orderer,) = (
        node for node in Inventory.of(network.topology, home).orderers if node.organisation == orderer_of
    )
    credentials = grpc.ssl_channel_credentials(home.tls_root(orderer_of).read_bytes())
    options = [("grpc.ssl_target_name_override", orderer.node)]
    return grpc.secure_channel(orderer.endpoint, credentials, options)


def tampered(envelope: bytes, identity: Identity, change: Callable[[Any], None]) -> bytes:
    """An endorsed transaction with its action changed, signed by any identity.

    Args:
        envelope: the transaction.
        identity: who signs.
        change: changes the `ChaincodeActionPayload` in place.
    """
    payload = m.common.Payload.FromString(wire.split_envelope(envelope)[0])
    transaction = m.transaction.Transaction.FromString(payload.data)
    action = m.transaction.ChaincodeActionPayload.FromString(transaction.actions[0].payload)
    change(action)
    transaction.actions[0].payload = action.SerializeToString()
    payload.data = transaction.SerializeToString()
    data = payload.SerializeToString()
    return wire.envelope(data, identity.sign(data))


def invalid_in_a_block(ground: Ground, transaction_id: str, start: int) -> None:
    """Wait until a transaction appears in a block from `start` on.

    Raises:
        CommitError: it is invalid there.
    """

    def search() -> tuple[int, BlockTransaction] | None:
        for block in ground.desk.auditor.blocks(start):
            for transaction in block.transactions:
                if transaction.transaction_id == transaction_id:
                    return block.number, transaction
        return None

    number, transaction = until(search, PATIENCE) or (0, None)
    if transaction is None:
        raise EvaluateError("the transaction is in no block", status=grpc.StatusCode.NOT_FOUND)
    if not transaction.valid:
        raise CommitError(transaction_id, transaction.code, number)
