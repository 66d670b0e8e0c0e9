"""Receivables by age."""

from __future__ import annotations

from datetime import date

import pytest
from desk import settlement
from story import NOON

from kindpakket.backoffice.receivables import BUCKETS, ageing, sums
from kindpakket.ledger.days import day_of, first_instant
from kindpakket.ledger.records import Settlement

DAY = day_of(NOON)


def claimed(at: int | None, cents: int = -100, **more: int) -> Settlement:
    at_that_time = {} if at is None else {"claimed_at": at}
    return {**settlement("claimed"), "cents": cents, **at_that_time, **more}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "over 90")],
)
def test_ages_have_bounds(days: int, bucket: str) -> None:
    day = date.fromordinal(date.fromisoformat(DAY).toordinal() + days)
    (debt,) = ageing([claimed(NOON)], day)
    assert (debt.age, debt.bucket, debt.claimed_on) == (days, bucket, DAY)


def test_days_are_those_of_amsterdam() -> None:
    midnight = first_instant("2026-03-29")
    before, after = ageing([claimed(midnight), claimed(midnight - 1)], date(2026, 3, 30))
    assert (before.age, after.age) == (2, 1)


def test_what_is_left_is_owed() -> None:
    debts = ageing([claimed(NOON, -1000, collected_cents=300), claimed(None, -50)], date.fromisoformat(DAY))
    assert [debt.cents for debt in debts] == [50, 700]
    assert sums(debts) == dict.fromkeys(BUCKETS, 0) | {"0-30": 700, "unknown": 50}
    assert debts[0].as_json()["age_days"] is None
