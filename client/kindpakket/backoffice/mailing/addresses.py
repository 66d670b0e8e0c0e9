"""The municipality's file of addresses: where each household gets its letters, and in which language.

CSV, XLSX or ODS, a row for each household, with these columns in any order, by these or their usual names in
Dutch or English; other columns are not read:

    huishouden;geadresseerde;straat;huisnummer;postcode;plaats;land;taal

`huishouden` is the household as the file of children has it. `straat` may have the number too. `huisnummer`,
`land` and `taal` may be missing or empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kindpakket.backoffice.intake.columns import read_columns
from kindpakket.backoffice.intake.findings import Findings
from kindpakket.backoffice.intake.mapping import ColumnMapping, plain
from kindpakket.backoffice.intake.opening import open_table
from kindpakket.backoffice.intake.table import Row, Table, TableError
from kindpakket.backoffice.letters.letter import MAX_LINE_LENGTH
from kindpakket.backoffice.mistakes import FileError, Mistake
from kindpakket.backoffice.register import Household

REQUIRED = ("huishouden", "geadresseerde", "straat", "postcode", "plaats")
OPTIONAL = ("huisnummer", "land", "taal")
_USUAL: Mapping[str, tuple[str, ...]] = {
    "huishouden": ("huishoudnummer", "huishouden id", "gezin", "gezinsnummer", "household", "household id"),
    "geadresseerde": ("aanschrijfnaam", "naam", "tenaamstelling", "addressee", "name"),
    "straat": ("straatnaam", "adres", "adresregel", "street", "address", "address line"),
    "huisnummer": ("nummer", "huisnr", "house number", "number"),
    "postcode": ("pc", "postal code", "zip"),
    "plaats": ("woonplaats", "plaatsnaam", "city", "town"),
    "land": ("country",),
    "taal": ("taalcode", "brieftaal", "language"),
}
_POSTCODE = re.compile(r"([1-9]\d{3})\s*([A-Za-z]{2})")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOME = ("", "nederland", "nl", "netherlands", "thenetherlands")


class AddressFileError(FileError):
    """The file of addresses has mistakes; nothing was taken from it."""

    def _sentence(self) -> str:
        return f"{self.source} has {self.counted}; correct the file and try again:{self.listed()}"


@dataclass(frozen=True, slots=True)
class _AddressColumns(ColumnMapping):
    """The columns of a file of addresses; all others are not read."""

    def names_of(self, column: str) -> tuple[str, ...]:
        """The names that a column may have."""
        return (column, *_USUAL.get(column, ()))

    def column_of(self, heading: str) -> str | None:
        """The column that a heading names; None: none of them."""
        return _BY_NAME.get(plain(heading))

    def recognised(self, headings: list[str]) -> int:  # type: ignore[override]
        """How many different columns a row of headings names."""
        return len({self.column_of(heading) for heading in headings} - {None})


_BY_NAME = {
    plain(name): column for column in (*REQUIRED, *OPTIONAL) for name in (column, *_USUAL.get(column, ()))
}


def read_addresses(
    path: Path, *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> dict[str, Household]:
    """Read a file of addresses, all of it or nothing.

    Args:
        path: the file.
        encoding: of CSV; "": it is found.
        delimiter: of CSV; "": it is found.
        sheet: of a spreadsheet; "": the only one.

    Returns:
        The addresses, by the household's name.

    Raises:
        AddressFileError: the file has mistakes; all are listed, without anything of an address.
        OSError: the file cannot be read.
        MissingExtra: the packages that read its format are not installed.
    """
    columns = _AddressColumns(ignore_others=True, encoding=encoding, delimiter=delimiter, sheet=sheet)
    try:
        with open_table(path, columns) as table:
            if table.source.doubtful_line:
                raise TableError(
                    table.source.doubtful_line,
                    f"not UTF-8: give its encoding, which may be {table.source.encoding}",
                )
            found, mistakes = _read(table, columns)
    except TableError as error:
        raise AddressFileError(str(path), [Mistake(error.line, error.reason)]) from None
    if mistakes:
        raise AddressFileError(str(path), mistakes)
    return found


def _read(table: Table, mapping: ColumnMapping) -> tuple[dict[str, Household], list[Mistake]]:
    rows = table.rows()
    header = next((row for row in rows if not row.blank), None)
    place = table.source.place
    if header is None:
        return {}, [Mistake(1, "the file is empty: the first line must name the columns", place)]
    findings = Findings()
    columns = read_columns(header, mapping, REQUIRED, findings)
    if not columns.usable:
        return {}, [Mistake(finding.line, finding.text, place) for finding in findings]
    places = columns.places()
    found: dict[str, Household] = {}
    first: dict[str, int] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        if row.blank:
            continue
        if row.broken:
            mistakes.append(Mistake(row.line, row.broken, place))
            continue
        cells = {name: _cell(row, index) for name, index in places.items()}
        name = cells["huishouden"]
        reasons = _reasons(cells)
        mistakes += [Mistake(row.line, reason, place) for reason in reasons]
        if reasons:
            continue
        household = Household(_lines(cells), cells.get("taal", "").lower())
        if found.setdefault(name, household) != household:
            mistakes.append(
                Mistake(row.line, f"the household has another address on {place} {first[name]}", place)
            )
        first.setdefault(name, row.line)
    if not found and not mistakes:
        mistakes.append(Mistake(header.line, "the file has no households: add a line for each", place))
    return found, mistakes


def _cell(row: Row, index: int) -> str:
    return " ".join(row.cells[index].split()) if index < len(row.cells) else ""


def _reasons(cells: Mapping[str, str]) -> list[str]:
    """What is wrong with a row, without anything that is in it."""
    reasons = [f"{name} is empty" for name in REQUIRED if not cells[name]]
    if cells["postcode"] and _is_home(cells) and not _POSTCODE.fullmatch(cells["postcode"]):
        reasons.append("postcode is not four digits and two letters: correct it, or name the land")
    language = cells.get("taal", "").lower()
    if language and not _LANGUAGE.fullmatch(language):
        reasons.append("taal is not the code of a language, such as nl, en or pl")
    if not reasons:
        reasons += [
            f"{what} has {len(line)} characters: at most {MAX_LINE_LENGTH} fit in the window of the envelope"
            for what, line in zip(
                ("geadresseerde", "the street", "the place", "land"), _lines(cells), strict=False
            )
            if len(line) > MAX_LINE_LENGTH
        ]
        if not all(line.isprintable() for line in _lines(cells)):
            reasons.append("the address has characters that cannot be printed")
    return reasons


def _lines(cells: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of an address as the post wants them."""
    street = " ".join(part for part in (cells["straat"], cells.get("huisnummer", "")) if part)
    if not _is_home(cells):
        place = f"{cells['postcode']} {cells['plaats']}"
        return cells["geadresseerde"], street, place, cells["land"].upper()
    postcode = _POSTCODE.fullmatch(cells["postcode"])
    code = f"{postcode[1]} {postcode[2].upper()}" if postcode else cells["postcode"]
    return cells["geadresseerde"], street, f"{code}  {cells['plaats'].upper()}"


def _is_home(cells: Mapping[str, str]) -> bool:
    return plain(cells.get("land", "")) in _HOME
