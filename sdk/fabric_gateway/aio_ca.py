"""The former name of `fabric_gateway.ca.aio`, which still works."""

from fabric_gateway.ca.aio import (
    CaClient,
)

__all__ = [
    "CaClient",
]
