"""One row of a file as a child, or every reason why it is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from kindpakket.backoffice.ages import Ages
from kindpakket.backoffice.intake import cells
from kindpakket.backoffice.intake.amounts import cents
from kindpakket.backoffice.intake.child import Child
from kindpakket.backoffice.intake.columns import Columns
from kindpakket.backoffice.intake.dates import born as born_on
from kindpakket.backoffice.intake.findings import Reason
from kindpakket.backoffice.intake.mapping import PRESET
from kindpakket.backoffice.intake.table import Row
from kindpakket.ledger.records import Rules

Add = Callable[[int | None, Reason, int], None]
"""Takes a finding of a row: the column, the reason and its number."""
_Value = TypeVar("_Value")
_MAY_BE_EMPTY = ("voorvoegsels", "eenheden")
_NO_AGE_BAND = Reason(
    "NO_AGE_BAND", "no age band covers this child's age: add one, or fill in regeling_preset", whole=True
)
_NAMELESS = Reason("NAMELESS", "has a value, but its column has no name: name the column, or empty it")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row says.

    Attributes:
        child: the child; None: the row has an error.
        bsn: the child's citizen service number, also if another cell has an error; empty: it has one itself.
        household: likewise the household.
        cents: the amount in the column `bedrag`, above zero; None: there is none, or it has an error.
    """

    child: Child | None = None
    bsn: str = ""
    household: str = ""
    cents: int | None = None


class RowReader:
    """Reads the rows of one file."""

    def __init__(
        self,
        columns: Columns,
        *,
        dates_from: int,
        today: date,
        ages: Ages | None = None,
        rules: Rules | None = None,
    ) -> None:
        """Prepare for a file.

        Args:
            columns: the file's columns.
            dates_from: the year from which serial numbers of dates count, 1900 or 1904.
            today: nobody is born after it.
            ages: gives the preset where the file has none.
            rules: the scheme's rules, with which presets and amounts must agree.
        """
        self._places = columns.places()
        self._nameless = [column.index for column in columns.all if column.nameless]
        self._width = len(columns.all)
        self._ages, self._rules = ages, rules
        self._born = partial(born_on, system=dates_from, today=today)
        optional = {*_MAY_BE_EMPTY, *([PRESET] if ages else [])}
        self._required = frozenset(name for name in self._places if name not in optional)
        self._wrong_width = Reason(
            "WRONG_WIDTH", f"it has {{number}} columns, but the first line has {self._width}", whole=True
        )
        known = ", ".join([*rules["presets"], *rules.get("products", {})]) if rules else ""
        self._unknown_preset = Reason("PRESET_UNKNOWN", f"is not in the scheme's rules, which have {known}")

    def read(self, row: Row, add: Add) -> ReadRow:
        """Read a row that is not blank.

        Args:
            row: the row.
            add: takes each finding.
        """
        if row.broken:
            add(None, Reason("BROKEN_ROW", row.broken, whole=True), 0)
            return ReadRow()
        if len(row.cells) != self._width:
            if not row.kinds or any(row.cells[self._width :]):
                add(None, self._wrong_width, len(row.cells))
                return ReadRow()
            row = _padded(row, self._width)
        taken = _Taken(row, self._places, self._required, add)
        for place in self._nameless:
            if cells.clean(row.cells[place]):
                taken.note(place, _NAMELESS)
        number = taken.value("bsn", cells.bsn, "")
        first_names = taken.value("voornamen", cells.text, "")
        prefixes = taken.value("voorvoegsels", cells.text, "")
        family_name = taken.value("achternaam", cells.text, "")
        born = taken.value("geboortedatum", self._born, None)
        household = taken.value("huishouden", cells.identifier, "")
        case = taken.value("zaaknummer", cells.identifier, "")
        preset = taken.value(PRESET, cells.identifier, "")
        units = taken.value("eenheden", cells.units, 1)
        amount = taken.value("bedrag", cents, None)
        if prefixes:
            family_name = f"{prefixes} {family_name}"
            if len(family_name) > cells.MAX_LENGTH:
                taken.note(self._places["achternaam"], cells.TOO_LONG)
        if not preset and born is not None and self._ages is not None:
            preset = self._ages.preset(born) or ""
            if not preset:
                taken.note(self._places.get(PRESET), _NO_AGE_BAND)
        if preset and units:
            self._agree(preset, units, amount, taken)
        if taken.wrong or born is None:
            return ReadRow(None, number, household, amount)
        child = Child(number, first_names, family_name, born, household, case, preset, units)
        return ReadRow(child, number, household, amount)

    def _agree(self, preset: str, units: int, amount: int | None, taken: _Taken) -> None:
        """Compare preset and amount with the scheme's rules."""
        if self._rules is None:
            return
        products = self._rules.get("products", {})
        if preset in self._rules["presets"]:
            expected = self._rules["presets"][preset] * units
        elif preset in products:
            expected = products[preset]["max_cents"]
        else:
            taken.note(self._places.get(PRESET), self._unknown_preset)
            return
        if amount and amount != expected:
            taken.note(self._places["bedrag"], _other_amount(expected))


class _Taken:
    """A row whose cells are taken out one by one, with what is found on the way."""

    __slots__ = ("_add", "_places", "_required", "_row", "wrong")

    def __init__(self, row: Row, places: Mapping[str, int], required: Collection[str], add: Add) -> None:
        self._row, self._places, self._required, self._add = row, places, required, add
        self.wrong = False

    def note(self, place: int | None, reason: Reason) -> None:
        """Add a finding."""
        self._add(place, reason, 0)
        self.wrong = self.wrong or reason.severity == "error"

    def value(
        self, name: str, parse: Callable[[str, str], tuple[_Value, Reason | None]], nothing: _Value
    ) -> _Value:
        """The value of a cell; `nothing` if it is empty, or the file has no such column."""
        place = self._places.get(name)
        if place is None:
            return nothing
        text, kind = cells.clean(self._row.cells[place]), self._row.kind(place)
        if kind == "e":
            self.note(place, cells.ERROR_VALUE)
            return nothing
        if not text:
            if name in self._required:
                self.note(place, cells.EMPTY)
            return nothing
        value, reason = parse(text, kind)
        if reason is not None:
            self.note(place, reason)
        return value


def _padded(row: Row, width: int) -> Row:
    """A spreadsheet's row as wide as its first one."""
    texts = [*row.cells, *[""] * width][:width]
    return Row(row.number, row.line, texts, row.kinds.ljust(width, "t")[:width])


def _other_amount(cents: int) -> Reason:
    return Reason(
        "AMOUNT_DIFFERS",
        f"is not what the scheme gives, which is {cents} cents: correct the amount, the preset or the units",
    )
