"""Streams that resume at a checkpoint: after the last item handled, without gaps or repeats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scenario_support import new_key
from styles import take

from fabric_gateway import Checkpointer, Contract, FileCheckpointer, MemoryCheckpointer
from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import Block

Maker = Callable[[Path], Checkpointer]


def in_memory(_: Path) -> Checkpointer:
    """A position that is lost when the process ends."""
    return MemoryCheckpointer()


def in_a_file(folder: Path) -> Checkpointer:
    """A position in a file."""
    return FileCheckpointer(folder / "position")


def reopened(checkpoint: Checkpointer, folder: Path) -> Checkpointer:
    """The position as the next reader finds it."""
    if isinstance(checkpoint, FileCheckpointer):
        checkpoint.close()
        return in_a_file(folder)
    return checkpoint


@pytest.mark.parametrize("make", [in_memory, in_a_file])
def test_events_go_on_after_the_one_that_was_handled(
    strict: Contract, ledger: Ledger, tmp_path: Path, make: Maker
) -> None:
    names = [new_key() for _ in range(3)]
    start = ledger.ledger_height()
    for name in names:
        strict.submit("Emit", name, "checkpoint")
    checkpoint = make(tmp_path)
    with ledger.chaincode_events("strict", start_block=start, checkpoint=checkpoint) as events:
        event = take(events, lambda event: event.name == names[0])
        checkpoint.checkpoint_event(event)
        assert take(events, lambda _: True).name == names[1]  # seen but not handled
    again = reopened(checkpoint, tmp_path)
    with ledger.chaincode_events("strict", start_block=start, checkpoint=again) as events:
        assert [take(events, lambda _: True).name for _ in range(2)] == names[1:]


@pytest.mark.parametrize("make", [in_memory, in_a_file])
def test_blocks_go_on_after_the_one_that_was_handled(
    strict: Contract, ledger: Ledger, tmp_path: Path, make: Maker
) -> None:
    start = ledger.ledger_height()
    for _ in range(3):
        strict.submit("Echo", "checkpoint")
    checkpoint = make(tmp_path)
    with ledger.blocks(start, checkpoint=checkpoint) as blocks:
        checkpoint.checkpoint_block(Block.decode(next(iter(blocks))).number)
    again = reopened(checkpoint, tmp_path)
    with ledger.filtered_blocks(start, checkpoint=again) as blocks:
        assert [take(blocks, lambda _: True).number for _ in range(2)] == [start + 1, start + 2]
