"""Asks a peer several things at once, and remembers which records it has shown, in little memory."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

_AT_ONCE = 8
"""How many queries are on their way at once: more do not make a peer of two cores faster."""
_AHEAD = 32
_Thing = TypeVar("_Thing")
_Answer = TypeVar("_Answer")


class Ahead:
    """Asks for what is needed next while what came is worked on."""

    def __init__(self) -> None:
        """Begin without questions."""
        self._pool = ThreadPoolExecutor(_AT_ONCE, "query")

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def answers(
        self, asked: Iterable[tuple[_Thing, Callable[[], _Answer]]]
    ) -> Iterator[tuple[_Thing, _Answer]]:
        """Things with the answers to their questions, in the order in which they were asked.

        Only the questions run in other threads: they may not use the books.
        """
        waiting: deque[tuple[_Thing, Future[_Answer]]] = deque()
        for thing, question in asked:
            waiting.append((thing, self._pool.submit(question)))
            if len(waiting) >= _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        for last, future in waiting:
            yield last, future.result()


class Met:
    """The keys that a peer has shown, in a temporary file once they are many."""

    def __init__(self) -> None:
        """Begin without keys."""
        self._keys = sqlite3.connect("")
        self._keys.execute("CREATE TABLE met (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Met:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keys.close()

    def add(self, key: str) -> bool:
        """Add a key; False if it was there."""
        return self._keys.execute("INSERT OR IGNORE INTO met VALUES (?)", (key,)).rowcount == 1

    def __contains__(self, key: str) -> bool:
        return self._keys.execute("SELECT 1 FROM met WHERE key = ?", (key,)).fetchone() is not None
