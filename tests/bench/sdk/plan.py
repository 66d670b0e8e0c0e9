"""Who runs when: every client in every round at every number in flight, in an order that turns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """One client's turn.

    Attributes:
        ordering: `bft` or `raft`.
        round: the round, from 1.
        in_flight: the number of transactions in flight.
        client: the client.
        transactions: the number of transactions.
    """

    ordering: str
    round: int
    in_flight: int
    client: str
    transactions: int

    @property
    def keys(self) -> list[str]:
        """The keys of this turn; no other turn has them."""
        return self._keys("", self.transactions)

    @property
    def warm_up(self) -> list[str]:
        """The keys to warm up with."""
        return self._keys("w", max(20, self.in_flight))

    def _keys(self, kind: str, count: int) -> list[str]:
        name = f"{self.ordering}-{self.round}-{self.in_flight}-{self.client}"
        return [f"{name}-{kind}{number}" for number in range(count)]


def legs(
    ordering: str, rounds: int, in_flight: Sequence[int], clients: Sequence[str], transactions: int
) -> Iterator[Leg]:
    """All turns on one network.

    Clients take turns within a round, so that what slows the machine down slows each of them down, and each
    comes first in its turn, so that none always has the emptier ledger. `transactions` are made at the
    highest number in flight, and fewer at lower ones, by the root of their ratio: one at a time takes long.
    """
    turn = 0
    for number in range(1, rounds + 1):
        for flying in in_flight:
            count = round(transactions * math.sqrt(flying / max(in_flight)))
            for place in range(len(clients)):
                yield Leg(ordering, number, flying, clients[(place + turn) % len(clients)], count)
            turn += 1
