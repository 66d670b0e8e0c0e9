"""A file of children that was read once, and can be gone through as often as is needed."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kindpakket.backoffice import citizens
from kindpakket.backoffice.ages import Ages
from kindpakket.backoffice.citizens import Child, CitizensError, Mistake
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.ledger.records import Rules

_AT_ONCE = 500
_LENGTH = struct.Struct(">I")
_NONCE = struct.Struct(">4xQ")


class ReadFile:
    """The children of a file, checked as a whole. Use it in a `with` statement, or close it.

    They are kept in a temporary file without a name, encrypted with a key that is nowhere else than in this
    object: the memory that they take does not grow with the file, and a file that changes meanwhile does no
    harm.

    Attributes:
        source: the file's name.
        sha256: of its content, in hexadecimal.
        count: how many children it has.
    """

    def __init__(self, source: str) -> None:
        """Begin with no children; see `of`."""
        self.source = source
        self.sha256 = ""
        self.count = 0
        self._cipher = AESGCM(secrets.token_bytes(32))
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._waiting: list[Child] = []
        self._written = 0

    @classmethod
    def of(
        cls,
        path: Path,
        ages: Ages | None = None,
        *,
        mapping: ColumnMapping | None = None,
        rules: Rules | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Self:
        """Read a file, all of it or nothing.

        Args:
            path: the file.
            ages: gives the preset if `regeling_preset` is empty or missing; default: each line must have one.
            mapping: the names of its columns, and how it is to be read if that cannot be known from the file.
            rules: the scheme's rules: presets must be in them, and an amount must be what they give.
            progress: is called now and then with how much has been read, and how much there is.

        Raises:
            CitizensError: the file has mistakes, its encoding can only be guessed, or it changed meanwhile.
            OSError: the file cannot be read.
            MissingExtra: the packages that read its format are not installed.
        """
        made = cls(str(path))
        try:
            made.sha256 = _sha256(path)
            citizens.read_into(path, made._add, ages, mapping=mapping, rules=rules, progress=progress)
            made._write()
            if _sha256(path) != made.sha256:
                raise CitizensError(str(path), [Mistake(1, "the file changed while it was read: try again")])
        except BaseException:
            made.close()
            raise
        return made

    def children(self) -> Iterator[Child]:
        """The children in the order of the file."""
        at = 0
        for number in range(self._written):
            self._file.seek(at)
            (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
            sealed = self._file.read(length)
            at += _LENGTH.size + length
            for bsn, first, family, born, *rest in json.loads(
                self._cipher.decrypt(_NONCE.pack(number), sealed, None)
            ):
                yield Child(bsn, first, family, date.fromisoformat(born), *rest)

    def close(self) -> None:
        """Give up the children."""
        self._file.close()

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up the children."""
        self.close()

    def _add(self, child: Child) -> None:
        self.count += 1
        self._waiting.append(child)
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        rows = [
            (
                child.bsn,
                child.first_names,
                child.family_name,
                child.born.isoformat(),
                child.household,
                child.case,
                child.preset,
                child.units,
            )
            for child in self._waiting
        ]
        sealed = self._cipher.encrypt(_NONCE.pack(self._written), json.dumps(rows).encode(), None)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._written += 1
        self._waiting.clear()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
