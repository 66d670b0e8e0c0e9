"""A child that the municipality has found entitled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
