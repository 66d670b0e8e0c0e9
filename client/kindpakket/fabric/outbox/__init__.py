"""Transactions that survive a crash of the program."""

from kindpakket.fabric.outbox.entry import (
    OutboxEntry,
    Resumed,
)
from kindpakket.fabric.outbox.outbox import (
    Outbox,
)

__all__ = [
    "Outbox",
    "OutboxEntry",
    "Resumed",
]
