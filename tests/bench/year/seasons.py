"""How the payments of a year are spread over its days: school, Sinterklaas, Saturdays, summer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

# Of our own making: how busy a month and a weekday is, compared with an ordinary one.
_MONTHS = (0.8, 0.8, 0.9, 1.0, 1.0, 1.1, 0.7, 1.2, 1.6, 1.0, 1.5, 1.2)
_WEEKDAYS = (0.6, 0.8, 1.3, 0.9, 1.0, 2.2, 0.2)


def days_of(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def spread(total: int, days: Sequence[date]) -> list[int]:
    """Divide a number of payments over days by how busy each is; the parts add up to the total."""
    weights = [_MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] for day in days]
    whole, given, owed = sum(weights), 0, 0.0
    counts = []
    for weight in weights:
        owed += total * weight / whole
        counts.append(round(owed) - given)
        given += counts[-1]
    return counts
