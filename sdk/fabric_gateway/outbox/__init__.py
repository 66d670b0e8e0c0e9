"""Transactions that survive a crash of the program."""

from fabric_gateway.outbox._entry import (
    OutboxEntry,
    Resumed,
)
from fabric_gateway.outbox._outbox import (
    Outbox,
)

__all__ = [
    "Outbox",
    "OutboxEntry",
    "Resumed",
]
