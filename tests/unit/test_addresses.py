"""Files of addresses: as municipalities export them, all mistakes at once, and nothing of an address told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from old_register import children
from story import SCHEME

from kindpakket.backoffice.letters.letter import MAX_LINE_LENGTH
from kindpakket.backoffice.mailing import AddressFileError, read_addresses
from kindpakket.backoffice.register import Household, Purpose, Register

HEAD = "huishouden;geadresseerde;straat;huisnummer;postcode;plaats;land;taal"
ROW = "huis-0;Familie Jansen;Dorpsstraat;7 b;9801ab;Zuidhorn;;"


def written(tmp_path: Path, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    path = tmp_path / "addresses.csv"
    path.write_bytes("\r\n".join([head, *rows, ""]).encode(encoding))
    return path


def test_an_address_is_read_as_the_post_wants_it(tmp_path: Path) -> None:
    found = read_addresses(
        written(
            tmp_path,
            ROW,
            "huis-1;Mme. Müller;Rue Neuve;1;1000;Bruxelles;België;FR",
            "huis-2;Noor de Vries;Straat 1;;1234 CD;'s-Gravenhage;Nederland;en",
        )
    )
    assert found == {
        "huis-0": Household(("Familie Jansen", "Dorpsstraat 7 b", "9801 AB  ZUIDHORN"), ""),
        "huis-1": Household(("Mme. Müller", "Rue Neuve 1", "1000 Bruxelles", "BELGIË"), "fr"),
        "huis-2": Household(("Noor de Vries", "Straat 1", "1234 CD  'S-GRAVENHAGE"), "en"),
    }
    assert "Jansen" not in repr(found)


def test_the_usual_names_of_columns_are_known_and_others_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "addresses.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        headings = ["Telefoon", "Household ID", "Naam", "Adres", "PC", "Woonplaats"]
        sheet.write_row(0, 0, headings)
        sheet.write_row(1, 0, ["06-12345678", "huis-0", "Familie Jansen", "Straat 1", "9801 AB", "Zuidhorn"])
    assert read_addresses(path) == {"huis-0": Household(("Familie Jansen", "Straat 1", "9801 AB  ZUIDHORN"))}


def test_all_mistakes_are_told_with_their_lines_and_without_an_address(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ROW,
        "huis-1;;Straat;1;98O1 AB;Zuidhorn;;",
        "huis-2;Geheim;Straat;1;9801 AB;Zuidhorn;;Dutch!",
        ROW.replace("7 b", "8"),
        f"huis-3;{'Geheim' * 9};Straat;1;9801 AB;Zuidhorn;;",
        "huis-4;Ge\x07heim;Straat;1;9801 AB;Zuidhorn;;",
    )
    with pytest.raises(AddressFileError) as refused:
        read_addresses(path)
    assert [str(mistake) for mistake in refused.value.mistakes] == [
        "line 3: geadresseerde is empty",
        "line 3: postcode is not four digits and two letters: correct it, or name the land",
        "line 4: taal is not the code of a language, such as nl, en or pl",
        "line 5: the household has another address on line 2",
        "line 6: geadresseerde has 54 characters: at most 45 fit in the window of the envelope",
        "line 7: the address has characters that cannot be printed",
    ]
    for hidden in ("Geheim", "98O1", "Dutch"):
        assert hidden not in str(refused.value)


@pytest.mark.parametrize(
    ("head", "rows", "sentence"),
    [
        (HEAD.replace("straat;", ""), [], "column straat is missing"),
        ("a;b;c", [], "no known column is named here"),
        (HEAD, [], "the file has no households"),
    ],
)
def test_a_file_without_addresses_is_refused(
    tmp_path: Path, head: str, rows: list[str], sentence: str
) -> None:
    with pytest.raises(AddressFileError, match=sentence):
        read_addresses(written(tmp_path, *rows, head=head))


def test_a_guessed_encoding_has_to_be_confirmed(tmp_path: Path) -> None:
    path = written(tmp_path, ROW.replace("Jansen", "Café"), encoding="cp1252")
    with pytest.raises(AddressFileError, match="not UTF-8"):
        read_addresses(path)
    assert read_addresses(path, encoding="cp1252")["huis-0"].address[0] == "Familie Café"


_TEXTS = st.text(
    st.characters(categories=("L", "N", "Zs", "P"), exclude_characters=';"'), min_size=1, max_size=30
)


@given(name=_TEXTS, street=_TEXTS, place=_TEXTS, land=st.sampled_from(["", "NL", "België"]))
def test_whatever_is_read_fits_in_the_window(tmp_path_factory: pytest.TempPathFactory, **cells: Any) -> None:
    """A row becomes an address of lines that can be printed, or a mistake on its line."""
    path = written(
        tmp_path_factory.mktemp("addresses"),
        f"huis-0;{cells['name']};{cells['street']};1;9801 AB;{cells['place']};{cells['land']};nl",
    )
    try:
        (household,) = read_addresses(path).values()
    except AddressFileError as error:
        assert {mistake.line for mistake in error.mistakes} == {2}
    else:
        assert 3 <= len(household.address) <= 4
        assert all(1 <= len(line) <= MAX_LINE_LENGTH and line.isprintable() for line in household.address)


def test_addresses_are_kept_encrypted_for_households_with_children_only(where: str, tmp_path: Path) -> None:
    with Register(where, purpose=Purpose("letters-addresses", "letters")) as register:
        register.enrol(SCHEME, "2026", children(5))
        first = Household(("Geheime Familie", "Straat 1", "9801 AB  STAD"), "pl")
        kept = register.households.keep({"huis-0": first, "huis-9": first})
        assert (kept.new, kept.changed, kept.unchanged, kept.unknown, kept.missing) == (1, 0, 0, 1, 1)
        moved = Household(("Geheime Familie", "Straat 2", "9801 AB  STAD"))
        kept = register.households.keep({"huis-0": moved, "huis-1": first})
        assert (kept.new, kept.changed, kept.unchanged, kept.missing) == (1, 1, 0, 0)
        assert register.households.keep({"huis-0": moved}).unchanged == 1
        assert register.households.find("huis-0") == moved
        assert register.households.find("") is None
        register.rotate_key()
        assert register.households.find("huis-0") == moved
        assert [line.name for line in register.look_ups()].count("household.keep") == 3
    if "://" not in where:
        assert b"Geheime" not in Path(where).read_bytes()


def test_households_of_a_register_from_before_are_found(where: str) -> None:
    from sqlalchemy import create_engine, text

    with Register(where) as register:
        register.enrol(SCHEME, "2026", children(4))
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE entry SET household_reference = NULL"))
    engine.dispose()
    with Register(where) as register:
        references = [household for _, household in register.letters.without(SCHEME)]
        assert references[0] == references[1] == references[2] != references[3]
        assert None not in references
        address = Household(("Familie", "Straat 1", "9801 AB  STAD"))
        assert register.households.keep({"huis-1": address}).new == 1
