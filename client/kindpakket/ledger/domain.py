"""Where a signature is valid: one chaincode on one channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """The channel and chaincode that a signature is made for; it is invalid anywhere else."""

    channel: str
    chaincode: str
