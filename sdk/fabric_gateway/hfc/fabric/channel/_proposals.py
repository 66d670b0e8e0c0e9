"""Proposals that a client sends to peers itself, and blocks that it asks of orderers."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._parts import create_cc_spec
from fabric_gateway.hfc.errors import OrdererRefused
from fabric_gateway.hfc.util.consts import CC_INVOKE, CC_TYPE_GOLANG
from fabric_gateway.hfc.util.utils import (
    build_cc_proposal,
    build_channel_header,
    build_header,
    current_timestamp,
    send_transaction_proposal,
)

_ENDORSER_TRANSACTION = 3
_SIGNATURES, _LAST_CONFIG = 0, 1


def send_proposal(channel_name: str, tx_context: Any, peers: Iterable[Any]) -> tuple[list[Any], Any, Any]:
    """Send what a context's request asks for to each peer; the awaitable answers, the proposal, its header.

    The proposal is without the private input, as it goes into the transaction.
    """
    request = tx_context.tx_prop_req
    arguments = [_bytes(argument) for argument in (request.fcn or CC_INVOKE, *request.args)]
    return _send(channel_name, tx_context, peers, request.cc_name, arguments, request)


def send_join(tx_context: Any, peers: Iterable[Any], block: bytes) -> list[Any]:
    """Send each peer the first block of a channel that it is to join; the awaitable answers."""
    return _send("", tx_context, peers, "cscc", [b"JoinChain", block], None)[0]


def _send(
    channel_name: str,
    tx_context: Any,
    peers: Iterable[Any],
    chaincode: str,
    arguments: list[bytes],
    request: Any,
) -> tuple[list[Any], Any, Any]:
    named = m.chaincode.ChaincodeID(name=chaincode)
    taken = m.chaincode.ChaincodeInput(args=arguments, is_init=bool(request and request.is_init))
    called = m.chaincode.ChaincodeInvocationSpec(chaincode_spec=create_cc_spec(taken, named, CC_TYPE_GOLANG))
    extension = m.proposal.ChaincodeHeaderExtension(chaincode_id=named)
    header = build_header(
        tx_context.identity,
        build_channel_header(
            _ENDORSER_TRANSACTION,
            tx_context.tx_id,
            channel_name,
            current_timestamp(),
            tx_context.epoch,
            extension.SerializeToString(),
        ),
        tx_context.nonce,
    )
    private = request.transient_map if request else None
    sent = send_transaction_proposal(build_cc_proposal(called, header, private), tx_context, peers)
    return sent, build_cc_proposal(called, header, None), header


async def block_of(orderer: Any, tx_context: Any, channel_name: str, number: int | None) -> Any:
    """One block as an orderer delivers it: by its number, or the newest.

    Raises:
        OrdererRefused: the orderer answers without a block.
        grpc.RpcError: the orderer cannot be reached.
    """
    status = "no answer"
    async with aclosing(orderer.blocks(tx_context, channel_name, number)) as responses:
        async for response in responses:
            if response.WhichOneof("Type") == "block":
                return response.block
            status = m.common.Status.Name(response.status)
            break
    which = "the newest block" if number is None else f"block {number}"
    raise OrdererRefused(
        f"orderer {orderer.name} ({orderer.endpoint}) does not deliver {which} of channel {channel_name}: "
        f"{status}. FORBIDDEN means that the channel's readers do not include this user's organisation, "
        "NOT_FOUND that this orderer does not serve the channel"
    )


def last_configuration(block: Any) -> int:
    """The number of the block with the configuration that a block was ordered under."""
    signed = m.common.Metadata.FromString(block.metadata.metadata[_SIGNATURES])
    found = m.common.OrdererBlockMetadata.FromString(signed.value)
    if found.HasField("last_config"):
        return int(found.last_config.index)
    older = m.common.Metadata.FromString(block.metadata.metadata[_LAST_CONFIG])
    return int(m.common.LastConfig.FromString(older.value).index)


def _bytes(argument: str | bytes) -> bytes:
    if not isinstance(argument, str | bytes):
        raise TypeError(f"argument {argument!r} of the chaincode is neither text nor bytes: convert it")
    return argument.encode() if isinstance(argument, str) else argument
