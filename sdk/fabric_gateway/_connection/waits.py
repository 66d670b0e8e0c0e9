"""How long to wait before something is tried again."""

from __future__ import annotations

import random

_DOUBLINGS = 30  # what waits for months fails more often than a float can be doubled


def growing(first: float, longest: float, attempt: int) -> float:
    """Seconds after the given failed attempt (1, 2, …): doubled each time, up to the longest."""
    return min(longest, first * 2.0 ** min(attempt - 1, _DOUBLINGS))


def jittered(first: float, longest: float, attempt: int) -> float:
    """The same, or up to half of it less, so that many clients do not come back at one moment."""
    most = growing(first, longest, attempt)
    return random.uniform(most / 2, most)  # noqa: S311
