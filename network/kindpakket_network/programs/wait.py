"""Waiting for a condition, and running work in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")
Item = TypeVar("Item")


def until(condition: Callable[[], Value | None], deadline: float, interval: float = 0.05) -> Value | None:
    """Poll a condition until it returns an answer.

    Args:
        condition: returns None while there is no answer yet.
        deadline: how long to poll, in seconds.
        interval: the pause between two calls, in seconds.

    Returns:
        The answer, or None if the deadline passed first.
    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer is not None or time.monotonic() >= end:
            return answer
        time.sleep(interval)


def in_parallel(work: Callable[[Item], Value], items: Iterable[Item], at_once: int = 16) -> list[Value]:
    """Call a function with each item, in parallel.

    Args:
        work: the function.
        items: its arguments.
        at_once: the number of threads.

    Returns:
        The results in the order of the items.

    Raises:
        Exception: the exception of the first item, in order, that raised one; after all calls have returned.
    """
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]
