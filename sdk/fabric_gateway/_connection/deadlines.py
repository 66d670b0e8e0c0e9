"""How long each step may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

from fabric_gateway import _arguments as check


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The longest each step may take, in seconds, its retries included.

    Attributes:
        evaluate: one evaluation.
        endorse: collecting all endorsements of one proposal.
        submit: offering one transaction to the orderers once.
        resolve: making an unclear submit certain, by commit status and by offering the same envelope again.
        commit_status: waiting until a submitted transaction is in a block.
    """

    evaluate: float = 5.0
    endorse: float = 15.0
    submit: float = 5.0
    resolve: float = 30.0
    commit_status: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            check.seconds(f"deadline {field.name}", getattr(self, field.name))


DEFAULT_DEADLINES = Deadlines()


class Countdown:
    """Seconds that are left of a deadline, on a clock that never jumps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when it has passed."""
        return max(0.0, self._end - time.monotonic())
