"""Children who are in a file twice, in twenty-four bytes a child."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from kindpakket.backoffice.intake.child import Child
from kindpakket.backoffice.intake.findings import Finding, Reason

_BITS = 34
_ROWS = (1 << _BITS) - 1
_HASH = (1 << 64) - 1
_UNKNOWN = 0


class Doubles:
    """Remembers each child of a file, and knows at the end who is in it twice.

    Names and households are kept as hashes under Python's own random key, so nothing of them can be read.
    """

    def __init__(self, place: str, column: int) -> None:
        """Remember nothing yet.

        Args:
            place: what rows are called in sentences: `line` or `row`.
            column: the place of the column `bsn`.
        """
        self._column = column
        self._numbers = array("Q")  # a BSN, and which child of the file: sorting brings doubles together
        self._households = array("Q")
        self._persons = array("Q")
        self._rows = array("I")
        self._lines = array("I")
        self._same = Reason(
            "BSN_TWICE", f"the same bsn is on {place} {{number}}: list each child once", whole=True
        )
        self._elsewhere = Reason(
            "BSN_IN_TWO_HOUSEHOLDS",
            f"the same bsn is on {place} {{number}}, in another household: find out where the child lives",
            whole=True,
        )
        self._alike = Reason(
            "SAME_PERSON",
            f"the same names and date of birth are on {place} {{number}}, with another bsn: compare them",
            "notice",
            whole=True,
        )

    def add(self, bsn: str, household: str, child: Child | None, row: int, line: int) -> None:
        """Remember a child and where it is.

        Args:
            bsn: its citizen service number.
            household: its household; empty: not known.
            child: the child, if its row has no error.
            row: where it is.
            line: where it is.
        """
        self._numbers.append(int(bsn) << _BITS | len(self._rows))
        self._households.append(_hash(household.casefold()) if household else _UNKNOWN)
        self._persons.append(
            _UNKNOWN
            if child is None
            else _hash((child.first_names.casefold(), child.family_name.casefold(), child.born))
        )
        self._rows.append(row)
        self._lines.append(line)

    def findings(self) -> Iterator[Finding]:
        """Each child that has been in the file before, with the line or row where it was first."""
        first, number = 0, -1
        for value in sorted(self._numbers):
            child = value & _ROWS
            if value >> _BITS != number:
                first, number = child, value >> _BITS
                continue
            households = {self._households[child], self._households[first]} - {_UNKNOWN}
            yield self._finding(child, first, self._elsewhere if len(households) > 1 else self._same)
        first, last = 0, _UNKNOWN
        for child in sorted(range(len(self._persons)), key=self._persons.__getitem__):
            person = self._persons[child]
            if person == _UNKNOWN:
                continue
            if person != last:
                first, last = child, person
            elif self._numbers[first] >> _BITS != self._numbers[child] >> _BITS:
                yield self._finding(child, first, self._alike)

    def _finding(self, child: int, first: int, reason: Reason) -> Finding:
        return Finding(self._rows[child], self._lines[child], self._column, reason, number=self._lines[first])


def _hash(value: object) -> int:
    return hash(value) & _HASH or 1
