"""Ending what waits, from elsewhere: when a gateway closes, or a program gives up its work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Bell:
    """Rings once, and wakes what waits. May be used by many threads at once."""

    def __init__(self) -> None:
        self._rung = False
        self._wakes: set[Callable[[], object]] = set()
        self._lock = threading.Lock()

    @property
    def rung(self) -> bool:
        """It has rung."""
        return self._rung

    def ring(self) -> None:
        """Wake everything that waits, and whatever waits from now on."""
        with self._lock:
            self._rung = True
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()

    @contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """While waiting: have `wake` called to end the wait."""
        with self._lock:
            self._wakes.add(wake)
            rung = self._rung
        try:
            if rung:
                wake()
            yield
        finally:
            with self._lock:
                self._wakes.discard(wake)


class Interrupted(BaseException):
    """Work that another thread has interrupted; what is known of it is the `__cause__`."""


class Interrupt:
    """Ends, from another thread, the flows that are run with it."""

    def __init__(self) -> None:
        self._bell = Bell()

    def set(self) -> None:
        """Interrupt the flows."""
        self._bell.ring()

    @contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """While waiting: have `wake` called to end the wait. Raises `Interrupted` if that happened."""
        try:
            with self._bell.waking(wake):
                yield
        finally:
            if self._bell.rung:
                raise Interrupted
