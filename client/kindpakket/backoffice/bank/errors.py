"""What is wrong with a file of the bank."""

from __future__ import annotations

from kindpakket.backoffice.mistakes import FileError


class BankFileError(FileError):
    """A file cannot be used; nothing was taken from it."""

    def _sentence(self) -> str:
        return f"{self.source} cannot be used, {self.counted}:{self.listed()}"
