"""What is wrong with a file of the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of the file with a mistake. The reason contains no name and no account."""

    line: int
    reason: str

    def __str__(self) -> str:
        """The mistake with its line."""
        return f"line {self.line}: {self.reason}"


class BankFileError(ValueError):
    """A file cannot be used; nothing was taken from it.

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
        super().__init__(f"{source} cannot be used, {count} mistake{'s' * (count != 1)}:{lines}")
