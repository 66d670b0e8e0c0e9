"""Payments in batches of every size, beside the plain transaction that they are compared with."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from performance.load import Turn, loaded
from performance.stage import Stage

_SIZES = (10, 50, 100, 200)
_ASSET, _ALONE = "asset", "payment alone"
_PLAIN = 100
_PAYMENTS, _FEWEST = 400, 3
_ONE_AT_A_TIME = 20


@dataclass(frozen=True)
class Size:
    """A load of every round.

    Attributes:
        name: what a report calls it.
        payments: payments, or assets, in a transaction.
        at_once: transactions in flight.
        count: payments, or assets, of a turn.
    """

    name: str
    payments: int
    at_once: int
    count: int

    def turn(self, stage: Stage, number: int) -> Turn:
        """Put it on the network."""
        if self.payments > 1:
            calls = stage.batches(self.count, self.payments)
        else:
            calls = stage.calls("asset" if self.name == _ASSET else "payment", self.count, 1)
        return loaded(stage, self.name, calls, self.at_once * self.payments, number)


def sizes(transactions: int) -> list[Size]:
    """The loads: a hundred plain ones and some 400 payments in batches in flight, then one transaction.

    Args:
        transactions: payments alone of a turn; in batches four times as many, or one batch.
    """
    found = [Size(name, 1, _PLAIN, max(transactions, _PLAIN)) for name in (_ASSET, _ALONE)]
    found += [
        Size(f"batches of {size}", size, max(_FEWEST, _PAYMENTS // size), _whole(4 * transactions, size))
        for size in _SIZES
    ]
    found += [Size(name, 1, 1, _ONE_AT_A_TIME) for name in (_ASSET, _ALONE)]
    found += [
        Size(f"batches of {size}", size, 1, _whole(min(_ONE_AT_A_TIME * size, 4 * transactions), size))
        for size in _SIZES
    ]
    return found


def batching(stage: Stage, transactions: int, rounds: int) -> Iterator[tuple[Size, Turn]]:
    """All loads, round after round; each round begins with another one."""
    several = sizes(transactions)
    for number in range(1, rounds + 1):
        for place in range(len(several)):
            size = several[(place + number - 1) % len(several)]
            yield size, size.turn(stage, number)


def table(taken: Sequence[tuple[Size, Turn]]) -> list[dict[str, Any]]:
    """Medians of the rounds; the ratios are to the plain transaction in the same round.

    What was sent one at a time is compared with plain transactions one at a time. `in_flight` is of
    transactions, and what they waited, too; rates and CPU time are of payments.
    """
    plain = {(size.at_once > 1, turn.round): turn for size, turn in taken if size.name == _ASSET}
    found = []
    for size in dict.fromkeys(size for size, _ in taken):
        turns = [turn for other, turn in taken if other == size]
        bases = [plain[size.at_once > 1, turn.round] for turn in turns]
        rates = [turn.per_second / base.per_second for turn, base in zip(turns, bases, strict=True)]
        costs = [turn.cpu_ms / base.cpu_ms for turn, base in zip(turns, bases, strict=True)]
        found.append(
            {
                "load": size.name,
                "in_flight": size.at_once,
                "per_second": round(statistics.median(turn.per_second for turn in turns), 1),
                "of_asset": round(statistics.median(rates), 2),
                "lowest": round(min(rates), 2),
                "highest": round(max(rates), 2),
                "cpu_ms": round(statistics.median(turn.cpu_ms for turn in turns), 2),
                "cpu_of_asset": round(statistics.median(costs), 3),
                "p50_ms": round(statistics.median(turn.p50 or 0.0 for turn in turns)),
                "p95_ms": round(statistics.median(turn.p95 or 0.0 for turn in turns)),
                "valid": sum(turn.valid for turn in turns),
                "requests": sum(turn.requests for turn in turns),
            }
        )
    return found


def _whole(count: int, size: int) -> int:
    return max(count // size, 1) * size
