"""Queries of a peer's ledger and discovery, and messages above gRPC's default limit of 4 MB."""

from __future__ import annotations

import pytest
from scenario_support import ORGANISATIONS, Place, new_key
from styles import take

from fabric_gateway import Contract, NotOnLedger, SubmitError
from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import Block

LARGE = 5 << 20  # bytes: a block with such a value exceeds gRPC's default limit, not the channel's


def test_the_ledger_tells_its_height_and_the_hashes_at_its_end(strict: Contract, ledger: Ledger) -> None:
    number = strict.submit_async("Echo", "end").status().block_number
    info = ledger.info()
    last = ledger.block(info.height - 1)
    assert info.height == number + 1
    assert (info.current_block_hash, info.previous_block_hash) == (last.header_hash, last.previous_hash)


def test_a_block_is_found_by_number_hash_and_transaction(strict: Contract, ledger: Ledger) -> None:
    submitted = strict.submit_async("Echo", "found")
    by_number = ledger.block(submitted.status().block_number)
    assert ledger.block_by_hash(by_number.header_hash) == by_number
    assert ledger.block_of(submitted.transaction_id) == by_number


def test_a_transaction_is_found_by_id_valid_or_not(strict: Contract, ledger: Ledger) -> None:
    key = new_key()
    first, second = (strict.proposal("Count", key).endorse() for _ in range(2))
    for transaction in (first, second):
        transaction.submit().status()
    codes = [ledger.transaction(endorsed.transaction_id).code for endorsed in (first, second)]
    assert sorted(codes) == ["MVCC_READ_CONFLICT", "VALID"]
    committed = ledger.transaction(first.transaction_id)
    assert (committed.chaincode, committed.function) == ("strict", "Count")
    assert committed.arguments == (key.encode(),)
    assert committed.block_number == ledger.commit(first.transaction_id).status().block_number
    with pytest.raises(NotOnLedger):
        ledger.transaction("0" * 64)


def test_messages_above_four_megabytes_are_sent_and_read_in_every_way(
    strict: Contract, ledger: Ledger
) -> None:
    key = new_key()
    submitted = strict.submit_async("Fill", key, str(LARGE))
    status = submitted.status()
    assert status.successful
    assert strict.evaluate("Read", key) == b"x" * LARGE
    assert len(strict.evaluate("Echo", b"y" * LARGE)) == LARGE
    number = status.block_number
    with ledger.blocks(number, number) as blocks:
        delivered = Block.decode(next(iter(blocks)))
    assert len(delivered.transactions[0].envelope) > LARGE
    assert ledger.block(number) == delivered == ledger.block_of(submitted.transaction_id)
    assert len(ledger.transaction(submitted.transaction_id).writes("strict")[0].value or b"") == LARGE


def test_a_transaction_above_the_channels_limit_is_told_with_both_sizes(
    strict: Contract, ledger: Ledger
) -> None:
    limit = ledger.channel_config().ordering.absolute_max_bytes
    assert limit == 10 << 20
    transaction = strict.proposal("Fill", new_key(), str(limit)).endorse()
    with pytest.raises(SubmitError, match=rf"exceeds maximum allowed {limit} bytes") as caught:
        transaction.submit()
    assert caught.value.too_large
    assert caught.value.refused


def test_a_stream_reads_large_blocks_one_after_another(strict: Contract, ledger: Ledger) -> None:
    height = ledger.ledger_height()
    transactions = [strict.proposal("Fill", new_key(), str(LARGE // 4)).endorse() for _ in range(6)]
    missing = {transaction.submit().transaction_id for transaction in transactions}
    size = 0
    with ledger.blocks(height) as blocks:
        while missing:
            message = take(blocks, lambda _: True)
            size += message.ByteSize()
            block = Block.decode(message)
            missing -= {transaction.transaction_id for transaction in block.transactions if transaction.valid}
    assert size > LARGE


def test_discovery_tells_peers_organisations_and_endorsers(place: Place, ledger: Ledger) -> None:
    addresses = {place.address(node) for node in place.network.nodes() if node.startswith("peer")}
    peers = ledger.peers("strict")
    assert {peer.address for peer in peers} == addresses
    assert {peer.mspid for peer in peers} == set(ORGANISATIONS.values())
    config = ledger.config()
    assert set(config.msps) == {*ORGANISATIONS.values(), "OrderingMSP"}
    assert config.orderers["OrderingMSP"] == (place.address("orderer.ordering"),)
    assert ledger.endorsers("strict").organizations == (frozenset(ORGANISATIONS.values()),)
    assert set(ledger.endorsers("open").organizations) == {
        frozenset({mspid}) for mspid in ORGANISATIONS.values()
    }
