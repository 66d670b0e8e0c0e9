"""Blocks as they are committed, whole and filtered."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from scenario_support import new_key
from styles import take

from fabric_gateway import Contract, EventsError, FilteredBlock, FilteredTransaction
from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import Block

KINDS = ["blocks", "filtered_blocks"]
kinds = pytest.mark.parametrize("kind", KINDS)


def holds(transaction_id: str, block: Any) -> bool:
    """Whether a block, of either kind, contains a transaction."""
    decoded = block if isinstance(block, FilteredBlock) else Block.decode(block)
    return transaction_id in [transaction.transaction_id for transaction in decoded.transactions]


def opened(ledger: Ledger, kind: str, start: int | None, stop: int | None = None) -> Any:
    """A stream of blocks of the given kind."""
    return getattr(ledger, kind)(start, stop)


@kinds
def test_a_block_arrives_when_it_is_committed(strict: Contract, ledger: Ledger, kind: str) -> None:
    with opened(ledger, kind, ledger.ledger_height()) as blocks:
        submitted = strict.submit_async("Echo", "block")
        assert take(blocks, lambda block: holds(submitted.transaction_id, block))


@kinds
def test_a_stream_without_start_brings_the_next_blocks(strict: Contract, ledger: Ledger, kind: str) -> None:
    earlier = strict.submit_async("Echo", "earlier")
    earlier.status()
    with opened(ledger, kind, None) as blocks:
        later = strict.submit_async("Echo", "later")
        first = take(blocks, lambda _: True)
    assert not holds(earlier.transaction_id, first)
    assert holds(later.transaction_id, first)


@kinds
def test_blocks_are_replayed_from_a_number(strict: Contract, ledger: Ledger, kind: str) -> None:
    submitted = strict.submit_async("Echo", "replay")
    number = submitted.status().block_number
    strict.submit("Echo", "later")
    with opened(ledger, kind, number) as blocks:
        assert holds(submitted.transaction_id, next(iter(blocks)))


@kinds
def test_a_stream_of_blocks_can_be_closed_and_another_opened(
    strict: Contract, ledger: Ledger, kind: str
) -> None:
    for _ in range(2):
        with opened(ledger, kind, ledger.ledger_height()) as blocks:
            submitted = strict.submit_async("Echo", "again")
            assert take(blocks, lambda block, commit=submitted: holds(commit.transaction_id, block))
        assert list(blocks) == []


@kinds
def test_closing_one_stream_of_blocks_leaves_others_open(strict: Contract, ledger: Ledger, kind: str) -> None:
    height = ledger.ledger_height()
    with opened(ledger, kind, height) as other:
        with opened(ledger, kind, height) as closed:
            before = strict.submit_async("Echo", "before")
            for blocks in (closed, other):
                assert take(blocks, lambda block: holds(before.transaction_id, block))
        after = strict.submit_async("Echo", "after")
        assert take(other, lambda block: holds(after.transaction_id, block))


def test_a_start_beyond_the_ledger_is_told_with_its_height(ledger: Ledger) -> None:
    far = ledger.ledger_height() + 1000
    words = rf"the start is block {far} of channel scenario, but the peer's last block is \d+"
    with pytest.raises(EventsError, match=words), ledger.blocks(far) as blocks:
        next(iter(blocks))
    with pytest.raises(EventsError, match=words), ledger.chaincode_events("open", start_block=far) as events:
        next(iter(events))


@kinds
def test_a_stream_with_a_last_block_ends_after_it(ledger: Ledger, kind: str) -> None:
    height = ledger.ledger_height()
    with opened(ledger, kind, 0, height - 1) as blocks:
        received = list(blocks)
    numbers = [
        block.number if isinstance(block, FilteredBlock) else block.header.number for block in received
    ]
    assert numbers == list(range(height))


def test_whole_blocks_follow_one_another_and_are_what_their_headers_say(
    strict: Contract, ledger: Ledger
) -> None:
    height = ledger.ledger_height()
    strict.submit("Echo", "chain")
    with ledger.blocks(0, height) as stream:
        blocks = [Block.decode(block) for block in stream]
    assert all(block.intact for block in blocks)
    assert all(later.follows(earlier) for earlier, later in pairwise(blocks))


def test_a_whole_block_tells_who_asked_what_and_who_endorsed(strict: Contract, ledger: Ledger) -> None:
    key = new_key()
    submitted = strict.submit_async("Create", key, "ada", "7")
    number = submitted.status().block_number
    with ledger.blocks(number, number) as stream:
        block = Block.decode(next(iter(stream)))
    committed = next(
        transaction
        for transaction in block.transactions
        if transaction.transaction_id == submitted.transaction_id
    )
    assert (committed.valid, committed.kind, committed.channel) == (True, "ENDORSER_TRANSACTION", "scenario")
    assert (committed.chaincode, committed.function) == ("strict", "Create")
    assert committed.arguments == (key.encode(), b"ada", b"7")
    assert committed.result == submitted.result
    assert committed.creator is not None
    assert committed.creator.mspid == "Org1MSP"
    endorsers = sorted(endorsement.endorser.mspid for endorsement in committed.endorsements)
    assert endorsers == ["Org1MSP", "Org2MSP", "Org3MSP"]
    assert [(write.key, write.value) for write in committed.writes("strict")] == [(key, submitted.result)]
    assert committed.envelope == submitted.envelope


def test_a_filtered_block_tells_codes_and_names_of_events_and_no_content(
    strict: Contract, ledger: Ledger
) -> None:
    name = new_key()
    submitted = strict.submit_async("Emit", name, "hidden")
    number = submitted.status().block_number
    with ledger.filtered_blocks(number, number) as stream:
        block = next(iter(stream))
    assert (block.channel, block.number) == ("scenario", number)
    committed: FilteredTransaction = next(
        transaction
        for transaction in block.transactions
        if transaction.transaction_id == submitted.transaction_id
    )
    assert (committed.kind, committed.code) == ("ENDORSER_TRANSACTION", "VALID")
    events = [(event.chaincode, event.name, event.payload) for event in committed.events]
    assert events == [("strict", name, b"")]
