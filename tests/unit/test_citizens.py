"""The file of entitled children: all of it or nothing, every mistake at once."""

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.backoffice.citizens import CitizensError, entitlement_id, read_bytes, read_file

HEAD = "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset;eenheden\n"
GOOD = "999990019;Fenna;Dijkstra;2015-04-02;h-1;Z-0001;child;1\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(CitizensError) as caught:
        read_bytes(text.encode())
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "kinderen.csv"
    file.write_bytes((HEAD + GOOD + "999990020;Zoë;van der Veen;2012-12-31;h-2;Z-0002;child;\n").encode())
    first, second = read_file(file)
    assert (first.bsn, first.first_names, first.case, first.units) == ("999990019", "Fenna", "Z-0001", 1)
    assert (second.family_name, second.units) == ("van der Veen", 1)
    assert second.born.isoformat() == "2012-12-31"


def test_a_byte_order_mark_blank_lines_and_windows_ends_are_no_matter() -> None:
    content = ("\ufeff" + HEAD + "\n" + GOOD + ";;;;;;;\n").replace("\n", "\r\n").encode()
    assert len(read_bytes(content)) == 1


def test_columns_may_stand_in_another_order_and_units_may_be_left_out() -> None:
    text = "Zaaknummer;bsn;achternaam;voornamen;huishouden;geboortedatum;regeling_preset\n"
    (child,) = read_bytes((text + "Z-1;999990019;Dijkstra;Fenna;h-1;2015-04-02;child\n").encode())
    assert (child.case, child.family_name, child.units) == ("Z-1", "Dijkstra", 1)


def test_every_mistake_is_reported_at_once_by_line() -> None:
    reported = mistakes(
        HEAD
        + GOOD
        + "123456789;Daan;Bakker;2014-01-01;h-1;Z-2;child;1\n"
        + "999990020;;Bakker;01-13;h-1;Z-3;child;1\n"
        + "999990032;Lotte;Smit;2999-01-01;h-1;Z-4;child;2x\n"
        + GOOD
        + "999990044;Mees\n"
    )
    assert reported == [
        "line 3: bsn is not a citizen service number: nine digits that pass the eleven-test",
        "line 4: voornamen is empty",
        "line 4: geboortedatum is not a date: write YYYY-MM-DD or DD-MM-YYYY",
        "line 5: geboortedatum is in the future",
        "line 5: eenheden is not a whole number from 1 to 1000",
        "line 6: the same bsn is on line 2: list each child once",
        "line 7: it has 2 columns, but the first line has 8",
    ]


def test_the_error_names_the_file_and_no_child() -> None:
    with pytest.raises(CitizensError) as caught:
        read_bytes((HEAD + "123456789;Daan;Bakker;2014-01-01;h-1;Z-2;child;1\n").encode(), "kinderen.csv")
    message = str(caught.value)
    assert message.startswith("kinderen.csv has 1 mistake;")
    assert not any(value in message for value in ("123456789", "Daan", "Bakker"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the file is empty: the first line must name the columns"),
        (HEAD, "line 1: the file has no children: add a line for each"),
        ("bsn;bsn\n", "line 1: column bsn appears twice"),
        (
            "bsn;voornamen;achternaam;iban\n",
            "line 1: column 'iban' is unknown: remove it, or ignore it in the mapping",
        ),
        ("bsn\n", "line 1: column voornamen is missing"),
        (
            HEAD + '"999990019;open quote\n',
            "line 2: not CSV: unexpected end of data; look at the quotes from here on",
        ),
    ],
)
def test_a_file_that_is_no_such_file(text: str, sentence: str) -> None:
    assert sentence in mistakes(text)


def test_a_file_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(CitizensError, match="line 2: not UTF-8"):
        read_bytes((HEAD + GOOD.replace("Fenna", "Zoë")).encode("latin-1"))


def test_an_entitlement_is_the_hmac_of_framed_fields() -> None:
    secret = bytes(range(32))
    message = b"\0\0\0\x02s1\0\0\0\x09999990019\0\0\0\x042026"
    expected = hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]
    assert entitlement_id(secret, "s1", "999990019", "2026") == expected


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_different_children_schemes_and_periods_have_different_entitlements(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    secret = b"s" * 32
    assert (entitlement_id(secret, *one) == entitlement_id(secret, *other)) == (one == other)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        entitlement_id(b"s" * 16, "s", "999990019", "2026")
