"""What is wrong with what the books are made of."""

from __future__ import annotations

from kindpakket.backoffice.mistakes import FileError


class BooksError(ValueError):
    """Books cannot be made of this; the message says what to do."""


class MovementsError(FileError):
    """A file of movements cannot be used; nothing was taken from it."""

    def _sentence(self) -> str:
        most = 20
        more = f"\n  and {len(self.mistakes) - most} more" if len(self.mistakes) > most else ""
        return f"{self.source} cannot be used, {self.counted}:{self.listed(most)}{more}"
