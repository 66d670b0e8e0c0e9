"""A ledger view as the source of movements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kindpakket.backoffice.books.source import Position
from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview import LedgerView


@dataclass(frozen=True, slots=True)
class ViewSource:
    """The movements of a view, which knows the hash of each block.

    Attributes:
        view: the view.
    """

    view: LedgerView

    def position(self, until_block: int | None = None) -> Position:
        """The view's last block, or an earlier one.

        Raises:
            ViewError: the view has no such block, or has to be rebuilt.
        """
        with self.view.reading(until_block) as snapshot:
            moment = snapshot.moment
            return Position(moment.channel, moment.block, moment.hash)

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        """The movements up to a block, in the order of the ledger; raises as `position`."""
        return self.view.movements(until_block)
