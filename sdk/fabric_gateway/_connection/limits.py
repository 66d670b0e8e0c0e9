"""Back-pressure: how many calls of a gateway may be in progress at once."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from fabric_gateway import _arguments as check

Grant: TypeAlias = Callable[[], None]
"""Tells a waiting call that it may go; it counts as under way from then on."""

_SHRINK = 0.75
_MARGIN = 0.9
_CAREFUL = 0.1
_OWN_LIMIT = re.compile(r"for /gateway\.Gateway, exceeding concurrency limit \((\d+)\)")

FULL = -1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a gateway asks of its peers at once.

    A peer's Gateway service refuses what exceeds its own limit, 500 calls unless its configuration says
    otherwise, counting all clients and calls that wait for commits. Calls beyond `in_flight` wait for their
    turn instead, within their deadlines; those that finish a transaction go before those that start one.
    When a node says that it is overloaded, fewer calls are let through, then gradually more again.

    Attributes:
        in_flight: the most calls in progress at once.
    """

    in_flight: int = 400

    def __post_init__(self) -> None:
        if isinstance(self.in_flight, bool) or not isinstance(self.in_flight, int):
            raise TypeError(f"in_flight is {check.shown(self.in_flight)}: give a whole number")
        if self.in_flight < 1:
            raise ValueError(f"in_flight is {self.in_flight}: it must be at least 1")


DEFAULT_LIMITS = Limits()


class Gate:
    """Lets a limited number of calls through at once. Many threads may use it.

    The bound falls by a quarter when a node is overloaded, once for all calls in progress at that moment, and
    grows by one when a bound's worth of calls has succeeded: additive increase, multiplicative decrease.
    """

    def __init__(self, limits: Limits) -> None:
        self._most = float(limits.in_flight)
        self._bound = self._most
        self._refused_at = self._most
        self._busy = 0
        self._generation = 0
        self._urgent: deque[Grant] = deque()
        self._others: deque[Grant] = deque()
        self._lock = threading.Lock()

    @property
    def bound(self) -> int:
        """How many calls may be in progress at this moment."""
        return int(min(self._bound, self._most))

    def enter(self, urgent: bool) -> int:
        """Begin a call if there is room: a ticket to pass to `overloaded`, or FULL."""
        with self._lock:
            if self._busy + 1 > self._bound or self._urgent or (self._others and not urgent):
                return FULL
            self._busy += 1
            return self._generation

    def queue(self, urgent: bool, grant: Grant) -> None:
        """Wait for room; `grant` is called, perhaps at once and in another thread, when there is some."""
        with self._lock:
            (self._urgent if urgent else self._others).append(grant)
        self._let_in()

    def abandon(self, grant: Grant) -> bool:
        """Wait no longer; False if it was granted already, so that the call must `leave`."""
        with self._lock:
            for waiting in (self._urgent, self._others):
                if grant in waiting:
                    waiting.remove(grant)
                    return True
        return False

    def ticket(self) -> int:
        """The ticket of a call that was granted."""
        return self._generation

    def leave(self, successful: bool) -> None:
        """A call has ended."""
        if successful and self._bound < self._most:
            with self._lock:
                if self._busy * 2 > self._bound:  # unused capacity does not prove that there is room
                    pace = 1.0 if self._bound < self._refused_at * _MARGIN else _CAREFUL
                    self._bound = min(self._most, self._bound + pace / self._bound)
        with self._lock:
            self._busy -= 1
            waiting = self._urgent or self._others
        if waiting:
            self._let_in()

    def overloaded(self, ticket: int, reason: str) -> None:
        """A node refused a call because of overload; to be followed by `leave`."""
        found = _OWN_LIMIT.search(reason)
        with self._lock:
            if ticket != self._generation:
                return
            self._generation += 1
            self._refused_at = min(self._bound, self._busy)
            if found:
                self._refused_at = min(self._refused_at, float(found[1]) / _SHRINK * _MARGIN)
            self._bound = max(1.0, self._refused_at * _SHRINK)

    def open_wide(self) -> None:
        """Let every waiting call in: the gateway was closed, and each will learn so."""
        with self._lock:
            self._bound = self._most = float("inf")
        self._let_in()

    def _let_in(self) -> None:
        while True:
            with self._lock:
                waiting = self._urgent or self._others
                if not waiting or self._busy + 1 > self._bound:
                    return
                self._busy += 1
                grant = waiting.popleft()
            grant()
