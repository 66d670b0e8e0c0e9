"""The system chaincodes `qscc` and `cscc` of a peer in memory, in Fabric's own words."""

from __future__ import annotations

from typing import Any

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._block import Block
from fabric_gateway.testing._invocation import ChaincodeRefusal, Invocation
from fabric_gateway.testing._ledger import MemoryLedger


def answer_of_qscc(ledger: MemoryLedger, call: Invocation) -> bytes:
    """Answer a question about the ledger."""
    if call.name == "GetChainInfo":
        return _info(ledger)
    if len(call.arguments) < 2:
        raise ChaincodeRefusal(f"missing 3rd argument for {call.name}")
    wanted = call.arguments[1]
    if call.name == "GetBlockByNumber":
        number = int(wanted)
        if number >= len(ledger.blocks):
            words = f"no such block number [{number}] in index"
            raise ChaincodeRefusal(f"Failed to get block number {number}, error {words}")
        return bytes(ledger.blocks[number].SerializeToString())
    if call.name == "GetBlockByHash":
        for block in ledger.blocks:
            if Block.decode(block).header_hash == wanted:
                return bytes(block.SerializeToString())
        words = f"no such block hash [{wanted.hex()}] in index"
        raise ChaincodeRefusal(f"Failed to get block hash {wanted!r}, error {words}")
    if call.name == "GetBlockByTxID":
        return bytes(_block_of(ledger, wanted.decode(), "block for txID").SerializeToString())
    if call.name == "GetTransactionByID":
        return _transaction(ledger, wanted.decode())
    raise ChaincodeRefusal(f"Requested function {call.name} not found.")


def answer_of_cscc(ledger: MemoryLedger, call: Invocation) -> bytes:
    """Answer a question about the configuration, which never changes, or about the channels."""
    if call.name == "GetChannels":
        channels = [m.query.ChannelInfo(channel_id=ledger.channel)]
        return bytes(m.query.ChannelQueryResponse(channels=channels).SerializeToString())
    if call.name != "GetConfigBlock":
        raise ChaincodeRefusal(f"Requested function {call.name} not found.")
    return bytes(ledger.blocks[0].SerializeToString())


def _info(ledger: MemoryLedger) -> bytes:
    last = Block.decode(ledger.blocks[-1])
    info = m.ledger.BlockchainInfo(
        height=last.number + 1, currentBlockHash=last.header_hash, previousBlockHash=last.previous_hash
    )
    return bytes(info.SerializeToString())


def _block_of(ledger: MemoryLedger, transaction_id: str, what: str) -> Any:
    if transaction_id not in ledger.statuses:
        words = f"no such transaction ID [{transaction_id}] in index"
        raise ChaincodeRefusal(f"Failed to get {what} {transaction_id}, error {words}")
    return ledger.blocks[ledger.statuses[transaction_id][1]]


def _transaction(ledger: MemoryLedger, transaction_id: str) -> bytes:
    block = _block_of(ledger, transaction_id, "transaction with id")
    code = m.transaction.TxValidationCode.Value(ledger.statuses[transaction_id][0])
    envelope = m.common.Envelope.FromString(block.data.data[0])
    processed = m.transaction.ProcessedTransaction(transactionEnvelope=envelope, validationCode=code)
    return bytes(processed.SerializeToString())
