"""The former name of `kindpakket.fabric.checkpoints.sql`, which still works."""

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
