"""How a network orders transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Ordering:
    """How transactions are ordered.

    Attributes:
        type: `bft` or `raft`.
        batch_interval_ms: how long a transaction waits for its block at most, in milliseconds.
        batch_messages: the maximum number of transactions in a block.
        batch_megabytes: the maximum size of a block's transactions, and so of one, in units of 2**20 bytes.
        forward_timeout_ms: BFT: how long a consenter keeps a transaction before it brings it to the leader.
        complain_timeout_ms: BFT: how much longer it waits until it complains about the leader.
        incoming_messages: BFT: how many messages of other consenters may wait to be handled.
    """

    type: str
    batch_interval_ms: int
    batch_messages: int
    batch_megabytes: int
    forward_timeout_ms: int = 1000
    complain_timeout_ms: int = 3000
    incoming_messages: int = 200

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """The ordering that a topology's members say."""
        default = 50 if members["type"] == "bft" else 100
        return cls(
            members["type"],
            members.get("batch_interval_ms", default),
            members.get("batch_messages", 500),
            members.get("batch_megabytes", 10),
            members.get("forward_timeout_ms", cls.forward_timeout_ms),
            members.get("complain_timeout_ms", cls.complain_timeout_ms),
            members.get("incoming_messages", cls.incoming_messages),
        )

    def quorum(self, consenters: int) -> int:
        """How many of a channel's consenters must take part in ordering."""
        if self.type == "raft":
            return consenters // 2 + 1
        return (consenters + (consenters - 1) // 3) // 2 + 1

    @property
    def lag(self) -> int:
        """How many blocks a consenter may harmlessly be behind while nothing is ordered.

        A BFT leader's heartbeats name the last decided block. A consenter that starts one block behind takes
        that block for the next one, and only fetches both when the following block arrives.
        """
        return 1 if self.type == "bft" else 0

    @property
    def patience(self) -> float:
        """Seconds without a new block after which a consenter that is behind is stalled.

        A BFT consenter two blocks behind an idle leader waits ten ticks of a second before it synchronises
        (NumOfTicksBehindBeforeSyncing of SmartBFT), and then fetches them. A Raft leader tells its followers
        with every heartbeat, five times a second.
        """
        return 20.0 if self.type == "bft" else 8.0
