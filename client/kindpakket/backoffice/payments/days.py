"""Days on which TARGET, the Eurosystem's settlement system, is open; on others banks execute no transfers."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from kindpakket.extras import extra

with extra("backoffice"):
    from holidays import HolidayBase, financial_holidays

_SATURDAY = 5


def is_target_day(day: date) -> bool:
    """Whether TARGET is open: not at weekends, nor on its six holidays."""
    return day.weekday() < _SATURDAY and day not in _holidays()


def target_day(day: date) -> date:
    """The first day on which TARGET is open, not before `day`."""
    while not is_target_day(day):
        day += timedelta(days=1)
    return day


def next_target_day(day: date) -> date:
    """The first day on which TARGET is open, after `day`."""
    return target_day(day + timedelta(days=1))


def why_closed(day: date) -> str:
    """Why TARGET is closed on a day, in words; "" when it is open."""
    if holiday := _holidays().get(day):
        return str(holiday)
    return f"a {day:%A}" if day.weekday() >= _SATURDAY else ""


@cache
def _holidays() -> HolidayBase:
    return financial_holidays("ECB", language="en_US")
