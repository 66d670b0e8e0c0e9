"""CSV as it comes: encodings, delimiters, quotes and line feeds."""

from __future__ import annotations

import csv
import io

import pytest
from children_files import DAAN, FENNA, HEADINGS, NOOR, csv_of
from hypothesis import example, given
from hypothesis import strategies as st

from kindpakket.backoffice.citizens import CitizensError, read_bytes
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.opening import open_table
from kindpakket.backoffice.intake.table import Row, Source, TableError

TEXT = csv_of(HEADINGS, FENNA, NOOR)


def source_of(content: bytes, **reading: str) -> Source:
    with open_table(content, ColumnMapping(**reading)) as table:  # type: ignore[arg-type]
        return table.source


def rows_of(content: bytes, **reading: str) -> list[Row]:
    with open_table(content, ColumnMapping(**reading)) as table:  # type: ignore[arg-type]
        return list(table.rows())


@pytest.mark.parametrize(
    ("encoding", "how"),
    [
        ("utf-8", "certain: every byte of the file is valid UTF-8"),
        ("utf-8-sig", "certain: the file begins with a byte order mark"),
        ("utf-16", "certain: the file begins with a byte order mark"),
        ("utf-32", "certain: the file begins with a byte order mark"),
    ],
)
def test_certain_encodings_are_read(encoding: str, how: str) -> None:
    content = TEXT.encode(encoding)
    assert (source_of(content).encoding_from, source_of(content).doubtful_line) == (how, 0)
    assert [child.family_name for child in read_bytes(content)] == ["Dijkstra", "Zoëlker"]


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman", "utf-16-le", "utf-16-be"])
def test_a_guess_is_shown_and_used_only_when_it_is_confirmed(encoding: str) -> None:
    content = TEXT.encode(encoding)
    source = source_of(content)
    assert source.encoding == encoding
    assert source.encoding_from.startswith("guessed: ")
    with pytest.raises(CitizensError, match=f"not UTF-8: export .* which may be {encoding}"):
        read_bytes(content)
    given = read_bytes(content, mapping=ColumnMapping(encoding=encoding))
    assert given == read_bytes(TEXT.encode())


def test_the_guess_shows_the_letters_it_gives() -> None:
    assert (
        "100 % of the letters beyond ASCII are usual ones (ë)"
        in source_of(TEXT.encode("cp1252")).encoding_from
    )


def test_an_encoding_that_is_given_must_fit() -> None:
    with pytest.raises(TableError, match="line 3: not utf-8: give another encoding"):
        source_of(TEXT.encode("cp1252"), encoding="utf-8")
    for unknown in ("x-none", "base64", "idna"):
        with pytest.raises(TableError, match=f"'{unknown}' is not an encoding"):
            source_of(TEXT.encode(), encoding=unknown)


def test_an_encoding_that_breaks_off_is_said_with_its_line() -> None:
    with pytest.raises(TableError, match="line 2: not UTF-16, though the file begins as UTF-16"):
        source_of(csv_of(HEADINGS, FENNA).rstrip().encode("utf-16")[:-1])
    with pytest.raises(TableError, match="neither text nor a spreadsheet"):
        source_of(b"\0\xd8\xd8\xd8" * 50)


@pytest.mark.parametrize(("delimiter", "name"), [(";", ";"), (",", ","), ("\t", "tab"), ("|", "|")])
def test_the_delimiter_is_the_one_that_gives_known_columns(delimiter: str, name: str) -> None:
    content = csv_of(HEADINGS, FENNA, NOOR, delimiter=delimiter, end="\r\n").encode()
    source = source_of(content)
    assert (source.delimiter, source.delimiter_from) == (name, "it gives 8 columns with known names")
    assert len(read_bytes(content)) == 2


def test_a_delimiter_can_be_stated_or_given() -> None:
    stated = ("sep=:\r\n" + csv_of(HEADINGS, FENNA, delimiter=":")).encode()
    assert source_of(stated).delimiter_from == "the first line says so"
    assert [row.line for row in rows_of(stated)] == [2, 3]
    assert len(read_bytes(stated)) == 1
    given = csv_of(HEADINGS, FENNA, delimiter="^").encode()
    assert source_of(given).delimiter_from.startswith("guessed: ")
    assert len(read_bytes(given, mapping=ColumnMapping(delimiter="^"))) == 1
    with pytest.raises(TableError, match="cannot be a delimiter"):
        source_of(given, delimiter='"')


def test_quotes_and_line_feeds_in_cells_keep_lines_and_rows_apart() -> None:
    text = 'a;b\n"one\ntwo";"say ""hi"";"\n\n3;4\n'
    rows = rows_of(text.encode())
    assert [list(row.cells) for row in rows] == [["a", "b"], ["one\ntwo", 'say "hi";'], [], ["3", "4"]]
    assert [(row.number, row.line) for row in rows] == [(1, 1), (2, 2), (3, 4), (4, 5)]


def test_a_broken_record_is_reported_and_reading_goes_on() -> None:
    text = csv_of(HEADINGS, FENNA) + '"9999"9;x\n' + csv_of(DAAN) + csv_of(("123456789", *NOOR[1:]))
    with pytest.raises(CitizensError) as caught:
        read_bytes(text.encode())
    first, second = map(str, caught.value.mistakes)
    assert first.startswith("line 3: not CSV: ';' expected after '\"'")
    assert second.startswith("line 5: bsn is not a citizen service number")


def test_a_quote_that_is_never_closed_ends_in_an_error_and_not_in_memory() -> None:
    text = csv_of(HEADINGS, FENNA) + '"' + csv_of(DAAN) * 5000
    with pytest.raises(CitizensError, match="line 3: not CSV: field larger than field limit") as caught:
        read_bytes(text.encode())
    assert "Daan" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n", "\ufeff".encode(), "\n".encode("utf-16")])
def test_an_empty_file_is_said_to_be_one(content: bytes) -> None:
    with pytest.raises(CitizensError, match="line 1: the file is empty"):
        read_bytes(content)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(";,\t|"),
)
def test_what_pythons_writer_writes_is_read_again(
    rows: list[list[str]], encoding: str, delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    read = rows_of(text.getvalue().encode(encoding), encoding=encoding, delimiter=delimiter)
    assert [list(row.cells) for row in read] == rows


@given(st.binary(max_size=300))
@example(TEXT.encode("utf-16")[:-1])
@example(b"bsn;voornamen\n\xff\xfe")
def test_any_bytes_give_children_or_an_error_with_a_line(content: bytes) -> None:
    try:
        assert read_bytes(content)
    except CitizensError as error:
        assert all(mistake.line >= 1 for mistake in error.mistakes)


@given(
    st.lists(st.sampled_from([*TEXT, '"', "\n", ";", "\ufeff", "é"]), max_size=60), st.integers(0, len(TEXT))
)
def test_a_damaged_file_gives_children_or_an_error(damage: list[str], at: int) -> None:
    try:
        read_bytes((TEXT[:at] + "".join(damage) + TEXT[at:]).encode())
    except CitizensError as error:
        assert error.mistakes
