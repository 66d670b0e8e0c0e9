"""Mistakes in the files that the back office reads, told all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of a file with a mistake. The reason contains no name, no BSN and no account.

    Attributes:
        line: the line, or of a spreadsheet the row.
        reason: what is wrong and what to do.
        place: what `line` counts: `line` or `row`.
    """

    line: int
    reason: str
    place: str = "line"

    def __str__(self) -> str:
        """The mistake with its line."""
        return f"{self.place} {self.line}: {self.reason}"


class FileError(ValueError):
    """A file has mistakes; nothing was taken from it.

    Attributes:
        source: the file's name.
        mistakes: all mistakes, by line.
    """

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        """List the mistakes of a file, by line."""
        self.source = source
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        super().__init__(self._sentence())

    @property
    def counted(self) -> str:
        """How many mistakes there are, in words."""
        count = len(self.mistakes)
        return f"{count} mistake{'s' * (count != 1)}"

    def listed(self, most: int | None = None) -> str:
        """The mistakes, each on a line of its own.

        Args:
            most: how many at the most; None: all.
        """
        return "".join(f"\n  {mistake}" for mistake in self.mistakes[:most])

    def _sentence(self) -> str:
        raise NotImplementedError
