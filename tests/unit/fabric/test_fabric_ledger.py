"""Questions about the ledger: its end, blocks and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from fabric_helpers import AMPLE
from grpc import StatusCode

from fabric_gateway import EvaluateError, LedgerInfo, NotOnLedger, ProtocolError
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Write
from fabric_gateway.testing import Invocation, MemoryGateway

LARGE = 5 << 20  # bytes; above what gRPC takes unless it is told otherwise


def test_the_end_of_the_ledger_is_told_with_its_hashes(network: Any, contract: Any) -> None:
    genesis = network.block(0)
    assert network.info() == LedgerInfo(1, genesis.header_hash, b"")
    contract.submit("Add", "a", "1")
    assert network.info() == LedgerInfo(2, network.block(1).header_hash, genesis.header_hash)
    assert network.ledger_height() == 2


def test_a_block_is_found_by_number_by_hash_and_by_transaction(network: Any, contract: Any) -> None:
    submitted = contract.submit_async("Add", "a", "7")
    submitted.status()
    block = network.block(1)
    assert (block.number, block.intact, block.follows(network.block(0))) == (1, True, True)
    assert network.block_by_hash(block.header_hash) == block
    assert network.block_by_hash(block.previous_hash).number == 0
    assert network.block_of(submitted.transaction_id) == block
    (transaction,) = block.transactions
    assert (transaction.index, transaction.block_number) == (0, 1)
    assert transaction.writes("ledger") == (Write("a", b"7"),)


def test_a_transaction_is_found_valid_or_not(network: Any, contract: Any, memory: MemoryGateway) -> None:
    fine = contract.submit_async("Add", "a", "7")
    fine.status()
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    wrong = contract.submit_async("Add", "b", "8")
    wrong.status()
    found = network.transaction(fine.transaction_id)
    assert (found.transaction_id, found.code, found.block_number) == (fine.transaction_id, "VALID", 1)
    assert (found.function, found.arguments, found.result) == ("Add", (b"a", b"7"), b"7")
    assert found.envelope == network.block(1).transactions[0].envelope == fine.envelope
    assert found.event.block_number == 1
    refused = network.transaction(wrong.transaction_id)
    assert (refused.valid, refused.code, refused.block_number) == (False, "ENDORSEMENT_POLICY_FAILURE", 2)
    assert refused.writes("ledger") == (Write("b", b"8"),)


def test_a_block_above_grpcs_four_megabytes_arrives(network: Any, contract: Any) -> None:
    value = b"x" * LARGE
    submitted = contract.submit_async("Echo", value)
    assert submitted.status().successful
    assert network.block(1).transactions[0].arguments == (value,)
    assert network.block_of(submitted.transaction_id).transactions[0].result == value
    assert network.transaction(submitted.transaction_id).result == value
    assert len(next(iter(network.blocks(1, 1))).data.data[0]) > 2 * LARGE


@pytest.mark.parametrize(
    ("question", "asked", "words"),
    [
        ("block", 9, r"no such block number \[9\]"),
        ("block_by_hash", b"\x0f" * 32, r"no such block hash \[0f0f"),
        ("block_of", "ab" * 32, r"no such transaction ID \[abab"),
        ("transaction", "ab" * 32, r"no such transaction ID \[abab"),
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(
    network: Any, question: str, asked: object, words: str
) -> None:
    with pytest.raises(NotOnLedger, match=words) as caught:
        getattr(network, question)(asked)
    assert isinstance(caught.value, EvaluateError)
    assert not caught.value.retryable


def test_a_refusal_is_not_taken_for_an_empty_ledger(network: Any, memory: MemoryGateway) -> None:
    words = "error: chaincode response 500, access denied for [GetBlockByNumber][channel]"
    memory.fail("Evaluate", StatusCode.UNKNOWN, words)
    with pytest.raises(EvaluateError) as caught:
        network.block(0)
    assert type(caught.value) is EvaluateError
    assert caught.value.forbidden


def test_block_numbers_start_at_0(network: Any) -> None:
    with pytest.raises(ValueError, match="number is -1: the first block is number 0"):
        network.block(-1)


@pytest.mark.parametrize(
    ("question", "asked"),
    [("block", 1), ("block_by_hash", b"h" * 32), ("block_of", "ab" * 32), ("transaction", "ab" * 32)],
)
def test_another_answer_than_asked_for_is_refused(question: str, asked: Any) -> None:
    def lying(call: Invocation) -> bytes:
        header = m.common.ChannelHeader(tx_id="cd" * 32).SerializeToString()
        payload = m.common.Payload(header=m.common.Header(channel_header=header)).SerializeToString()
        if call.name == "GetTransactionByID":
            envelope = m.common.Envelope(payload=payload)
            return bytes(m.transaction.ProcessedTransaction(transactionEnvelope=envelope).SerializeToString())
        return bytes(m.common.Block(header=m.common.BlockHeader(number=5)).SerializeToString())

    with (
        MemoryGateway({"qscc": lying}) as memory,
        memory.connect(deadlines=AMPLE) as gateway,
        pytest.raises(ProtocolError, match=r"asked for .* the peer answered"),
    ):
        getattr(gateway.network("channel"), question)(asked)
