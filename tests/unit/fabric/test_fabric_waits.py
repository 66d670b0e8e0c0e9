"""Waits before something is tried again: they grow to a bound, also for what has failed for a month."""

from __future__ import annotations

import pytest

from fabric_gateway._connection.flow import backoff
from fabric_gateway._connection.waits import growing, jittered


def test_they_double_up_to_the_longest() -> None:
    assert [growing(0.5, 3.0, attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


@pytest.mark.parametrize("attempt", [31, 1025, 1_500_000])
def test_they_stay_at_the_longest(attempt: int) -> None:
    """A float cannot be doubled 1,024 times: a follower whose peer was away for half an hour ended there."""
    assert growing(0.1, 2.0, attempt) == 2.0
    assert 1.0 <= jittered(0.1, 2.0, attempt) <= 2.0
    assert 1.0 <= backoff(attempt) <= 2.0
