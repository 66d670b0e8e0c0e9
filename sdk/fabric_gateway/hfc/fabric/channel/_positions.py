"""Where a stream of blocks begins and ends, as hfc takes it."""

from __future__ import annotations

from typing import TypeAlias

Position: TypeAlias = int | str | None
"""Number of a block, `oldest`, `newest`, or None."""


def limits(start: Position, stop: Position) -> tuple[Position, Position]:
    """First and last block, as a program may give them.

    Raises:
        ValueError: they are none.
    """
    if not (start is None or isinstance(start, int) or start in {"oldest", "newest"}):
        raise ValueError(f"start is {start!r}: give a number, or oldest, newest or last_seen")
    if not (stop is None or isinstance(stop, int) or stop == "newest"):
        raise ValueError(f"stop is {stop!r}: give a number, or newest or last_seen")
    if isinstance(start, int) and isinstance(stop, int) and start > stop:
        raise ValueError(f"start, block {start}, is after stop, block {stop}")
    return start, stop


def first_and_last(start: Position, stop: Position, newest: int) -> tuple[int, int | None]:
    """Numbers of the first and the last block to read, when the ledger ends with block `newest`.

    As in hfc, a stream that has a stop never waits for blocks that are not there yet, and one from `oldest`
    on ends with the first block unless its stop is `newest`.
    """
    first = newest if start in {None, "newest"} else 0 if start == "oldest" else start
    if stop == "newest":
        last: Position = newest
    elif start == "oldest":
        last = 0
    elif stop is not None:
        last = min(int(stop), newest)
    else:
        last = None
    return int(first or 0), last if last is None else int(last)


def is_disconnected_at_end(start: Position, stop: Position, newest: int) -> bool:
    """Whether the stream's end disconnects the hub: when it reached the newest block, or wanted more."""
    return stop == "newest" or (isinstance(stop, int) and start != "oldest" and stop > newest)
