"""Which column of a file is which: by their usual names in Dutch and English, or by a mapping in YAML.

    columns:
      bsn: Burgerservicenr. kind
      voornamen: [Doopnamen, Voornamen]
    ignore: [Telefoon, E-mail]      # or "*": every column that has another name
    dates_from: 1904                # serial numbers of dates count from 1904; only if the file does not say
    encoding: windows-1252
    delimiter: ","
    sheet: Kinderen

All members may be left out. A column that the mapping names has no other name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kindpakket.backoffice.intake.table import DateSystem

PRESET = "regeling_preset"
REQUIRED = ("bsn", "voornamen", "achternaam", "geboortedatum", "huishouden", "zaaknummer", PRESET)
OPTIONAL = ("eenheden",)
SELDOM = ("voorvoegsels", "bedrag")
"""Columns that few files have: prefixes of the family name, and an amount in euros."""
_ALL = (*REQUIRED, *OPTIONAL, *SELDOM)
_USUAL: Mapping[str, tuple[str, ...]] = {
    "bsn": (
        "bsn nummer",
        "bsn kind",
        "burgerservicenummer",
        "burgerservicenr",
        "citizen service number",
    ),
    "voornamen": ("voornaam", "first name", "first names", "given name", "given names", "forenames"),
    "voorvoegsels": ("voorvoegsel", "tussenvoegsel", "tussenvoegsels", "prefix", "name prefix"),
    "achternaam": (
        "achternamen",
        "geslachtsnaam",
        "familienaam",
        "family name",
        "last name",
        "surname",
    ),
    "geboortedatum": (
        "geboorte datum",
        "geb datum",
        "datum geboorte",
        "date of birth",
        "birth date",
        "birthdate",
        "dob",
    ),
    "huishouden": (
        "huishoudnummer",
        "huishouden id",
        "gezin",
        "gezinsnummer",
        "household",
        "household id",
        "household number",
    ),
    "zaaknummer": ("zaak", "zaaknr", "zaak id", "dossiernummer", "case", "case number", "case id"),
    PRESET: ("regeling", "preset", "scheme preset"),
    "eenheden": ("aantal", "aantal eenheden", "units", "quantity"),
    "bedrag": ("bedrag euro", "bedrag in euro", "amount", "amount eur", "amount in euro"),
}
_MEMBERS = ("columns", "ignore", "dates_from", "encoding", "delimiter", "sheet")
_DELIMITER = 1


class MappingError(ValueError):
    """The mapping cannot be used; the message has all its mistakes."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Names of columns, and how the file is to be read.

    Attributes:
        columns: of a column of ours the names that it may have in the file; without one, its usual names.
        ignore: names of columns that are not read.
        ignore_others: every column with another name is not read.
        dates_from: the year from which serial numbers of dates count, if the file does not say.
        encoding: the encoding of CSV; empty: it is found.
        delimiter: the delimiter of CSV; empty: it is found.
        sheet: the sheet of a spreadsheet; empty: the only one.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    ignore_others: bool = False
    dates_from: DateSystem = 1900
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    @classmethod
    def load(cls, path: Path) -> ColumnMapping:
        """Read a mapping from a YAML file.

        Raises:
            MappingError: it is not a mapping; all mistakes are listed.
            OSError: it cannot be read.
        """
        try:
            content = yaml.safe_load(path.read_bytes())
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise MappingError(f"{path} is not YAML: {error}") from error
        return cls.parse({} if content is None else content, str(path))

    @classmethod
    def parse(cls, content: Any, source: str = "the mapping") -> ColumnMapping:
        """Make a mapping of the content of such a file; `source` is its name in errors.

        Raises:
            MappingError: it is not a mapping; all mistakes are listed.
        """
        if not isinstance(content, dict):
            raise MappingError(f"{source} is not a mapping: write a line `columns:` and one for each column")
        mistakes = [
            f"{name!r} is unknown: write {', '.join(_MEMBERS)}" for name in content if name not in _MEMBERS
        ]
        columns = _columns(content.get("columns") or {}, mistakes)
        ignored = content.get("ignore") or []
        others = ignored == "*"
        ignore = () if others else _names(ignored, "ignore", mistakes)
        dates_from = content.get("dates_from", 1900)
        if dates_from not in (1900, 1904):
            mistakes.append(f"dates_from is {dates_from!r}: it must be 1900 or 1904")
        texts = {name: content.get(name) or "" for name in ("encoding", "delimiter", "sheet")}
        for name, text in texts.items():
            if not isinstance(text, str):
                mistakes.append(f"{name} is {text!r}: it must be a text")
        if isinstance(texts["delimiter"], str) and len(texts["delimiter"]) > _DELIMITER:
            mistakes.append(f"delimiter is {texts['delimiter']!r}: it must be one character")
        if mistakes:
            raise MappingError("".join([f"{source}:", *(f"\n  {mistake}" for mistake in mistakes)]))
        return cls(columns, ignore, others, dates_from, **texts)

    def names_of(self, column: str) -> tuple[str, ...]:
        """The names that a column of ours may have in the file."""
        return self.columns.get(column) or (column, *_USUAL.get(column, ()))

    def column_of(self, heading: str) -> str | None:
        """The column of ours that a heading names; None: none of them."""
        return self._by_name().get(plain(heading))

    def ignores(self, heading: str) -> bool:
        """Whether a column that is none of ours is not read."""
        return self.ignore_others or plain(heading) in {plain(name) for name in self.ignore}

    def recognised(self, headings: Sequence[str]) -> int:
        """How many different columns of ours a row of headings names."""
        known = self._by_name()
        return len({known.get(plain(heading)) for heading in headings} - {None})

    def _by_name(self) -> dict[str, str]:
        # What the mapping names comes last, and so before the usual names of other columns.
        ordered = sorted(_ALL, key=lambda column: column in self.columns)
        return {plain(name): column for column in ordered for name in self.names_of(column)}


def plain(heading: str) -> str:
    """A heading without case, accents, spaces and punctuation: `Geb. datum` is `gebdatum`."""
    letters = unicodedata.normalize("NFKD", heading.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _columns(content: Any, mistakes: list[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(content, dict):
        mistakes.append(f"columns is not a mapping: write `name: heading` for some of {', '.join(_ALL)}")
        return {}
    mistakes += [
        f"columns.{name} is unknown: the columns are {', '.join(_ALL)}"
        for name in content
        if name not in _ALL
    ]
    columns = {name: _names(content[name], f"columns.{name}", mistakes) for name in _ALL if name in content}
    used: dict[str, str] = {}
    for column, names in columns.items():
        for name in names:
            other = used.setdefault(plain(name), column)
            if other != column:
                mistakes.append(f"columns.{column} has the heading {name!r}, as columns.{other}: choose one")
    return columns


def _names(content: Any, where: str, mistakes: list[str]) -> tuple[str, ...]:
    names: Collection[Any] = [content] if isinstance(content, str) else content
    if not isinstance(names, list) or not all(isinstance(name, str) and plain(name) for name in names):
        mistakes.append(f"{where} is not a heading or a list of headings")
        return ()
    return tuple(names)
