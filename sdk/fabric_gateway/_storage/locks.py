"""Locks that die with their holder: byte ranges of a file, locked for one open file (Linux `F_OFD_SETLK`)."""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WHOLE = 0
_FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, pid


class LockFile:
    """Numbered locks among the threads and processes that open the same file.

    A lock is gone when its holder lets go, closes the file or dies, also by `kill -9`.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, readable for its owner only.

        Raises:
            OSError: it cannot be opened.
        """
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def take(self, number: int) -> bool:
        """Take a lock, from 1 up, without waiting; whether it was free.

        Raises:
            OSError: the file system has no such locks.
        """
        with self._guard:
            if number in self._held:
                return False
            try:
                self._set(fcntl.F_OFD_SETLK, fcntl.F_WRLCK, number)
            except BlockingIOError:
                return False
            self._held.add(number)
            return True

    def release(self, number: int) -> None:
        """Let go of a lock."""
        with self._guard:
            self._held.discard(number)
            if self._file >= 0:
                self._set(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, number)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else is in here."""
        self._set(fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, _WHOLE)
        try:
            yield
        finally:
            self._set(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, _WHOLE)

    def close(self) -> None:
        """Let go of all."""
        with self._guard:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _set(self, command: int, kind: int, number: int) -> None:
        fcntl.fcntl(self._file, command, struct.pack(_FLOCK, kind, os.SEEK_SET, number, 1, 0))
