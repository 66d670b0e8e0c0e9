"""Preset amounts by age. The ledger sees a child's preset, never the age."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

_BAND = re.compile(r"(?P<youngest>\d{1,3})-(?P<oldest>\d{1,3})=(?P<preset>[a-z][a-z0-9-]{0,31})", re.ASCII)


def age_on(born: date, day: date) -> int:
    """Age in completed years on a day, negative before birth.

    In years that are not leap years, someone born on 29 February turns a year older on 1 March.
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class AgeBand:
    """The preset for children of `youngest` to `oldest` completed years, both inclusive."""

    youngest: int
    oldest: int
    preset: str

    def __str__(self) -> str:
        """The band as it is written, such as `0-11=junior`."""
        return f"{self.youngest}-{self.oldest}={self.preset}"


@dataclass(frozen=True, slots=True)
class Ages:
    """Presets by age on a reference day, such as the first day of a scheme."""

    bands: tuple[AgeBand, ...]
    day: date

    @classmethod
    def parse(cls, texts: Sequence[str], day: date) -> Ages:
        """Read bands such as `0-11=junior` and `12-17=senior`.

        Raises:
            ValueError: a text is not an age band, a band ends before it begins, or two bands overlap.
        """
        bands = tuple(_band(text) for text in texts)
        for first, second in combinations(bands, 2):
            if first.youngest <= second.oldest and second.youngest <= first.oldest:
                raise ValueError(f"the bands {first} and {second} overlap: put each age in one band only")
        return cls(bands, day)

    def preset(self, born: date) -> str | None:
        """The preset for a date of birth; None if no band covers the age."""
        age = age_on(born, self.day)
        return next((band.preset for band in self.bands if band.youngest <= age <= band.oldest), None)


def _band(text: str) -> AgeBand:
    match = _BAND.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an age band: write it as 0-11=junior")
    band = AgeBand(int(match["youngest"]), int(match["oldest"]), match["preset"])
    if band.youngest > band.oldest:
        raise ValueError(f"{text!r} ends before it begins: write the younger age first")
    return band
