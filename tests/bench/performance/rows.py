"""Medians of the rounds, which are what a report shows."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performance.load import Turn


@dataclass(frozen=True)
class Row:
    """A job at one number in flight: medians of the rounds.

    Attributes:
        job: what was done.
        in_flight: transactions in flight.
        rounds: how many rounds.
        per_second: valid transactions per second.
        low: the lowest rate of a round.
        high: the highest.
        ratio: the rate over that of `asset` in the same round, the median of the rounds; None where that was
            not taken.
        ratio_low: the lowest of these ratios.
        ratio_high: the highest.
        p50: milliseconds that half of the transactions took at most.
        p95: and that 95 in 100 took at most.
        cpu_ms: CPU milliseconds for each transaction, by kind of process.
        written: bytes written to disk for each transaction, by kind of process.
        per_block: transactions for each block.
        syncs: synchronisations of consenters, in all rounds.
        views: changes of leader, in all rounds.
        requests: transactions made, in all rounds.
        valid: those that were valid.
        others: what became of the others.
    """

    job: str
    in_flight: int
    rounds: int
    per_second: float
    low: float
    high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p50: float | None
    p95: float | None
    cpu_ms: dict[str, float]
    written: dict[str, int]
    per_block: float
    syncs: int
    views: int
    requests: int
    valid: int
    others: dict[str, int]


def rows(turns: Sequence[Turn], base: str = "asset") -> list[Row]:
    """One row for each job and number in flight, in the order in which they were first taken."""
    groups: dict[tuple[int, str], list[Turn]] = {}
    for turn in turns:
        groups.setdefault((turn.in_flight, turn.job), []).append(turn)
    return [
        _row(several, {turn.round: turn for turn in groups.get((in_flight, base), ())})
        for (in_flight, _), several in sorted(groups.items())
    ]


def paired(
    turns: Sequence[Turn],
    whose: Callable[[Turn], str],
    first: str,
    second: str,
    figures: Mapping[str, Callable[[Turn], float | None]],
) -> Iterator[tuple[int, str, list[tuple[float, float]]]]:
    """Both values of each figure in the rounds that both took, by number in flight; none without a round."""
    by_place = {(whose(turn), turn.in_flight, turn.round): turn for turn in turns}
    for in_flight in dict.fromkeys(turn.in_flight for turn in turns if whose(turn) == first):
        for name, figure in figures.items():
            pairs = [
                (a, b)
                for turn in turns
                if (whose(turn), turn.in_flight) == (first, in_flight)
                and (other := by_place.get((second, in_flight, turn.round))) is not None
                and (a := figure(turn))
                and (b := figure(other))
            ]
            if pairs:
                yield in_flight, name, pairs


def compared(
    turns: Sequence[Turn], job: str, other: str, figures: Mapping[str, Callable[[Turn], float | None]]
) -> list[dict[str, Any]]:
    """Figures of one job over those of another in the same round, at the same number in flight.

    Returns:
        Rows of both medians, and the median, lowest and highest of the rounds' ratios; rounds that only one
        of them took do not count.
    """
    found = []
    for in_flight, name, pairs in paired(turns, lambda turn: turn.job, job, other, figures):
        several = [a / b for a, b in pairs]
        found.append(
            {
                "in_flight": in_flight,
                "figure": name,
                job: round(statistics.median(a for a, _ in pairs), 2),
                other: round(statistics.median(b for _, b in pairs), 2),
                "ratio": round(statistics.median(several), 3),
                "lowest": round(min(several), 3),
                "highest": round(max(several), 3),
            }
        )
    return found


def with_medians(several: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of rounds, and after them a row of each step's medians, if there are several rounds."""
    steps: dict[str, list[Mapping[str, Any]]] = {}
    for row in several:
        steps.setdefault(row["step"], []).append(row)
    medians = [
        {
            **rounds[0],
            **{
                name: round(statistics.median(row[name] for row in rounds), 2)
                for name, value in rounds[0].items()
                if isinstance(value, float)
            },
            "round": "median",
        }
        for rounds in steps.values()
        if len(rounds) > 1
    ]
    return [*map(dict, several), *medians]


def _row(turns: Sequence[Turn], base: dict[int, Turn]) -> Row:
    rates = [turn.per_second for turn in turns]
    ratios = [turn.per_second / base[turn.round].per_second for turn in turns if turn.round in base]
    kinds = sorted({kind for turn in turns for kind in turn.spent.cpu})
    others: dict[str, int] = {}
    for turn in turns:
        for reason, count in turn.others.items():
            others[reason] = others.get(reason, 0) + count
    return Row(
        job=turns[0].job,
        in_flight=turns[0].in_flight,
        rounds=len(turns),
        per_second=round(statistics.median(rates), 1),
        low=round(min(rates), 1),
        high=round(max(rates), 1),
        ratio=round(statistics.median(ratios), 3) if ratios else None,
        ratio_low=round(min(ratios), 3) if ratios else None,
        ratio_high=round(max(ratios), 3) if ratios else None,
        p50=_median(turn.p50 for turn in turns),
        p95=_median(turn.p95 for turn in turns),
        cpu_ms={
            kind: round(
                statistics.median(1000 * turn.spent.cpu.get(kind, 0) / max(turn.valid, 1) for turn in turns),
                2,
            )
            for kind in kinds
        },
        written={
            kind: round(
                statistics.median(turn.spent.written.get(kind, 0) / max(turn.valid, 1) for turn in turns)
            )
            for kind in sorted({kind for turn in turns for kind in turn.spent.written})
        },
        per_block=round(statistics.median(turn.per_block for turn in turns), 1),
        syncs=sum(turn.spent.syncs for turn in turns),
        views=sum(turn.spent.views for turn in turns),
        requests=sum(turn.requests for turn in turns),
        valid=sum(turn.valid for turn in turns),
        others=others,
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 1) if known else None
