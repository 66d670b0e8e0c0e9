"""Who approves whom: how often, for how much, and whether it is always the same two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket.auditor.legality.facts import Approval
from kindpakket.auditor.legality.settings import Signals
from kindpakket.ledger.days import day_of


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons who took the two steps of a kind of decision.

    Attributes:
        kind: the operation of the second step, such as `settlement:Approve`.
        first, second: who took the first step, and who the second.
        times: how often.
        cents: the sum of what it moved; what moves nothing counts as 0.
        first_day, last_day: when, at first and at last.
        share: the percentage of these decisions that were theirs, rounded down.
        signal: whether that share is worth a look.
        alone: whether both are the same person, which no rule allows.
        mutual: whether they approved each other's first steps too.
    """

    kind: str
    first: str
    second: str
    times: int
    cents: int
    first_day: str
    last_day: str
    share: int
    signal: bool
    alone: bool
    mutual: bool


def pairs_in(approvals: Sequence[Approval], signals: Signals) -> list[Pair]:
    """The pairs, by kind, the most frequent first."""
    times: Counter[tuple[str, str, str]] = Counter()
    cents: Counter[tuple[str, str, str]] = Counter()
    days: dict[tuple[str, str, str], list[int]] = {}
    kinds: Counter[str] = Counter()
    for approval in approvals:
        key = approval.kind, approval.first, approval.second
        times[key] += 1
        cents[key] += approval.cents
        kinds[approval.kind] += 1
        days.setdefault(key, []).append(approval.step.at)
    together = {(first, second) for _, first, second in times}
    return [
        Pair(
            kind,
            first,
            second,
            times[kind, first, second],
            cents[kind, first, second],
            day_of(min(days[kind, first, second])),
            day_of(max(days[kind, first, second])),
            share=100 * times[kind, first, second] // kinds[kind],
            signal=kinds[kind] >= signals.same_pair_least
            and 100 * times[kind, first, second] >= signals.same_pair_percent * kinds[kind],
            alone=first == second,
            mutual=first != second and (second, first) in together,
        )
        for kind, first, second in sorted(times, key=lambda key: (key[0], -times[key], key))
    ]
