"""Carrying on with other things when one of them waits for another organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kindpakket_network.errors import Waiting


@contextmanager
def collected() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Gives blocks that end without an error when what they do waits for another organisation.

    Raises:
        Waiting: at the end, with the sentences of all such blocks.
    """
    sentences: list[str] = []

    @contextmanager
    def collecting() -> Iterator[None]:
        try:
            yield
        except Waiting as waiting:
            sentences.extend(waiting.sentences)

    yield collecting
    if sentences:
        raise Waiting(sentences)
