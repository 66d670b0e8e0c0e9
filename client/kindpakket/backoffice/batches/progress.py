"""How a stage of the work shows how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Progress = Callable[[int], object]
"""Called with a number of rows each time that many are done."""
Counted = Callable[[int, str], AbstractContextManager[Progress | None]]
"""Opens the display of a stage: takes the number of its rows and its name."""


def silent(_: int, __: str) -> AbstractContextManager[None]:
    """Show nothing."""
    return nullcontext()
