"""Presets by age."""

from datetime import date

import pytest

from kindpakket.backoffice.ages import Ages, age_on
from kindpakket.backoffice.citizens import CitizensError, read_bytes

DAY = date(2026, 1, 1)
BANDS = ("0-11=junior", "12-17=senior")
HEADER = "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer"


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2014-01-01", "2026-01-01", 12),
        ("2014-01-02", "2026-01-01", 11),
        ("2012-02-29", "2025-02-28", 12),
        ("2012-02-29", "2025-03-01", 13),
        ("2026-01-02", "2026-01-01", -1),
    ],
)
def test_an_age_is_in_completed_years(born: str, day: str, age: int) -> None:
    assert age_on(date.fromisoformat(born), date.fromisoformat(day)) == age


def test_a_band_gives_its_preset_to_both_its_ends() -> None:
    ages = Ages.parse(BANDS, DAY)
    presets = [ages.preset(date(year, 1, 1)) for year in (2026, 2015, 2014, 2009, 2008)]
    assert presets == ["junior", "junior", "senior", "senior", None]


@pytest.mark.parametrize(
    "bands", [("0-12=junior", "12-17=senior"), ("11-0=junior",), ("0-11",), ("0-11=Jun",)]
)
def test_bands_that_cannot_be_used_are_named(bands: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"not an age band|overlap|ends before"):
        Ages.parse(bands, DAY)


def test_a_file_without_presets_gets_them_by_age() -> None:
    rows = "123456782;Anna;Bos;2015-06-01;H1;Z-1\n111222333;Bram;Bos;2009-06-01;H1;Z-2"
    children = read_bytes(f"{HEADER}\n{rows}\n".encode(), ages=Ages.parse(BANDS, DAY))
    assert [child.preset for child in children] == ["junior", "senior"]


def test_a_preset_in_the_file_comes_before_the_age() -> None:
    row = "123456782;Anna;Bos;2015-06-01;H1;Z-1;special"
    (child,) = read_bytes(f"{HEADER};regeling_preset\n{row}\n".encode(), ages=Ages.parse(BANDS, DAY))
    assert child.preset == "special"


def test_a_child_of_no_band_is_a_mistake_that_names_nobody() -> None:
    row = "123456782;Anna;Bos;2000-06-01;H1;Z-1"
    with pytest.raises(CitizensError, match="line 2: no age band") as caught:
        read_bytes(f"{HEADER}\n{row}\n".encode(), ages=Ages.parse(BANDS, DAY))
    assert "Anna" not in str(caught.value)
    assert "123456782" not in str(caught.value)


def test_without_bands_each_line_needs_a_preset() -> None:
    with pytest.raises(CitizensError, match="regeling_preset is missing"):
        read_bytes(f"{HEADER}\n123456782;Anna;Bos;2015-06-01;H1;Z-1\n".encode())
