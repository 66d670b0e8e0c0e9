"""The municipality's file of entitled children: personal data, which never leaves the municipality.

The file is CSV with semicolons, in UTF-8 with or without a byte order mark, with these columns in any order.
`eenheden` is optional and 1 by default; `regeling_preset` is optional if presets depend on age:

    bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset;eenheden
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stdnum.exceptions import ValidationError
from stdnum.nl import bsn

from kindpakket.backoffice.ages import Ages

PRESET = "regeling_preset"
REQUIRED = (
    "bsn",
    "voornamen",
    "achternaam",
    "geboortedatum",
    "huishouden",
    "zaaknummer",
    PRESET,
)
OPTIONAL = ("eenheden",)
_MAX_LENGTH = 140


@dataclass(frozen=True, slots=True)
class Child:
    """A child that the municipality has found entitled.

    Attributes:
        bsn: citizen service number, nine digits.
        first_names: first names.
        family_name: family name, prefixes included.
        born: date of birth.
        household: groups the children of one household; it never leaves the municipality.
        case: number of the case in the municipality's own system.
        preset: code of the scheme's preset amount.
        units: how many times the preset amount.
    """

    bsn: str
    first_names: str
    family_name: str
    born: date
    household: str
    case: str
    preset: str
    units: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of the file with a mistake. The reason contains no name and no BSN."""

    line: int
    reason: str

    def __str__(self) -> str:
        """The mistake with its line."""
        return f"line {self.line}: {self.reason}"


class CitizensError(ValueError):
    """The file has mistakes; nothing was read from it.

    Attributes:
        source: the file's name.
        mistakes: all mistakes, by line.
    """

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        """List the mistakes of a file, by line."""
        self.source = source
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        count = len(self.mistakes)
        lines = "".join(f"\n  {mistake}" for mistake in self.mistakes)
        super().__init__(
            f"{source} has {count} mistake{'s' * (count != 1)}; correct the file and try again:{lines}"
        )


def read_file(path: Path, ages: Ages | None = None) -> list[Child]:
    """Read a file of entitled children, all of it or nothing.

    Args:
        path: the file.
        ages: gives the preset if `regeling_preset` is empty or missing; default: each line must have one.

    Returns:
        The children, in the order of the file.

    Raises:
        CitizensError: the file has mistakes; all of them are listed.
        OSError: the file cannot be read.
    """
    return read_bytes(path.read_bytes(), str(path), ages)


def read_bytes(content: bytes, source: str = "the file", ages: Ages | None = None) -> list[Child]:
    """Read the content of such a file; `source` is its name in errors. Otherwise as `read_file`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CitizensError(source, [Mistake(line, "not UTF-8: export the file as UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise CitizensError(source, [Mistake(reader.line_num, f"not CSV: {error}")]) from None
    if not rows:
        raise CitizensError(source, [Mistake(1, "the file is empty: the first line must name the columns")])
    columns = _columns(source, rows[0][1], _needed(ages))
    mistakes: list[Mistake] = []
    children: list[tuple[int, Child]] = []
    for line, row in rows[1:]:
        if any(cell.strip() for cell in row):
            child, reasons = _child(columns, row, ages)
            mistakes += [Mistake(line, reason) for reason in reasons]
            if child is not None:
                children.append((line, child))
    mistakes += _repeated(children)
    if not rows[1:]:
        mistakes.append(Mistake(1, "the file has no children: add a line for each"))
    if mistakes:
        raise CitizensError(source, mistakes)
    return [child for _, child in children]


def entitlement_id(secret: bytes, scheme: str, bsn: str, period: str) -> str:
    """The id that shows the ledger that a child has had its voucher, without revealing the child.

    The first 32 hexadecimal characters of HMAC-SHA256 over scheme, BSN and period, each preceded by its
    length in four bytes, big-endian.

    Args:
        secret: the municipality's key, at least 32 bytes. Anyone who has it can find children by trying all
            BSNs.
        scheme: id of the scheme.
        bsn: citizen service number, nine digits.
        period: the period in which a child gets one voucher, such as `2026`.

    Returns:
        32 hexadecimal characters.

    Raises:
        ValueError: the secret is shorter than 32 bytes.
    """
    if len(secret) < 32:
        raise ValueError(f"the secret has {len(secret)} bytes: it must have at least 32")
    fields = [field.encode() for field in (scheme, bsn, period)]
    message = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]


def _needed(ages: Ages | None) -> list[str]:
    """The columns that no line may leave empty."""
    return [name for name in REQUIRED if ages is None or name != PRESET]


def _columns(source: str, header: Sequence[str], needed: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in needed if name not in names]
    unknown = [name for name in names if name not in REQUIRED + OPTIONAL]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    problems = [
        *(f"column {name} is missing" for name in missing),
        *(f"column {name!r} is unknown: remove it" for name in unknown),
        *(f"column {name} appears twice" for name in repeated),
    ]
    if problems:
        raise CitizensError(source, [Mistake(1, problem) for problem in problems])
    return names


def _child(columns: Sequence[str], row: Sequence[str], ages: Ages | None) -> tuple[Child | None, list[str]]:
    if len(row) != len(columns):
        return None, [f"it has {len(row)} columns, but the first line has {len(columns)}"]
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
    reasons = [f"{name} is empty" for name in _needed(ages) if not cells[name]]
    reasons += [
        f"{name} is longer than {_MAX_LENGTH} characters" for name in cells if len(cells[name]) > _MAX_LENGTH
    ]
    born, reason = _born(cells["geboortedatum"])
    number, bsn_reason = _bsn(cells["bsn"])
    units, units_reason = _units(cells)
    reasons += [text for text in (reason, bsn_reason, units_reason) if text]
    if reasons or born is None:
        return None, reasons
    preset = cells.get(PRESET) or (ages.preset(born) if ages else None)
    if preset is None:
        return None, ["no age band covers this child's age: add one, or fill in regeling_preset"]
    child = Child(
        bsn=number,
        first_names=cells["voornamen"],
        family_name=cells["achternaam"],
        born=born,
        household=cells["huishouden"],
        case=cells["zaaknummer"],
        preset=preset,
        units=units,
    )
    return child, []


def _bsn(text: str) -> tuple[str, str]:
    try:
        return (bsn.validate(text.zfill(9)), "") if text else ("", "")
    except ValidationError:
        return "", "bsn is not a citizen service number: nine digits that pass the eleven-test"


def _born(text: str) -> tuple[date | None, str]:
    if not text:
        return None, ""
    try:
        born = date.fromisoformat(text)
    except ValueError:
        return None, "geboortedatum is not a date: write YYYY-MM-DD"
    if born > date.today():
        return None, "geboortedatum is in the future"
    return born, ""


def _units(cells: Mapping[str, str]) -> tuple[int, str]:
    text = cells.get("eenheden") or "1"
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= 1000:
        return 0, f"eenheden is {text!r}: give a whole number from 1 to 1000"
    return int(text), ""


def _repeated(children: Sequence[tuple[int, Child]]) -> list[Mistake]:
    first: dict[str, int] = {}
    mistakes = []
    for line, child in children:
        first_line = first.setdefault(child.bsn, line)
        if first_line != line:
            mistakes.append(Mistake(line, f"the same bsn is on line {first_line}: list each child once"))
    return mistakes
