"""The point of the ledger that an answer is about: a block, by its number or by a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledger.days import first_instant, next_day
from kindpakket.ledgerview.errors import ViewError
from kindpakket.ledgerview.schema import SQL

with extra("view"):
    from sqlalchemy import Connection, func, select

_BLOCKS = SQL["blocks"]


@dataclass(frozen=True, slots=True)
class Moment:
    """The ledger as it was after a block.

    Attributes:
        channel: name of the channel.
        block: number of the block.
        hash: header hash of the block, hexadecimal; the same on every honest peer.
        time: the latest time of a request up to the block, in Unix seconds; None before the first one.
    """

    channel: str
    block: int
    hash: str
    time: int | None

    @property
    def height(self) -> int:
        """Number of blocks up to it, itself included."""
        return self.block + 1

    def as_json(self) -> dict[str, Any]:
        """What every answer and every exported file says."""
        return {
            "channel": self.channel,
            "block": self.block,
            "height": self.height,
            "hash": self.hash,
            "time": None if self.time is None else utc(self.time),
        }

    def __str__(self) -> str:
        """The moment as people read it."""
        time = "" if self.time is None else f", {utc(self.time)}"
        return f"block {self.block} of channel {self.channel}{time} ({self.hash[:16]}…)"


def utc(instant: int) -> str:
    """An instant in Unix seconds as text, such as `2026-03-10T11:00:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(connection: Connection, channel: str, height: int, as_at: int | date | None) -> Moment:
    """The moment of a block, of the end of a day in Amsterdam, or of the last block.

    The end of a day is before the first block with a request of a later day.

    Raises:
        ViewError: the view has no such block.
    """
    if height == 0:
        raise ViewError("the view has no blocks yet: run kindpakket view follow --once")
    block = height - 1
    if isinstance(as_at, int):
        if as_at > block:
            raise ViewError(f"the view ends with block {block}: block {as_at} is not in it yet")
        block = as_at
    elif as_at is not None:
        end = first_instant(next_day(as_at.isoformat()))
        later = connection.execute(
            select(func.min(_BLOCKS.c.block)).where(_BLOCKS.c.time >= end)
        ).scalar_one()
        block = block if later is None else later - 1
        if block < 0:
            raise ViewError(f"the ledger begins after {as_at.isoformat()}")
    hash_ = connection.execute(select(_BLOCKS.c.header_hash).where(_BLOCKS.c.block == block)).scalar_one()
    time = connection.execute(select(func.max(_BLOCKS.c.time)).where(_BLOCKS.c.block <= block)).scalar_one()
    return Moment(channel, block, hash_, time)
