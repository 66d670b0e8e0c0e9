"""The former place of `kindpakket.fabric.ca.aio`, whose names it has."""

from kindpakket.fabric.ca.aio import (
    CaClient,
)

__all__ = [
    "CaClient",
]
