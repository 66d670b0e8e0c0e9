"""Payments for as long as asked, and the memory of every process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from soak.memory import Memory

from performance.load import submit_each
from performance.meter import kind_of
from performance.queries import WRITERS
from performance.stage import Stage

_PART = 50
_EVERY = 60.0
_LEAST = 0.5
_LOOKS = 10
_FEWEST = 3
_OTHERS = ("minute", "payments", "per_second")


def soak(
    stage: Stage, minutes: float, folder: Path, progress: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Payments for so long, ten in flight: a row a minute, or ten in all if that is less.

    Yields:
        Minutes since the start, valid payments, payments per second, and of each process the megabytes that
        are its own; mapped files do not count.
    """
    memory = Memory(folder / "memory.jsonl")
    every = max(min(_EVERY, 60 * minutes / _LOOKS), _LEAST)
    start = looked = now = time.monotonic()
    paid = 0
    while now < start + 60 * minutes:
        done = stage.runner.run(submit_each(stage.pays(_PART), WRITERS))
        paid += sum(one.outcome == "valid" for one in done)
        now = time.monotonic()
        if now >= min(looked + every, start + 60 * minutes):
            sizes = memory.look(now - start, stage.meter.processes())
            minute, rate = round((now - start) / 60, 2), round(paid / (now - looked), 1)
            progress(f"soak: minute {minute}, {rate} payments per second")
            yield {
                "minute": minute,
                "payments": paid,
                "per_second": rate,
                **{name: round(sample.own / 1e6, 2) for name, sample in sizes.items()},
            }
            looked, paid = now, 0


def growths(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How the memory of each process changed: first, median and last megabytes, and the slope.

    The slope is in megabytes per hour, by least squares; `later` is that of the second half, when caches are
    full. Both are None of fewer than three rows.
    """
    names = sorted({name for row in rows for name in row} - {*_OTHERS})
    found = []
    for name in names:
        points = [(row["minute"], row[name]) for row in rows if name in row]
        sizes = [size for _, size in points]
        found.append(
            {
                "process": name,
                "first_mb": sizes[0],
                "median_mb": round(median(sizes), 1),
                "last_mb": sizes[-1],
                "mb_per_hour": slope(points),
                "later_mb_per_hour": slope(points[len(points) // 2 :]),
            }
        )
    return found


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Growth per hour, by least squares, of values at minutes; None of fewer than three."""
    if len(points) < _FEWEST:
        return None
    minutes, values = zip(*points, strict=True)
    return round(60 * linear_regression(minutes, values).slope, 2)


def by_kind(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """The megabytes of all processes of each kind over the minutes."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        sums: dict[str, float] = {}
        for name, size in row.items():
            if name not in _OTHERS:
                sums[kind_of(name)] = sums.get(kind_of(name), 0.0) + size
        for kind, size in sums.items():
            found.setdefault(kind, []).append((row["minute"], round(size, 1)))
    return found
