"""Transactions that survive a crash of the program."""

from kindpakket.fabric.outbox._entry import (
    OutboxEntry,
    Resumed,
)
from kindpakket.fabric.outbox._outbox import (
    Outbox,
)

__all__ = [
    "Outbox",
    "OutboxEntry",
    "Resumed",
]
