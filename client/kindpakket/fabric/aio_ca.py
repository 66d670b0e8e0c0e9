"""The former name of `kindpakket.fabric.ca.aio`, which still works."""

from kindpakket.fabric.ca.aio import (
    CaClient,
)

__all__ = [
    "CaClient",
]
