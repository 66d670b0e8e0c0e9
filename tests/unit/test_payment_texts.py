"""What banks pass on: characters, days on which they pay, and what shops read."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.backoffice.payments.characters import is_sepa_text, sepa_text
from kindpakket.backoffice.payments.days import is_target_day, next_target_day, target_day, why_closed
from kindpakket.backoffice.payments.remittance import Remittance, RemittanceError, Template

SETTLEMENT = "5" * 32


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Café 't Hoekje & Zn.", "Cafe 't Hoekje + Zn."),
        ("  two\t spaces\n", "two spaces"),
        ("Ĳsbrand Łódź Straße", "IJsbrand Lodz Strasse"),
        ("e\u0301", "e"),
        ("Ёлка №5", "Elka No5"),
        ("a@b_c [d] {e} f;g", "a(at)b-c (d) (e) f,g"),
        ("//a//b/", "a/b"),
        ("100% = #1!", "100. . .1."),
        ("🙂 Bakker", "Bakker"),
        ("🙂", ""),
        ("!?", ""),
        ("", ""),
    ],
)
def test_text_is_written_in_the_sepa_character_set(text: str, written: str) -> None:
    assert sepa_text(text) == written
    assert is_sepa_text(text) is (text == written != "")


@given(st.text(max_size=80))
def test_every_text_stays_in_the_set_and_is_written_once(text: str) -> None:
    written = sepa_text(text)
    assert re.fullmatch(r"[a-zA-Z0-9/\-?:().,'+ ]*", written)
    assert sepa_text(written) == written
    assert "//" not in written
    assert written.strip("/ ") == written


def test_target_is_closed_on_weekends_and_six_days_a_year() -> None:
    year = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    closed = [f"{day:%m-%d}" for day in year if day.weekday() < 5 and not is_target_day(day)]
    assert closed == ["01-01", "04-03", "04-06", "05-01", "12-25"]
    assert not is_target_day(date(2026, 12, 26))
    assert why_closed(date(2026, 12, 27)) == "a Sunday"
    assert why_closed(date(2026, 12, 28)) == ""
    assert next_target_day(date(2026, 4, 2)) == target_day(date(2026, 4, 3)) == date(2026, 4, 7)
    assert target_day(date(2027, 3, 30)) == date(2027, 3, 30)


def test_a_template_is_filled_for_a_settlement() -> None:
    remittance = Remittance("Kindpakket", SETTLEMENT, "2026-11-01", "2026-11-24", "DEB-7 & co")
    assert Template().fill(remittance) == "Kindpakket t/m 2026-11-24 DEB-7 + co"
    text = Template("{settlement} {period}").fill(remittance)
    assert text == f"{SETTLEMENT} 2026-11-01 - 2026-11-24"
    assert (
        Template("{period} {reference}").fill(Remittance("K", SETTLEMENT, "", "2026-11-24")) == "2026-11-24"
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{child}", "the template has {child}: its fields may be {scheme}"),
        ("{scheme.__class__}", "the template has {scheme.__class__}"),
        ("{scheme!r}", "the template has {scheme!r}"),
        ("{through:>99}", "the template has {through:>99}"),
        ("{}", "the template has {}"),
        ("{scheme", "malformed"),
        ("   ", "the template is empty"),
    ],
)
def test_a_template_with_other_fields_is_refused(template: str, reason: str) -> None:
    with pytest.raises(RemittanceError, match=re.escape(reason)):
        Template(template)


def test_a_text_is_never_cut_off() -> None:
    with pytest.raises(
        RemittanceError, match=f"settlement {SETTLEMENT}: the remittance text has 150 characters"
    ):
        Template("{scheme}").fill(Remittance("x" * 150, SETTLEMENT, "", "2026-11-24"))
    with pytest.raises(RemittanceError, match="has 0 characters"):
        Template("{reference}").fill(Remittance("x", SETTLEMENT, "", "2026-11-24"))
