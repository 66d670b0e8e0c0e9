"""Draws a sample by monetary units: a random cent of each cell, and the payment that contains it.

Source: cell selection as D. A. Leslie, A. D. Teitlebaum and R. J. Anderson describe it in *Dollar-Unit
    Sampling* (1979), with items of a cell's width or more taken out first and all looked at, as in the
    AICPA's audit guide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from kindpakket.auditor.sampling.errors import SamplingError
from kindpakket.holder.orders import frame


@dataclass(frozen=True, slots=True)
class Item:
    """What may be drawn: an id, and its cents, above zero."""

    id: str
    cents: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item of the sample.

    Attributes:
        id: the item.
        cents: its amount.
        hits: how many cells' cents are in it; 0 for one that is as large as a cell, which is always looked
            at.
    """

    id: str
    cents: int
    hits: int

    @property
    def certain(self) -> bool:
        """Whether it is in the sample whatever the seed."""
        return not self.hits


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample.

    Attributes:
        seed: the seed, hexadecimal.
        interval: the width of a cell, in cents.
        items: how many items there are.
        cents: their sum.
        cells: how many cells the items below the interval fill, the last one in part.
        drawn: the items of the sample: those that are certain by falling amount, then the others as drawn.
    """

    seed: str
    interval: int
    items: int
    cents: int
    cells: int
    drawn: tuple[Drawn, ...]

    @property
    def certain_cents(self) -> int:
        """The sum of all items that are as large as a cell."""
        return sum(item.cents for item in self.drawn if item.certain)

    @property
    def sampled_cents(self) -> int:
        """The sum of all other items, drawn or not."""
        return self.cents - self.certain_cents


def draw(items: Iterable[Item], interval: int, seed: str) -> Sample:
    """Draw a sample.

    Every cent of the items below the interval has the same chance, one in `interval`: the last cell, which
    they fill in part, is drawn from like a full one, and may give nothing. The order in which the items are
    given does not matter; they are lined up by a hash that covers the seed, so that nobody could place theirs
    beside another.

    Args:
        items: the items, in any order.
        interval: the width of a cell, in cents.
        seed: the seed, hexadecimal.

    Raises:
        SamplingError: an id appears twice, an amount is not above zero, or the interval is not.
    """
    if interval < 1:
        raise SamplingError(f"the interval is {interval} cents: it must be above zero")
    given = list(items)
    if len({item.id for item in given}) < len(given):
        raise SamplingError("an item appears twice")
    if any(item.cents <= 0 for item in given):
        raise SamplingError("an item has no cents: only amounts above zero can be drawn")
    certain = sorted(
        (item for item in given if item.cents >= interval), key=lambda item: (-item.cents, item.id)
    )
    rest = sorted(
        (item for item in given if item.cents < interval), key=lambda item: (_place(seed, item.id), item.id)
    )
    total = sum(item.cents for item in rest)
    cells = -(-total // interval)
    hits = _hits(rest, [unit_of(seed, cell, interval) for cell in range(cells)])
    return Sample(
        seed=seed,
        interval=interval,
        items=len(given),
        cents=sum(item.cents for item in given),
        cells=cells,
        drawn=(
            *(Drawn(item.id, item.cents, 0) for item in certain),
            *(Drawn(item.id, item.cents, hits[item.id]) for item in rest if item.id in hits),
        ),
    )


def unit_of(seed: str, cell: int, interval: int) -> int:
    """The cent that is drawn from a cell, counted from the first cent of the first cell."""
    number = int.from_bytes(_hash("cell", seed, str(cell)), "big")
    # 256 bits over at most some 2^44 cents: the remainder favours no cent by more than 2^-200.
    return cell * interval + number % interval


def _hits(items: list[Item], units: list[int]) -> dict[str, int]:
    hits: dict[str, int] = {}
    end, at = 0, 0
    for item in items:
        end += item.cents
        while at < len(units) and units[at] < end:
            hits[item.id] = hits.get(item.id, 0) + 1
            at += 1
    return hits


def _place(seed: str, item: str) -> bytes:
    return _hash("place", seed, item)


def _hash(*fields: str) -> bytes:
    return hashlib.sha256(frame(list(fields))).digest()
