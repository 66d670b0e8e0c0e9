"""Positions of readers of blocks and events, kept so that a program goes on where it stopped."""

from fabric_gateway.checkpoints._checkpoint import (
    Checkpointer,
    FileCheckpointer,
    MemoryCheckpointer,
)

__all__ = [
    "Checkpointer",
    "FileCheckpointer",
    "MemoryCheckpointer",
]
