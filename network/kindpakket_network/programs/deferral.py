"""Deferring `Waiting`, so that one step that waits for another organisation does not hold up the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kindpakket_network.errors import Waiting


@contextmanager
def deferring() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Yield a context manager whose blocks may raise `Waiting` without stopping the caller.

    Raises:
        Waiting: at the end, with the sentences of every block that raised it.
    """
    sentences: list[str] = []

    @contextmanager
    def deferred() -> Iterator[None]:
        try:
            yield
        except Waiting as waiting:
            sentences.extend(waiting.sentences)

    yield deferred
    if sentences:
        raise Waiting(sentences)
