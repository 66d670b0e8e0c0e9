"""The movements that a ledger view has, as a source of the books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kindpakket.backoffice.books.source import Position
from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview import LedgerView


class ViewMovements:
    """The movements in a ledger view. It is opened for each question, so nothing has to be closed."""

    def __init__(self, where: Path | str) -> None:
        """Read a view.

        Args:
            where: its SQLite file, or the URL of its PostgreSQL database.
        """
        self._where = where

    def position(self, until_block: int | None = None) -> Position:
        """The view's newest block, or an earlier one.

        Raises:
            ViewError: the view cannot be read, or does not go as far as that block.
        """
        with LedgerView(self._where) as view, view.reading(until_block) as snapshot:
            moment = snapshot.moment
        return Position(moment.channel, moment.block, moment.hash)

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        """The movements in the order of the ledger, up to and including a block; default: all.

        Raises:
            ViewError: as for `position`.
        """
        with LedgerView(self._where) as view:
            yield from view.movements(until_block)
