"""Calendar days in Europe/Amsterdam, as the ledger counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
"""The time zone that decides which day an instant belongs to."""


def today() -> date:
    """Today's date in Amsterdam, by this machine's clock."""
    return datetime.now(AMSTERDAM).date()


@lru_cache(maxsize=64)
def day_of(instant: int) -> str:
    """The day, `YYYY-MM-DD`, of an instant in Unix seconds."""
    return datetime.fromtimestamp(instant, UTC).astimezone(AMSTERDAM).date().isoformat()


def day_after(day: str, days: int) -> str:
    """The day `days` days later; earlier if `days` is negative."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def next_day(day: str) -> str:
    """The day after."""
    return day_after(day, 1)


def first_instant(day: str) -> int:
    """The first instant of a day in Amsterdam, in Unix seconds."""
    return int(datetime.combine(date.fromisoformat(day), time(), AMSTERDAM).timestamp())


def booking_day(instant: int, closed_until: str) -> str:
    """The day a payment is booked on: its own day, or the day after the last closed one if that is later."""
    own = day_of(instant)
    return own if own > closed_until else next_day(closed_until)
