"""Ending work from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupted(BaseException):
    """Work that another thread has interrupted; what is known of it is the `__cause__`."""


class Interrupt:
    """Ends, from another thread, the flows that are run with it."""

    def __init__(self) -> None:
        self.raised = threading.Event()
        self._wakes: set[Callable[[], object]] = set()
        self._lock = threading.Lock()

    def set(self) -> None:
        """Interrupt the flows."""
        self.raised.set()
        with self._lock:
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()

    @contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """While waiting: have `wake` called to end the wait. Raises `Interrupted` if that happened."""
        with self._lock:
            self._wakes.add(wake)
        try:
            if self.raised.is_set():
                wake()
            yield
        finally:
            with self._lock:
                self._wakes.discard(wake)
            if self.raised.is_set():
                raise Interrupted
