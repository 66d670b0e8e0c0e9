"""The store in which hfc keeps its users: a folder with a file for each key."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path


class KeyValueStore(ABC):
    """Texts by name."""

    @abstractmethod
    def set_value(self, key: str, value: str) -> bool:
        """Keep a text; True."""

    @abstractmethod
    def get_value(self, key: str) -> str | None:
        """A text that was kept, or None."""


class FileKeyValueStore(KeyValueStore):
    """A file for each key. Files are readable by their owner only: users' private keys are in them.

    Attributes:
        path: the folder, which is made if it is not there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        Path(path).mkdir(parents=True, exist_ok=True)

    def set_value(self, key: str, value: str) -> bool:
        """Write the file of a key."""
        descriptor = os.open(Path(self.path) / key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value)
        return True

    def get_value(self, key: str) -> str | None:
        """Read the file of a key; None if there is none."""
        try:
            return (Path(self.path) / key).read_text(encoding="utf-8")
        except OSError:
            return None


def file_key_value_store(path: str | os.PathLike[str]) -> FileKeyValueStore:
    """Make a store."""
    return FileKeyValueStore(path)
