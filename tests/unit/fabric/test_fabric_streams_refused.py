"""Why a stream is refused: what Deliver keeps to itself is found out, a start far ahead is named."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
import time_machine
from fabric_helpers import Open
from grpc import StatusCode

from fabric_gateway import Deadlines, ErrorDetail, EventsError, MemoryCheckpointer
from fabric_gateway.testing import MemoryGateway

EXPIRED = "error validating proposal: proposal client identity expired"
CLOCK = (
    "error validating proposal: request unauthorized due to incorrect timestamp 2026-01-01, peer time "
    "2026-01-02, peer.authentication.timewindow 2m0s"
)
REFUSED = "error validating proposal: access denied: channel [channel] creator org [Org1MSP]"


@pytest.mark.parametrize(
    ("status", "words", "flag"),
    [
        (StatusCode.PERMISSION_DENIED, EXPIRED, "identity_expired"),
        (StatusCode.INVALID_ARGUMENT, CLOCK, "clock_refused"),
        (StatusCode.PERMISSION_DENIED, REFUSED, "identity_refused"),
    ],
)
def test_the_reason_of_a_refusal_is_asked_for(
    network: Any, memory: MemoryGateway, status: StatusCode, words: str, flag: str
) -> None:
    memory.fail("Deliver", status, "the peer refused to deliver blocks")
    details = (ErrorDetail("peer0:7051", "Org1MSP", words),)
    memory.fail("Evaluate", StatusCode.FAILED_PRECONDITION, "failed to evaluate transaction", details=details)
    with pytest.raises(EventsError) as caught, network.blocks(0) as stream:
        next(stream)
    assert caught.value.status is status
    assert getattr(caught.value, flag)
    assert caught.value.details == details


def test_a_refusal_whose_reason_nobody_tells_stays_as_it_is(network: Any, memory: MemoryGateway) -> None:
    memory.fail("Deliver", StatusCode.PERMISSION_DENIED, "no")
    memory.fail("Evaluate", StatusCode.PERMISSION_DENIED, "access denied for [GetChainInfo][channel]")
    with pytest.raises(EventsError) as caught, network.blocks(0) as stream:
        next(stream)
    assert (caught.value.reason, caught.value.identity_expired) == ("no", False)


def test_a_certificate_that_has_expired_here_needs_no_question(
    gateway: Any, network: Any, memory: MemoryGateway
) -> None:
    memory.fail("Deliver", StatusCode.PERMISSION_DENIED, "no")
    later = gateway.identity.expires.timestamp() + 60
    with time_machine.travel(datetime.fromtimestamp(later, UTC), tick=True):
        assert gateway.identity.expired
        with pytest.raises(EventsError, match="client identity expired on") as caught:
            next(network.blocks(0))
    assert caught.value.identity_expired
    assert memory.calls == ["Deliver"]


def test_a_start_that_is_far_ahead_names_the_height(
    network: Any, contract: Any, memory: MemoryGateway
) -> None:
    contract.submit("Add", "a", "1")
    words = "the start is block 1000 of channel channel, but the peer's last block is 1: begin at 2 at most"
    with pytest.raises(EventsError, match=words), network.blocks(1000) as stream:
        next(stream)
    with pytest.raises(EventsError, match=words):
        next(network.chaincode_events("ledger", start_block=1000))
    assert "ChaincodeEvents" not in memory.calls


def test_the_next_block_is_a_start(network: Any, contract: Any) -> None:
    with network.chaincode_events("ledger", start_block=1) as stream:
        contract.submit("Add", "a", "1")
        assert next(stream).payload == b"a=1"


def test_a_checkpoint_may_be_ahead_for_a_while(network: Any, memory: MemoryGateway) -> None:
    """Another peer had more blocks than the one that is asked now."""
    checkpoint = MemoryCheckpointer()
    checkpoint.checkpoint_block(1)
    catching_up = threading.Thread(target=two_blocks_more, args=(memory,))
    catching_up.start()
    with network.chaincode_events("ledger", checkpoint=checkpoint) as stream:
        assert next(stream).block_number == 2
    catching_up.join()


def test_blocks_after_a_checkpoint_are_waited_for_since_another_peer_may_have_been_ahead(
    network: Any, memory: MemoryGateway
) -> None:
    checkpoint = MemoryCheckpointer()
    checkpoint.checkpoint_block(1)
    catching_up = threading.Thread(target=two_blocks_more, args=(memory, "Deliver"))
    catching_up.start()
    with network.blocks(checkpoint=checkpoint) as stream:
        assert next(stream).header.number == 2
    catching_up.join()


def test_blocks_after_a_checkpoint_of_another_ledger_are_refused_at_the_deadline(opened: Open) -> None:
    checkpoint = MemoryCheckpointer()
    checkpoint.checkpoint_block(499)
    network = opened(None, Deadlines(resolve=0.3)).network("channel")
    words = "the checkpoint is block 500 .*, but the peer's last block is 0: is it of another ledger"
    with pytest.raises(EventsError, match=words):
        next(network.blocks(checkpoint=checkpoint))


def two_blocks_more(memory: MemoryGateway, after: Literal["Evaluate", "Deliver"] = "Evaluate") -> None:
    memory.wait_for_call(after)
    with memory.connect() as gateway:
        contract = gateway.network("channel").contract("ledger")
        for value in ("1", "2"):
            contract.submit("Add", "a", value)


def test_a_checkpoint_of_another_ledger_is_told_at_the_deadline(opened: Open) -> None:
    checkpoint = MemoryCheckpointer()
    checkpoint.checkpoint_block(499)
    network = opened(None, Deadlines(resolve=0.3)).network("channel")
    words = "the checkpoint is block 500 .*, but the peer's last block is 0: is it of another ledger"
    with pytest.raises(EventsError, match=words):
        next(network.chaincode_events("ledger", checkpoint=checkpoint))
