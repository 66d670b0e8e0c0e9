"""Figures out of all turns: what each client did at each number in flight."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sdk.job import Transaction
from sdk.ledger import Found
from sdk.plan import Leg
from sdk.process import Measured

BASE = "go"
_VARYING = re.compile(r"\b[0-9a-f]{64}\b|\b127\.0\.0\.1:\d+|\b(Alpha|Beta|Gamma|Delta)MSP\b")
_WORDS = 600


@dataclass(frozen=True, slots=True)
class Turn:
    """A client's turn that was taken, and what the ledger says of its requests.

    Attributes:
        leg: the turn.
        measured: what was measured.
        found: its requests, and those of its warm-up, on the ledger.
    """

    leg: Leg
    measured: Measured
    found: Found

    @property
    def transactions(self) -> list[Transaction]:
        """What the client says of its requests, warm-up left out."""
        return self.measured.answer.transactions

    @property
    def per_second(self) -> float:
        """Valid transactions per second."""
        return _count(self.transactions, "valid") / self.measured.answer.seconds

    @property
    def cpu_milliseconds(self) -> float:
        """CPU time of the client per transaction, which is seconds per 1,000 transactions."""
        return 1000 * self.measured.answer.cpu_seconds / len(self.transactions)


@dataclass(frozen=True, slots=True)
class Row:
    """A client at one number in flight with one kind of ordering, over all rounds.

    Attributes:
        ordering: `bft` or `raft`.
        in_flight: transactions in flight.
        client: the client.
        requests: how many it made, warm-up left out.
        per_second: valid transactions per second: the median of the rounds.
        ratio: its rate over Go's in the same round: the median; None without Go.
        ratio_low: the lowest of the rounds.
        ratio_high: the highest.
        p50: milliseconds from the proposal to the commit status that half of the valid ones took at most.
        p95: and that 95 in 100 took at most.
        cpu_seconds: CPU seconds of the client per 1,000 transactions: the median of the rounds.
        cpu_ratio: that over Go's in the same round: the median; None without Go.
        start_cpu_seconds: CPU seconds of the process outside of that, for start and warm-up: the median.
        peak_mb: the most memory that the process had, in 10^6 bytes, over all rounds.
        outcomes: how many the client called valid, invalid, failed, unknown.
        found: its requests on the ledger, those of the warm-up included.
        reasons: the most frequent reasons of what was not valid, and how often they were given.
    """

    ordering: str
    in_flight: int
    client: str
    requests: int
    per_second: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p50: float | None
    p95: float | None
    cpu_seconds: float
    cpu_ratio: float | None
    start_cpu_seconds: float
    peak_mb: float
    outcomes: dict[str, int]
    found: Found
    reasons: dict[str, int]

    @property
    def name(self) -> str:
        """What it is about, in words."""
        return f"{self.client} on {self.ordering.upper()}, {self.in_flight} in flight"


def rows(turns: Sequence[Turn]) -> list[Row]:
    """One row for each ordering, number in flight and client, in the order of the turns, Go first."""
    groups: dict[tuple[str, int], dict[str, list[Turn]]] = {}
    for turn in turns:
        at = groups.setdefault((turn.leg.ordering, turn.leg.in_flight), {})
        at.setdefault(turn.leg.client, []).append(turn)
    return [
        _row(at[client], {turn.leg.round: turn for turn in at.get(BASE, ())})
        for at in groups.values()
        for client in sorted(at, key=lambda name: (name != BASE, name))
    ]


def latencies(transactions: Iterable[Transaction]) -> tuple[float | None, float | None]:
    """Milliseconds that 50, and 95, in 100 of the valid ones took at most; None of fewer than two."""
    taken = [one.milliseconds for one in transactions if one.outcome == "valid"]
    if len(taken) < 2:
        return None, None
    twentieths = statistics.quantiles(taken, n=20, method="inclusive")
    return round(twentieths[9], 1), round(twentieths[18], 1)


def _row(turns: Sequence[Turn], base: Mapping[int, Turn]) -> Row:
    transactions = [one for turn in turns for one in turn.transactions]
    p50, p95 = latencies(transactions)
    pairs = [(turn, base[turn.leg.round]) for turn in turns if turn.leg.round in base]
    rates = [turn.per_second / other.per_second for turn, other in pairs if other.per_second]
    costs = [turn.cpu_milliseconds / other.cpu_milliseconds for turn, other in pairs]
    leg = turns[0].leg
    return Row(
        ordering=leg.ordering,
        in_flight=leg.in_flight,
        client=leg.client,
        requests=len(transactions),
        per_second=round(statistics.median(turn.per_second for turn in turns), 1),
        ratio=_median(rates),
        ratio_low=round(min(rates), 3) if rates else None,
        ratio_high=round(max(rates), 3) if rates else None,
        p50=p50,
        p95=p95,
        cpu_seconds=round(statistics.median(turn.cpu_milliseconds for turn in turns), 3),
        cpu_ratio=_median(costs),
        start_cpu_seconds=round(
            statistics.median(
                turn.measured.process_cpu_seconds - turn.measured.answer.cpu_seconds for turn in turns
            ),
            2,
        ),
        peak_mb=round(max(turn.measured.peak_bytes for turn in turns) / 1e6, 1),
        outcomes=dict(Counter(one.outcome for one in transactions)),
        found=_sum(turn.found for turn in turns),
        reasons=_reasons(transactions),
    )


def faults(found: Iterable[Row], client: str = "python") -> list[str]:
    """What our own clients must not do, in words: each request must end valid, and be on the ledger once."""
    words = []
    for row in found:
        if row.client.startswith(client):
            valid = row.outcomes.get("valid", 0)
            if valid != row.requests or row.found.missing or row.found.doubled:
                words.append(
                    f"{row.name}: {row.outcomes}; on the ledger "
                    f"{row.found.missing} are missing and {row.found.doubled} doubled; {row.reasons}"
                )
    return words


def _reasons(transactions: Iterable[Transaction]) -> dict[str, int]:
    """The three most frequent reasons, without ids and nodes, so that the same words count together."""
    told = (_VARYING.sub("…", one.reason)[:_WORDS] for one in transactions if one.reason)
    return dict(Counter(told).most_common(3))


def _count(transactions: Iterable[Transaction], outcome: str) -> int:
    return sum(one.outcome == outcome for one in transactions)


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _sum(found: Iterable[Found]) -> Found:
    once, missing, doubled, lost, disowned, late = map(
        sum, zip(*((f.once, f.missing, f.doubled, f.lost, f.disowned, f.late) for f in found), strict=True)
    )
    return Found(once, missing, doubled, lost, disowned, late)
