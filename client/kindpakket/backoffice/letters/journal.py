"""What an unfinished run has done so far: a line for each file that is whole, written after the file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fabric_gateway._storage.files import replace, sync_folder
from fabric_gateway._storage.locks import LockFile

_LAYOUT = 1
_NAME = "journal.jsonl"
_LOCK = "lock"


class RunError(Exception):
    """A run cannot start or go on; the message says why, and names nobody."""


class Journal:
    """The folder of an unfinished run. What it does not list is not there; use it in a `with` statement.

    Attributes:
        references: those of the letters that are whole, in order.
    """

    def __init__(self, folder: Path, terms: Mapping[str, object]) -> None:
        """Start a run, or go on with one that was interrupted: what is not whole is deleted.

        Args:
            folder: the folder of the unfinished run.
            terms: what must be the same when it goes on.

        Raises:
            RunError: another process writes to it, or it was started with other terms.
        """
        self.folder = folder
        self.references: list[str] = []
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = LockFile(folder / _LOCK)
        try:
            if not self._lock.take(1):
                raise RunError(f"another process writes to {folder}: wait until it is done")
            self._path = folder / _NAME
            header = json.dumps({"layout": _LAYOUT, **terms}, sort_keys=True)
            kept = self._keep_whole(header)
            self._delete_others(kept)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except BaseException:
            self._lock.close()
            raise

    def add(self, name: str, content: bytes, entry: Mapping[str, Any]) -> None:
        """Write a file, and then list it, both durably."""
        replace(self.folder / name, content)
        line = json.dumps({"file": name, "sha256": hashlib.sha256(content).hexdigest(), **entry})
        left = memoryview(line.encode() + b"\n")
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)
        self.references += [letter["reference"] for letter in entry["letters"]]

    def entries(self) -> Iterator[dict[str, Any]]:
        """What `add` listed, in order, with `file` and `sha256`."""
        with self._path.open("rb") as file:
            next(file)
            for line in file:
                yield json.loads(line)

    def finish(self, target: Path) -> None:
        """Give the folder its final name, and take the journal out of it."""
        sync_folder(self.folder)
        self.folder.rename(target)
        sync_folder(target.parent)
        tidy(target)

    def _keep_whole(self, header: str) -> set[str]:
        """Cut the journal off after the last file that is whole; the names of the files that it lists."""
        if not self._path.exists():
            replace(self._path, header.encode() + b"\n")
            return set()
        kept: set[str] = set()
        with self._path.open("rb+") as file:
            if file.readline() != header.encode() + b"\n":
                raise RunError(
                    f"the interrupted run in {self.folder} has other templates or another number of letters "
                    "per file: use the same as then, or delete the folder to start anew"
                )
            end = file.tell()
            for line in iter(file.readline, b""):
                entry = json.loads(line) if line.endswith(b"\n") else None
                if entry is None or not _is_whole(self.folder / entry["file"], entry["sha256"]):
                    break
                kept.add(entry["file"])
                self.references += [letter["reference"] for letter in entry["letters"]]
                end = file.tell()
            file.truncate(end)
            os.fsync(file.fileno())
        return kept

    def _delete_others(self, kept: set[str]) -> None:
        for path in self.folder.iterdir():
            if path.name not in {*kept, _NAME, _LOCK}:
                path.unlink()

    def close(self) -> None:
        """Close the files; the run can go on later."""
        os.close(self._file)
        self._lock.close()

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()


def tidy(folder: Path) -> bool:
    """Take the journal out of a finished folder; whether it was in there, as of a run killed at its end."""
    journal = folder / _NAME
    if not journal.exists():
        return False
    (folder / _LOCK).unlink(missing_ok=True)
    journal.unlink()
    sync_folder(folder)
    return True


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False
