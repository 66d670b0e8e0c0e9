"""The file of the keys that the register's data keys are encrypted with. It lies outside the database.

One key a line, the newest first; lines that start with `#` are comments. There is one key, except while the
keys change: until then the old one is still needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from fabric_gateway._storage.files import replace
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.wrapping import AGE_PREFIX, AgeKey, FileKey, WrappingKey

_HEADER = (
    "# Decrypts the register of persons. Whoever loses it loses the register: keep a copy apart from it.\n"
)


class KeyFile:
    """The keys of one register, in a file that only its owner may read.

    Attributes:
        path: the file.
        keys: the keys, the newest first.
    """

    def __init__(self, path: Path, keys: tuple[WrappingKey, ...]) -> None:
        """Know the keys of a file; `load` reads it, `create` makes it."""
        self.path = path
        self.keys = keys

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file: one of the register's own, or the identity file of age.

        Raises:
            RegisterError: it cannot be read, others can read it, or it contains no key.
        """
        try:
            mode = path.stat().st_mode
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise RegisterError(
                f"the register's key file {path} cannot be read ({why}): restore it, or name another one"
            ) from None
        if mode & 0o077:
            raise RegisterError(f"{path} can be read by others than its owner: run chmod 600 on it")
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        keys = tuple(_key(path, line) for line in lines)
        if not keys:
            raise RegisterError(f"{path} contains no key: name the file that was made with the register")
        return cls(path, keys)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a key file with a new key; one that exists is used as it is.

        Raises:
            RegisterError: it exists and cannot be used.
        """
        if path.exists():
            return cls.load(path)
        made = cls(path, (FileKey.generate(),))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made._write()
        return made

    def find(self, identifier: str) -> WrappingKey | None:
        """The key with an id; None if the file does not have it."""
        return next((key for key in self.keys if key.id == identifier), None)

    def add_new(self) -> WrappingKey:
        """Put a new key of the newest one's kind first, durably."""
        key = self.keys[0].another()
        self.keys = (key, *self.keys)
        self._write()
        return key

    def keep_only(self, key: WrappingKey) -> None:
        """Drop all keys but one, durably."""
        if self.keys != (key,):
            self.keys = (key,)
            self._write()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from changing the keys at the same time.

        Raises:
            RegisterError: another process is changing them.
        """
        from fabric_gateway._storage.locks import LockFile  # noqa: PLC0415 - only where keys change

        lock = LockFile(self.path.with_name(f".{self.path.name}.lock"))
        try:
            if not lock.take(1):
                raise RegisterError(f"another process is changing the keys in {self.path}: wait for it")
            yield
        finally:
            lock.close()

    def _write(self) -> None:
        text = _HEADER + "".join(f"{key.line}\n" for key in self.keys)
        replace(self.path, text.encode())
        os.chmod(self.path, 0o600)  # noqa: PTH101


def _key(path: Path, line: str) -> WrappingKey:
    try:
        return AgeKey.parse(line) if line.startswith(AGE_PREFIX) else FileKey.parse(line)
    except ValueError:
        raise RegisterError(f"{path} has a line that is not a key: restore it from a copy") from None
