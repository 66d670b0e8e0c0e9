"""Which column is which."""

from __future__ import annotations

from pathlib import Path

import pytest
from children_files import FENNA, HEADINGS, csv_of

from kindpakket.backoffice.citizens import CitizensError, read_bytes
from kindpakket.backoffice.intake.mapping import ColumnMapping, MappingError, plain

DUTCH = (
    "BSN-nummer",
    "Voornaam",
    "Geslachtsnaam",
    "Geb. datum",
    "Gezinsnummer",
    "Zaaknr.",
    "Regeling",
    "Aantal",
)
ENGLISH = (
    "Citizen service number",
    "First names",
    "Surname",
    "Date of birth",
    "Household",
    "Case_number",
    "Preset",
    "Units",
)


def mistakes(text: str, mapping: ColumnMapping | None = None) -> list[str]:
    with pytest.raises(CitizensError) as caught:
        read_bytes(text.encode(), mapping=mapping)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize("headings", [HEADINGS, DUTCH, ENGLISH])
def test_usual_names_are_known(headings: tuple[str, ...]) -> None:
    (child,) = read_bytes(csv_of(headings, FENNA).encode())
    assert (child.bsn, child.case, child.family_name) == ("999990019", "Z-0001", "Dijkstra")


def test_a_heading_counts_without_case_accents_and_punctuation() -> None:
    assert plain(" Géb. DATUM ") == "gebdatum"


def test_a_mapping_is_read_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "columns:\n  bsn: Nr\n  voornamen: [Doopnaam, Namen]\nignore: [Telefoon]\ndates_from: 1904\n"
    )
    mapping = ColumnMapping.load(file)
    headings = ("Nr", "Namen", *HEADINGS[2:], "Telefoon")
    row = (*FENNA[:3], "40542", *FENNA[4:], "06-12345678")
    (child,) = read_bytes(csv_of(headings, row).encode(), mapping=mapping)
    assert (child.first_names, child.born.isoformat()) == ("Fenna", "2014-12-31")
    assert "line 1: column bsn ('Nr') is missing" in mistakes(csv_of(HEADINGS, FENNA), mapping)


def test_what_a_mapping_names_comes_before_usual_names() -> None:
    mapping = ColumnMapping(columns={"zaaknummer": ("Gezin",), "huishouden": ("Zaak",)})
    headings = (*HEADINGS[:4], "Zaak", "Gezin", *HEADINGS[6:])
    (child,) = read_bytes(csv_of(headings, FENNA).encode(), mapping=mapping)
    assert (child.household, child.case) == ("h-1", "Z-0001")


def test_further_columns_are_ignored_only_if_the_mapping_says_so() -> None:
    text = csv_of((*HEADINGS, "Telefoon"), (*FENNA, "06-12345678"))
    assert mistakes(text) == ["line 1: column 'Telefoon' is unknown: remove it, or ignore it in the mapping"]
    for ignoring in (ColumnMapping(ignore=("telefoon",)), ColumnMapping(ignore_others=True)):
        assert len(read_bytes(text.encode(), mapping=ignoring)) == 1


def test_a_heading_with_braces_is_a_heading_like_others() -> None:
    text = csv_of((*HEADINGS, "{x}{number}"), (*FENNA, "y"))
    assert mistakes(text)[0].startswith("line 1: column '{x}0' is unknown")


def test_a_column_without_a_name_must_be_empty() -> None:
    assert len(read_bytes(csv_of((*HEADINGS, ""), (*FENNA, " ")).encode())) == 1
    assert mistakes(csv_of((*HEADINGS, ""), (*FENNA, "x"))) == [
        "line 2: column I has a value, but its column has no name: name the column, or empty it"
    ]


def test_a_file_without_headings_shows_no_child() -> None:
    assert mistakes(csv_of(FENNA)) == [
        "line 1: no known column is named here: the first row must name the columns"
    ]
    shifted = mistakes(csv_of(("bsn", "Fenna", "123456782"), FENNA[:3]))
    assert not any("Fenna" in mistake or "123456782" in mistake for mistake in shifted)
    assert "line 1: column B is unknown: remove it, or ignore it in the mapping" in shifted


def test_prefixes_become_part_of_the_family_name() -> None:
    headings = (*HEADINGS, "Tussenvoegsel")
    first, second = read_bytes(csv_of(headings, (*FENNA, "van der"), ("123456782", *FENNA[1:], "")).encode())
    assert (first.family_name, second.family_name) == ("van der Dijkstra", "Dijkstra")


def test_all_mistakes_of_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    content = {
        "columns": {"bsn": "A", "naam": "B", "voornamen": "a", "zaaknummer": 3},
        "ignore": "",
        "dates_from": 1900.5,
        "delimiter": ";;",
        "encoding": 8,
        "colums": {},
    }
    with pytest.raises(MappingError) as caught:
        ColumnMapping.parse(content, "m.yaml")
    message = str(caught.value)
    for part in (
        "'colums' is unknown",
        "columns.naam is unknown",
        "columns.voornamen has the heading 'a', as columns.bsn: choose one",
        "columns.zaaknummer is not a heading or a list of headings",
        "dates_from is 1900.5",
        "delimiter is ';;'",
        "encoding is 8",
    ):
        assert part in message, part
    with pytest.raises(MappingError, match="is not a mapping"):
        ColumnMapping.parse(["bsn"])
    file = tmp_path / "m.yaml"
    file.write_text("columns: [")
    with pytest.raises(MappingError, match="is not YAML"):
        ColumnMapping.load(file)
    file.write_text("")
    assert ColumnMapping.load(file) == ColumnMapping()
