"""Periods that were closed: at which block, and what their entries amounted to.

Movements that come on the ledger after a period was closed are booked in the first open one, so a closed
period's entries never change. The file of closings keeps a hash of them, with which that can be proved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fabric_gateway._storage.files import replace
from kindpakket.backoffice.books.entries import Entry
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.periods import next_period, read_span
from kindpakket.ledger.money import in_cents

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed period.

    Attributes:
        period: the period, `YYYY-MM`; with the first one that is closed all earlier ones are.
        block: the number of the last block that counted.
        block_hash: hash of its header, hexadecimal; "" if the source did not know it.
        entries: how many entries it has, of the first one with those of all earlier periods.
        cents: the sum of their debits.
        sha256: a hash of them.
    """

    period: str
    block: int
    block_hash: str
    entries: int
    cents: int
    sha256: str

    def __str__(self) -> str:
        entries = "1 entry" if self.entries == 1 else f"{self.entries} entries"
        return f"{entries} of {in_cents(self.cents)} (SHA-256 {self.sha256[:16]}…)"


@dataclass(frozen=True, slots=True)
class Closings:
    """All closed periods of a channel's books, in order.

    Attributes:
        channel: the channel's name; "" as long as nothing is closed.
        closed: the closed periods.
    """

    channel: str = ""
    closed: tuple[Closing, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Closings:
        """Read a file of closings.

        Raises:
            BooksError: it is not a file of closings, or its periods and blocks are out of order.
            OSError: it cannot be read.
        """
        try:
            content = json.loads(path.read_bytes())
            if content["version"] != _VERSION:
                raise ValueError(f"its version is {content['version']!r}, not {_VERSION}")
            closings = cls(str(content["channel"]), tuple(_closing(members) for members in content["closed"]))
            closings.check()
        except (ValueError, KeyError, TypeError) as error:
            reason = (
                f"{type(error).__name__}: {error}" if isinstance(error, KeyError | TypeError) else str(error)
            )
            raise BooksError(
                f"{path} is not a file of closings ({reason}): take the one that books close wrote"
            ) from None
        return closings

    def check(self) -> None:
        """Compare the order of periods and blocks.

        Raises:
            ValueError: a period does not follow the one before, or was closed at an earlier block.
        """
        for before, after in pairwise(self.closed):
            if after.period != next_period(before.period):
                raise ValueError(f"{after.period} does not follow {before.period}")
            if after.block < before.block:
                raise ValueError(f"{after.period} was closed at an earlier block than {before.period}")

    def save(self, path: Path) -> None:
        """Write the file; one of that name is replaced once the new one is whole.

        Raises:
            OSError: it cannot be written.
        """
        content = {
            "version": _VERSION,
            "channel": self.channel,
            "closed": [asdict(closing) for closing in self.closed],
        }
        replace(path, f"{json.dumps(content, indent=2)}\n".encode(), mode=0o644)

    def until(self, block: int) -> tuple[Closing, ...]:
        """The periods that had been closed when a block was the newest."""
        return tuple(closing for closing in self.closed if closing.block <= block)


def digest(entries: Iterable[Entry]) -> str:
    """The hash of entries: SHA-256 over what each books, as JSON on a line of its own; names do not count."""
    found = hashlib.sha256()
    for entry in entries:
        lines = [
            (line.account.code, line.cost_centre, line.party, line.debit, line.credit) for line in entry.lines
        ]
        members = entry.number, entry.day, entry.kind, entry.scheme, entry.late, lines
        found.update(f"{json.dumps(members, separators=(',', ':'))}\n".encode())
    return found.hexdigest()


def closing_of(period: str, block: int, block_hash: str, entries: Sequence[Entry]) -> Closing:
    """The closing of a period with these entries."""
    return Closing(
        period, block, block_hash, len(entries), sum(entry.debit for entry in entries), digest(entries)
    )


def _closing(members: Any) -> Closing:
    closing = Closing(**members)
    span = read_span(closing.period)
    numbers = closing.block, closing.entries, closing.cents
    if span.first != span.last or not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError(f"the closing of {closing.period} is not whole")
    return closing
