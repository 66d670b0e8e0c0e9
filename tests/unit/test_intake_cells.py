"""Cells as people and programs write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.backoffice.intake import amounts, cells, dates
from kindpakket.backoffice.intake.findings import Reason

TODAY = date(2026, 3, 1)
DAY = date(2014, 12, 31)


def code(reason: Reason | None) -> str | None:
    return None if reason is None else reason.code


@pytest.mark.parametrize(
    ("text", "kind", "value", "reason"),
    [
        ("999990019", "t", "999990019", None),
        ("1234.56.782", "t", "123456782", None),
        ("123 456 782", "t", "123456782", None),
        ('="012345672"', "t", "012345672", None),
        ("'012345672", "t", "012345672", None),
        ("12345672", "t", "012345672", "BSN_ZERO_ADDED"),
        ("12345672", "n", "012345672", "BSN_ZERO_ADDED"),
        ("123456782.0", "t", "123456782", "BSN_DECIMALS"),
        ("123456782,00", "t", "123456782", "BSN_DECIMALS"),
        ("123456782", "n", "123456782", "BSN_NUMBER"),
        ("111222000", "n", "", "BSN_INVALID"),
        ("123457000", "n", "", "BSN_INVALID"),
        ("123416000", "n", "123416000", "BSN_ROUNDED"),
        ("123456782.5", "t", "", "FRACTION"),
        ("1.23457E+8", "t", "", "SCIENTIFIC"),
        ("1,23457E+08", "t", "", "SCIENTIFIC"),
        ("1e+20", "n", "", "SCIENTIFIC"),
        ("123456789", "t", "", "BSN_INVALID"),
        ("1234567820", "t", "", "BSN_INVALID"),
        ("782", "t", "", "BSN_INVALID"),
        ("000000000", "t", "", "BSN_INVALID"),
        ("Fenna", "t", "", "BSN_INVALID"),
        ("١٢٣٤٥٦٧٨٢", "t", "", "BSN_INVALID"),
    ],
)
def test_a_citizen_service_number(text: str, kind: str, value: str, reason: str | None) -> None:
    found, why = cells.bsn(text, kind)
    assert (found, code(why)) == (value, reason)


@pytest.mark.parametrize(
    "text",
    [
        "31-12-2014",
        "31/12/2014",
        "31.12.2014",
        "2014-12-31",
        "2014/12/31",
        "20141231",
        "31 december 2014",
        "31 Dec. 2014",
        "31-dec-2014",
        "2014-12-31T00:00:00",
        "31-12-2014 0:00",
    ],
)
def test_dates_as_people_write_them(text: str) -> None:
    assert dates.born(text, "t", 1900, TODAY) == (DAY, None)


@pytest.mark.parametrize("month", ["maart", "mrt", "Mar", "MARCH"])
def test_months_in_dutch_and_english(month: str) -> None:
    assert dates.born(f"1 {month} 2014", "t", 1900, TODAY)[0] == date(2014, 3, 1)


def test_day_comes_before_month() -> None:
    assert dates.born("03/04/2014", "t", 1900, TODAY) == (date(2014, 4, 3), None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12/31/2014", "DATE_MONTH_FIRST"),
        ("31-12-14", "DATE_TWO_DIGIT_YEAR"),
        ("31 dec '14", "DATE_TWO_DIGIT_YEAR"),
        ("2014-12-30T23:00:00", "DATE_WITH_TIME"),
        ("42004.5", "DATE_WITH_TIME"),
        ("2999-01-01", "DATE_FUTURE"),
        ("99999", "DATE_FUTURE"),
        ("01-01-1899", "DATE_TOO_EARLY"),
        ("2014", "DATE_INVALID"),
        ("31-02-2014", "DATE_INVALID"),
        ("13/13/2014", "DATE_INVALID"),
        ("31-foo-2014", "DATE_INVALID"),
        ("0000-00-00", "DATE_INVALID"),
        ("12:30:00", "DATE_INVALID"),
        ("4.2004E+4", "DATE_INVALID"),
    ],
)
def test_dates_that_are_not_guessed(text: str, reason: str) -> None:
    day, why = dates.born(text, "t", 1900, TODAY)
    assert (day, code(why)) == (None, reason)


@pytest.mark.parametrize(("system", "serial"), [(1900, "42004"), (1904, "40542"), (1900, "42004.0")])
def test_serial_numbers_are_read_and_said(system: int, serial: str) -> None:
    day, why = dates.born(serial, "n", system, TODAY)
    assert (day, code(why)) == (DAY, f"DATE_SERIAL_{system}")


@given(st.dates(date(1930, 1, 1), TODAY))
def test_all_days_are_read_in_all_forms(day: date) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    for text in (
        day.isoformat(),
        f"{day:%d-%m-%Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day:%Y%m%d}",
        serial,
    ):
        assert dates.born(text, "t", 1900, TODAY)[0] == day
    earlier = (day - date(1904, 1, 1)) // timedelta(days=1)
    assert dates.born(f"{earlier:05}", "n", 1904, TODAY)[0] == day


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.234,56", "t", 123456),
        ("1234,56", "t", 123456),
        ("1234.56", "t", 123456),
        ("1,234.56", "t", 123456),
        ("€ 1.234,56", "t", 123456),
        ("1.234,56 EUR", "t", 123456),
        ("1.234.567,8", "t", 123456780),
        ("1.234.567", "t", 123456700),
        ("300", "t", 30000),
        ("300,-", "t", 30000),
        ("€300,--", "t", 30000),
        ("12.5", "n", 1250),
        ("0,05", "t", 5),
    ],
)
def test_amounts_as_people_write_them(text: str, kind: str, value: int) -> None:
    assert amounts.cents(text, kind) == (value, None)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("1.234", "t", "AMOUNT_AMBIGUOUS"),
        ("1,234", "t", "AMOUNT_AMBIGUOUS"),
        ("1.234", "n", "AMOUNT_DECIMALS"),
        ("0.30000000000000004", "n", "AMOUNT_DECIMALS"),
        ("12,3456", "t", "AMOUNT_DECIMALS"),
        ("0,00", "t", "AMOUNT_NOT_POSITIVE"),
        ("-5,00", "t", "AMOUNT_NOT_POSITIVE"),
        ("5,00-", "t", "AMOUNT_NOT_POSITIVE"),
        ("1,2E+3", "t", "SCIENTIFIC"),
        ("1.23.456,00", "t", "AMOUNT_INVALID"),
        ("dertig", "t", "AMOUNT_INVALID"),
        ("9" * 13, "t", "AMOUNT_INVALID"),
    ],
)
def test_amounts_that_are_not_guessed(text: str, kind: str, reason: str) -> None:
    value, why = amounts.cents(text, kind)
    assert (value, code(why)) == (None, reason)


@given(st.integers(1, 10**10))
def test_every_amount_is_read_in_dutch_and_english(cents: int) -> None:
    whole, rest = divmod(cents, 100)
    english = f"{whole:,}.{rest:02}"
    dutch = english.translate(str.maketrans(",.", ".,"))
    for text in (english, dutch, f"{whole}.{rest:02}", f"{whole},{rest:02}", f"€ {dutch}"):
        assert amounts.cents(text) == (cents, None)


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("1000", 1000), ("2.0", 2), ("2,00", 2)])
def test_units_are_whole_numbers(text: str, value: int) -> None:
    assert cells.units(text) == (value, None)


@pytest.mark.parametrize("text", ["0", "1001", "-1", "1.5", "2x", "²", "9" * 5000])
def test_units_that_are_none(text: str) -> None:
    assert cells.units(text) == (0, cells.UNITS_INVALID)


@pytest.mark.parametrize(
    ("text", "kind", "value", "reason"),
    [
        ("van der Véén", "t", "van der Véén", None),
        ("Anna\r\nMaria", "t", "Anna Maria", "LINE_FEED"),
        ("ZoÃ«", "t", "ZoÃ«", "GARBLED"),
        ("Zo\ufffd", "t", "", "LOST_CHARACTERS"),
        ("x" * 141, "t", "", "TOO_LONG"),
        ("TRUE", "b", "", "BOOLEAN"),
        ("2014-12-31", "d", "", "TURNED_TO_DATE"),
    ],
)
def test_texts(text: str, kind: str, value: str, reason: str | None) -> None:
    found, why = cells.text(text, kind)
    assert (found, code(why)) == (value, reason)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("Z-0001", "t", None),
        ("20240001", "n", None),
        ("2,02401E+11", "t", "SCIENTIFIC"),
        ("1e+20", "n", "SCIENTIFIC"),
        ("12.5", "n", "FRACTION"),
        ("2014-12-31", "d", "TURNED_TO_DATE"),
    ],
)
def test_numbers_of_cases_and_households_show_damage(text: str, kind: str, reason: str | None) -> None:
    assert code(cells.identifier(text, kind)[1]) == reason


@given(st.text(min_size=1), st.sampled_from("tnd"))
def test_no_text_breaks_a_reader_or_is_in_its_reason(text: str, kind: str) -> None:
    cleaned = cells.clean(text)
    if not cleaned:
        return
    for value, reason in (
        cells.bsn(cleaned, kind),
        dates.born(cleaned, kind, 1900, TODAY),
        cells.units(cleaned),
        amounts.cents(cleaned, kind),
        cells.text(cleaned, kind),
        cells.identifier(cleaned, kind),
    ):
        assert (not value) == (reason is not None and reason.severity == "error")
