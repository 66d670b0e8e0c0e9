"""The former place of `kindpakket.fabric.checkpoints.sql`, whose names it has."""

from kindpakket.fabric.checkpoints.sql import (
    SqlCheckpointer,
    checkpoints,
    metadata,
)

__all__ = [
    "SqlCheckpointer",
    "checkpoints",
    "metadata",
]
