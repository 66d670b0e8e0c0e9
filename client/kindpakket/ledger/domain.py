"""Where a signature counts: the chaincode on its channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """The chaincode on the channel that a signature is made for. It counts nowhere else."""

    channel: str
    chaincode: str
