"""What shops owe, by how long ago it was claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kindpakket.ledger.days import day_of
from kindpakket.ledger.records import Settlement

BUCKETS = ("0-30", "31-60", "61-90", "over 90", "unknown")
"""The ages in days by which debts are added up; `unknown` is that of receivables from before it was kept."""
_LIMITS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Debt:
    """What is left of a receivable on a day.

    Attributes:
        receivable: the ledger's record.
        claimed_on: the day it was claimed, `YYYY-MM-DD` in Amsterdam; None if the ledger does not know.
        age: days since then; None if the ledger does not know.
    """

    receivable: Settlement
    claimed_on: str | None
    age: int | None

    @property
    def cents(self) -> int:
        """What the shop still owes."""
        return -self.receivable["cents"] - self.receivable.get("collected_cents", 0)

    @property
    def bucket(self) -> str:
        """Which of `BUCKETS` its age is in."""
        if self.age is None:
            return BUCKETS[-1]
        return BUCKETS[sum(self.age > limit for limit in _LIMITS)]

    def as_json(self) -> dict[str, object]:
        """The debt as a JSON document."""
        return {
            "receivable": self.receivable["id"],
            "scheme": self.receivable["scheme"],
            "shop": self.receivable["shop"],
            "cents": self.cents,
            "claimed_on": self.claimed_on,
            "age_days": self.age,
            "bucket": self.bucket,
        }


def ageing(receivables: Iterable[Settlement], day: date) -> list[Debt]:
    """What is left of receivables on a day, oldest first; those of unknown age come before all others.

    Args:
        receivables: as `settlements.receivables` lists them.
        day: the day, in Amsterdam.
    """
    debts = [_debt(receivable, day) for receivable in receivables]
    return sorted(debts, key=lambda debt: (debt.claimed_on or "", debt.receivable["id"]))


def sums(debts: Iterable[Debt]) -> Mapping[str, int]:
    """The cents owed in each of `BUCKETS`, in their order."""
    total = dict.fromkeys(BUCKETS, 0)
    for debt in debts:
        total[debt.bucket] += debt.cents
    return total


def _debt(receivable: Settlement, day: date) -> Debt:
    if "claimed_at" not in receivable:
        return Debt(receivable, None, None)
    claimed_on = day_of(receivable["claimed_at"])
    return Debt(receivable, claimed_on, (day - date.fromisoformat(claimed_on)).days)
