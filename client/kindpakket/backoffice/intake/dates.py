"""Dates of birth as people and programs write them.

The order is the Dutch one, day before month. A date that fits only with the month first, a year of two digits
and a time of day are errors: none of them is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from kindpakket.backoffice.intake.findings import Reason

DATE_INVALID = Reason("DATE_INVALID", "is not a date: write YYYY-MM-DD or DD-MM-YYYY")
DATE_MONTH_FIRST = Reason(
    "DATE_MONTH_FIRST", "is a date only with the month first: write DD-MM-YYYY, in all rows"
)
DATE_TWO_DIGIT_YEAR = Reason("DATE_TWO_DIGIT_YEAR", "has a year of two digits: write all four")
DATE_WITH_TIME = Reason(
    "DATE_WITH_TIME", "has a time of day, which can shift the date by a day: export the date alone"
)
DATE_FUTURE = Reason("DATE_FUTURE", "is in the future")
DATE_TOO_EARLY = Reason("DATE_TOO_EARLY", "is before 1900: look at what the spreadsheet made of it")
# Excel's own 1900-02-29, which never was, is why its days count from 1899-12-30 after that day.
_EPOCHS = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
DATE_SERIALS = {
    system: Reason(
        f"DATE_SERIAL_{system}",
        f"is a serial number, read as a day that Excel counts from {system}; export dates as text to be sure",
        "notice",
    )
    for system in _EPOCHS
}

_Day = tuple[date | None, Reason | None]
_MIDNIGHT = re.compile(r"0?0:00(?::00(?:\.0+)?)?")
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mrt maart mar march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "aug augustus august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}


def born(text: str, kind: str, system: int, today: date) -> _Day:
    """A date of birth; None if there is an error.

    `31-12-2014`, `31/12/2014`, `2014-12-31`, `20141231`, `31 december 2014` and Excel's serial number `42004`
    are the same.

    Args:
        text: the cell's text, cleaned and not empty.
        kind: the cell's kind; it does not matter, as a date is there in full.
        system: the year from which serial numbers count, 1900 or 1904.
        today: a later date is an error.
    """
    del kind
    day, reason = _day(text.lower(), system)
    if day is not None and day > today:
        return None, DATE_FUTURE
    if day is not None and day.year < 1900:
        return None, DATE_TOO_EARLY
    return day, reason


@lru_cache(maxsize=1 << 14)
def _day(text: str, system: int) -> _Day:
    for pattern, read in _FORMS:
        match = pattern.fullmatch(text)
        if match:
            return read(match, system)
    try:
        return date.fromisoformat(text.upper()), None
    except ValueError:
        return None, DATE_INVALID


def _year_first(match: re.Match[str], system: int) -> _Day:
    del system
    if match[4] and not _MIDNIGHT.fullmatch(match[4]):
        return None, DATE_WITH_TIME
    return _calendar(int(match[1]), int(match[2]), int(match[3]))


def _day_first(match: re.Match[str], system: int) -> _Day:
    del system
    if match[5] and not _MIDNIGHT.fullmatch(match[5]):
        return None, DATE_WITH_TIME
    day, month, year = int(match[1]), int(match[3]), int(match[4])
    if month > 12 and day <= 12 and _calendar(year, day, month)[0] is not None:
        return None, DATE_MONTH_FIRST
    return _calendar(year, month, day)


def _named(match: re.Match[str], system: int) -> _Day:
    del system
    return _calendar(int(match[3]), _MONTHS.get(match[2], 0), int(match[1]))


def _serial(match: re.Match[str], system: int) -> _Day:
    return date.fromordinal(_EPOCHS[system].toordinal() + int(match[1])), DATE_SERIALS[system]


def _always(reason: Reason) -> Callable[[re.Match[str], int], _Day]:
    return lambda match, system: (None, reason)


def _calendar(year: int, month: int, day: int) -> _Day:
    try:
        return date(year, month, day), None
    except ValueError:
        return None, DATE_INVALID


_TIME = r"(?:[t ](\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?))?"
# Four digits are a year, and never a serial number, which children's dates have five digits of.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], _Day]], ...] = (
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME, re.ASCII), _year_first),
    (re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})" + _TIME, re.ASCII), _day_first),
    (re.compile(r"(\d{1,2})[-/. ]{1,2}([a-z]{3,9})\.?[-/. ]{1,2}(\d{4})", re.ASCII), _named),
    (
        re.compile(r"\d{1,2}[-/. ]{1,2}(?:\d{1,2}|[a-z]{3,9}\.?)[-/. ]{1,2}['\u2019]?\d{2}", re.ASCII),
        _always(DATE_TWO_DIGIT_YEAR),
    ),
    (re.compile(r"(\d{5})(?:[.,]0+)?", re.ASCII), _serial),
    (re.compile(r"\d{5}[.,]\d+", re.ASCII), _always(DATE_WITH_TIME)),
)
