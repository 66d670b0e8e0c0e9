"""Which preset amount a child gets by its age. The ledger sees the preset, never the age."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

_BAND = re.compile(r"(?P<youngest>\d{1,3})-(?P<oldest>\d{1,3})=(?P<preset>[a-z][a-z0-9-]{0,31})", re.ASCII)


def age_on(born: date, day: date) -> int:
    """Age in completed years on a day, negative before birth.

    Who was born on 29 February is a year older on 1 March, in other years.
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Children from the youngest to the oldest age, both inclusive, in completed years, get a preset."""

    youngest: int
    oldest: int
    preset: str


@dataclass(frozen=True, slots=True)
class Ages:
    """Presets by age on a reference day, such as the first day of a scheme."""

    bands: tuple[AgeBand, ...]
    day: date

    @classmethod
    def parse(cls, texts: Sequence[str], day: date) -> Ages:
        """Read bands such as `0-11=junior` and `12-17=senior`.

        Raises:
            ValueError: one is not of that form, ends before it begins, or shares an age with another.
        """
        bands = tuple(_band(text) for text in texts)
        for one, other in combinations(bands, 2):
            if one.youngest <= other.oldest and other.youngest <= one.oldest:
                raise ValueError(
                    f"{one.preset} and {other.preset} share an age: let each age stand in one band"
                )
        return cls(bands, day)

    def preset(self, born: date) -> str | None:
        """The preset for a date of birth, or None when no band has the age."""
        age = age_on(born, self.day)
        return next((band.preset for band in self.bands if band.youngest <= age <= band.oldest), None)


def _band(text: str) -> AgeBand:
    found = _BAND.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a band of ages: write it as 0-11=junior")
    band = AgeBand(int(found["youngest"]), int(found["oldest"]), found["preset"])
    if band.youngest > band.oldest:
        raise ValueError(f"{text!r} ends before it begins: write the younger age first")
    return band
