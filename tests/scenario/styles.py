"""The two styles of the client, so that a scenario is one test for both: sync, and asyncio from a thread."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LONGEST = 240.0
_ASYNC = "kindpakket.fabric.aio."


class Loop:
    """An event loop in a thread of its own, in which the asyncio style runs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function within the loop, await what it returns if that can be done, and wrap the result."""

        async def run() -> Any:
            found = function(*arguments, **options)
            return await found if inspect.isawaitable(found) else found

        return self.wrap(asyncio.run_coroutine_threadsafe(run(), self._loop).result(_LONGEST))

    def wrap(self, value: Any) -> Any:
        """An object of the asyncio style becomes one that is used like its sync twin."""
        return Wrapped(self, value) if type(value).__module__.startswith(_ASYNC) else value

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Wrapped:
    """An object of the asyncio style, to be used like its sync twin."""

    def __init__(self, loop: Loop, target: Any) -> None:
        self._loop = loop
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return self._loop.wrap(found)
        return lambda *arguments, **options: self._loop.call(found, *arguments, **options)

    def __enter__(self) -> Wrapped:
        self._loop.call(self._target.__aenter__)
        return self

    def __exit__(self, *error: Any) -> None:
        self._loop.call(self._target.__aexit__, *error)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._loop.call(self._target.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None


class Late(AssertionError):
    """A stream did not bring in time what was waited for."""


@contextmanager
def closing_after(stream: Any, seconds: float) -> Iterator[threading.Event]:
    """Close a stream after some seconds; the event tells whether it came to that."""
    late = threading.Event()

    def close() -> None:
        late.set()
        stream.close()

    timer = threading.Timer(seconds, close)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def take(stream: Any, wanted: Any, seconds: float = 30.0) -> Any:
    """The first that a stream brings of which `wanted` is true.

    Args:
        stream: a stream of blocks or events, in either style.
        wanted: takes what the stream brings.
        seconds: how long to wait.
    """
    with closing_after(stream, seconds) as late:
        for found in stream:
            if wanted(found):
                return found
    raise Late(f"it did not come within {seconds:g} seconds" if late.is_set() else "the stream ended before")
