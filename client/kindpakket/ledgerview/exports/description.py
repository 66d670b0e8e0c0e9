"""What every exported file says of itself: the block it is as at, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.layout import LAYOUT, TableLayout
from kindpakket.ledgerview.snapshot import Snapshot

KINDS = {
    "text": "text",
    "cents": "an amount in euro cents, an integer",
    "number": "an integer",
    "instant": "an instant, UTC",
    "day": "a calendar day in Europe/Amsterdam",
    "flag": "true or false",
    "json": "JSON",
}
"""What the kinds of columns are, for the data dictionary."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is to be written.

    Attributes:
        snapshot: the view as at a block.
        table: the table.
        history: all versions of things instead of the current ones.
    """

    snapshot: Snapshot
    table: TableLayout
    history: bool

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns."""
        return self.snapshot.columns(self.table, history=self.history)

    def rows(self) -> Iterator[Sequence[Value]]:
        """Its rows, read as they are needed."""
        return self.snapshot.rows(self.table, history=self.history)

    def origin(self) -> dict[str, Any]:
        """Where the rows are from: channel, block, height, hash, time; and what they are."""
        versions = self.history and self.table.kind == "things"
        return {
            **self.snapshot.moment.as_json(),
            "table": self.name,
            "rows": "every version up to the block" if versions else "as at the block",
            "meaning": self.table.meaning,
            "layout": LAYOUT,
        }
