"""Brings a view up to date from a peer: once, for as long as it runs, or anew from the first block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from fabric_gateway.blocks import Block, BlockMessage
from kindpakket.ledgerview.adding import Adding
from kindpakket.ledgerview.errors import LedgerMismatch, ViewError
from kindpakket.ledgerview.view import LedgerView

_TRANSACTIONS = 1_000
_BLOCKS = 500
"""How much is added in one transaction of the database while the view catches up: at most so many blocks, and
no further one after so many transactions."""
Progress = Callable[[int], None]
"""Called with the number of blocks that have been added."""


class Ledger(Protocol):
    """What a peer says about the end of its ledger: `fabric_gateway.LedgerInfo`."""

    @property
    def height(self) -> int:
        """Number of blocks."""

    @property
    def current_block_hash(self) -> bytes:
        """Header hash of the last block."""


class Source(Protocol):
    """The part of `fabric_gateway.Network` that a view is made of."""

    def blocks(self, start: int | None = 0, stop: int | None = None) -> Iterator[BlockMessage]:
        """Blocks from number `start` to number `stop`, both included; without `stop`, also those to come."""

    def info(self) -> Ledger:
        """The end of the peer's ledger."""


def catch_up(view: LedgerView, source: Source, progress: Progress = lambda _: None) -> int:
    """Add the blocks that the peer has now.

    Args:
        view: the view.
        source: the organisation's own peer.
        progress: told how many blocks have been added, each time after they are in the database.

    Returns:
        How many blocks were added.

    Raises:
        LedgerMismatch: the blocks do not follow those of the view.
        ViewError: another process adds blocks, or the peer is behind.
    """
    with view.adding() as adding:
        return _catch_up(adding, source, progress)


def follow(view: LedgerView, source: Source, progress: Progress = lambda _: None) -> None:
    """Add the blocks that the peer has, and then each new one as it comes, until the caller is interrupted.

    It may be killed at any instant: the next run goes on after the last block that is in the database.

    Raises:
        LedgerMismatch, ViewError: as by `catch_up`.
    """
    with view.adding() as adding:
        _catch_up(adding, source, progress)
        for message in source.blocks(adding.height):
            adding.add([Block.decode(message)])
            progress(1)


def rebuild(view: LedgerView, source: Source, progress: Progress = lambda _: None) -> int:
    """Read all blocks again, into empty tables. Until it is done, whoever reads sees the view as it was.

    Returns:
        How many blocks the view has.

    Raises:
        LedgerMismatch: the blocks are damaged.
        ViewError: another process adds blocks.
    """
    with view.rebuilding() as adding:
        return _catch_up(adding, source, progress)


def _catch_up(adding: Adding, source: Source, progress: Progress) -> int:
    info, before = source.info(), adding.height
    if info.height < before:
        raise ViewError(
            f"the peer has {info.height} blocks and the view {adding.place} has {before}: wait until "
            "the peer has caught up, or rebuild the view if the network was made anew"
        )
    if info.height == before:
        if before and info.current_block_hash != adding.head:
            raise LedgerMismatch(
                f"the peer's block {before - 1} is not the one of the view {adding.place}: it is "
                "another ledger; rebuild the view if the network was made anew"
            )
        return 0
    for batch in _batches(map(Block.decode, source.blocks(before, info.height - 1))):
        adding.add(batch)
        progress(len(batch))
    return adding.height - before


def _batches(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    batch: list[Block] = []
    transactions = 0
    for block in blocks:
        batch.append(block)
        transactions += len(block.transactions)
        if transactions >= _TRANSACTIONS or len(batch) >= _BLOCKS:
            yield batch
            batch, transactions = [], 0
    if batch:
        yield batch
