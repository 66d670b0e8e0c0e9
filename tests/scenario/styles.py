"""The client's two styles, sync and asyncio in a thread, so that one test covers both."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from patience import PATIENCE

_LONGEST = 240.0
_ASYNC = "fabric_gateway.aio."


class Loop:
    """An event loop in its own thread, which runs the asyncio style."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function in the loop, await the result if it is awaitable, and wrap it."""

        async def run() -> Any:
            result = function(*arguments, **options)
            return await result if inspect.isawaitable(result) else result

        return self.wrap(asyncio.run_coroutine_threadsafe(run(), self._loop).result(_LONGEST))

    def wrap(self, value: Any) -> Any:
        """Wrap an object of the asyncio style so that it works like its sync twin; leave others alone."""
        return Wrapped(self, value) if type(value).__module__.startswith(_ASYNC) else value

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Wrapped:
    """An object of the asyncio style that works like its sync twin."""

    def __init__(self, loop: Loop, target: Any) -> None:
        self._loop = loop
        self._target = target

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._target, name)
        if not callable(member):
            return self._loop.wrap(member)
        return lambda *arguments, **options: self._loop.call(member, *arguments, **options)

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
    """A stream did not deliver the expected item in time."""


@contextmanager
def closing_after(stream: Any, seconds: float) -> Iterator[threading.Event]:
    """Close a stream after some seconds; the event says whether that happened."""
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


def take(stream: Any, matches: Any, seconds: float = PATIENCE) -> Any:
    """The first item of a stream for which `matches` is true.

    Args:
        stream: a stream of blocks or events, in either style.
        matches: a predicate of the stream's items.
        seconds: how long to wait.
    """
    with closing_after(stream, seconds) as late:
        for item in stream:
            if matches(item):
                return item
    raise Late(
        f"no match within {seconds:g} seconds" if late.is_set() else "the stream ended without a match"
    )
