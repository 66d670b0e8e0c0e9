"""Waiting on conditions, and doing things at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")
Item = TypeVar("Item")


def until(condition: Callable[[], Value | None], deadline: float, interval: float = 0.05) -> Value | None:
    """Ask again and again until there is an answer.

    Args:
        condition: gives None as long as there is none.
        deadline: seconds from now.
        interval: seconds between two questions.

    Returns:
        The answer, or None when the deadline passed.
    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer is not None or time.monotonic() >= end:
            return answer
        time.sleep(interval)


def together(work: Callable[[Item], Value], items: Iterable[Item], at_once: int = 16) -> list[Value]:
    """Do something with all items at the same time.

    Returns:
        The results in the order of the items.

    Raises:
        Exception: what the first item in order raised, after all have ended.
    """
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]
