"""A watch over the calls of an event loop that are waiting for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fabric_gateway._connection.peers import Link


class Watched:
    """A call in progress: whom it asked, and when somebody must look whether that peer still answers."""

    __slots__ = ("due", "link", "patience")

    def __init__(self, link: Link[Any], patience: float, due: float) -> None:
        self.link = link
        self.patience = patience
        self.due = due


class Watch:
    """Has the peer of a call answered anything lately? Asked for each call whenever its patience is over.

    One timer serves all calls, because nearly all of them end long before it goes off: a timer for each would
    cost more than all else that is done around a call.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, look: Callable[[Link[Any], float], None]) -> None:
        """Watch nothing yet.

        Args:
            loop: where the calls are made.
            look: called with a call's link and patience, in seconds.
        """
        self._loop = loop
        self._look = look
        self._calls: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, link: Link[Any], patience: float) -> Watched:
        """Watch a call that begins now, until it is passed to `end`."""
        call = Watched(link, patience, self._loop.time() + patience)
        self._calls.add(call)
        if self._timer is None or call.due < self._timer.when():
            self._set(call.due)
        return call

    def end(self, call: Watched) -> None:
        """Watch a call no longer."""
        self._calls.discard(call)

    def stop(self) -> None:
        """Watch no call any more."""
        self._calls.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._go_off)

    def _go_off(self) -> None:
        self._timer = None
        now = self._loop.time()
        over = [call for call in self._calls if call.due <= now]
        for call in over:
            call.due = now + call.patience
        if self._calls:
            self._set(min(call.due for call in self._calls))
        for call in over:
            self._look(call.link, call.patience)
