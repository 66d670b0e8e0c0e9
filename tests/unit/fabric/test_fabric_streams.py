"""Blocks, filtered blocks and chaincode events."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import ChaincodeEvent, EventsError
from fabric_gateway._wire import messages
from fabric_gateway.blocks import Block
from fabric_gateway.testing import MemoryGateway


def test_blocks_come_in_order_up_to_the_stop(network: Any, contract: Any) -> None:
    for number in range(3):
        contract.submit("Add", "a", str(number))
    assert [block.header.number for block in network.blocks(1, 3)] == [1, 2, 3]
    blocks = [Block.decode(block) for block in network.blocks(0, 3)]
    assert all(later.follows(earlier) for earlier, later in pairwise(blocks))


def test_blocks_without_a_stop_go_on_as_they_are_committed(network: Any, contract: Any) -> None:
    with network.blocks(0) as stream:
        assert next(stream).header.number == 0
        contract.submit("Add", "a", "1")
        assert next(stream).header.number == 1


def test_a_start_beyond_the_ledger_is_told_with_its_height(network: Any, contract: Any) -> None:
    """As of a peer: its next block is waited for, what lies after that is not found."""
    with pytest.raises(EventsError, match=r"the start is block 2 .* last block is 0: begin at 1 at most"):
        next(iter(network.blocks(2)))
    with network.blocks(1) as stream:
        contract.submit("Add", "a", "1")
        assert next(stream).header.number == 1


def test_a_stop_before_the_start_is_a_mistake(network: Any) -> None:
    with pytest.raises(ValueError, match="stop, block 1, is before start, block 2"):
        network.blocks(2, 1)


def test_a_closed_stream_ends(network: Any) -> None:
    stream = network.blocks(0)
    stream.close()
    assert list(stream) == []


def test_filtered_blocks_name_codes_and_events(network: Any, contract: Any, memory: MemoryGateway) -> None:
    contract.submit("Add", "a", "1")
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    contract.submit_async("Echo", "b")
    genesis, added, refused = network.filtered_blocks(0, 2)
    assert (genesis.number, genesis.transactions[0].kind) == (0, "CONFIG")
    transaction = added.transactions[0]
    assert (added.channel, transaction.kind, transaction.code) == ("channel", "ENDORSER_TRANSACTION", "VALID")
    assert transaction.events == (ChaincodeEvent(1, transaction.transaction_id, "ledger", "Added", b""),)
    assert (refused.transactions[0].code, refused.transactions[0].events) == (
        "ENDORSEMENT_POLICY_FAILURE",
        (),
    )


def test_events_start_at_a_block_and_skip_invalid_transactions(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    contract.submit("Add", "a", "1")
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    contract.submit_async("Add", "b", "1")
    contract.submit("Add", "c", "3")
    with network.chaincode_events("ledger", start_block=0) as stream:
        first, second = next(stream), next(stream)
    assert (first.block_number, first.name, first.payload) == (1, "Added", b"a=1")
    assert (second.block_number, second.payload) == (3, b"c=3")
    with network.chaincode_events(
        "ledger", start_block=1, after_transaction_id=first.transaction_id
    ) as stream:
        assert next(stream) == second


def test_a_refused_stream_is_an_events_error(network: Any, memory: MemoryGateway) -> None:
    memory.fail("ChaincodeEvents", StatusCode.PERMISSION_DENIED, "access denied")
    with pytest.raises(EventsError) as caught:
        next(network.chaincode_events("ledger"))
    assert (caught.value.forbidden, caught.value.transaction_id) == (True, "")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("FORBIDDEN", StatusCode.PERMISSION_DENIED), ("NOT_FOUND", StatusCode.NOT_FOUND)],
)
def test_a_status_of_the_deliver_service_is_an_events_error(
    network: Any, memory: MemoryGateway, status: str, expected: StatusCode
) -> None:
    memory.end_deliver(status)
    stream = network.blocks(0)
    with pytest.raises(EventsError, match=f"status={status}") as caught:
        next(stream)
    assert caught.value.status is expected
    assert list(stream) == []


def test_a_stream_that_the_peer_ends_early_is_an_events_error(network: Any, memory: MemoryGateway) -> None:
    memory.end_deliver("")
    with pytest.raises(EventsError, match="ended the stream early"):
        next(network.blocks(0, reconnect=False))


def test_a_seek_leaves_the_hash_of_a_tls_certificate_empty(network: Any) -> None:
    stream = network.blocks(0, 0)
    envelope = messages.common.Envelope.FromString(getattr(stream, "_wrapped", stream)._reading.request())
    assert [block.header.number for block in stream] == [0]
    header = messages.common.Payload.FromString(envelope.payload).header
    assert messages.common.ChannelHeader.FromString(header.channel_header).tls_cert_hash == b""
