"""The former name of `fabric_gateway.checkpoints.sql`, which still works."""

from fabric_gateway.checkpoints.sql import (
    SqlCheckpointer,
    checkpoints,
    metadata,
)

__all__ = [
    "SqlCheckpointer",
    "checkpoints",
    "metadata",
]
