"""Small working chaincodes to start from, one in each language that Fabric has a library for."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

LANGUAGES = ("go", "javascript", "typescript", "java")


def write_sample(language: str, folder: Path) -> list[Path]:
    """Write a chaincode that stores values by key.

    Args:
        language: one of LANGUAGES.
        folder: its folder; created if needed.

    Returns:
        The files.

    Raises:
        NetworkError: the folder contains something.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise NetworkError(f"{folder} is not empty: name a folder that does not exist yet")
    source = resources.files("kindpakket_network") / "data" / "chaincodes" / language
    return list(_written(source, folder))


def _written(source: Traversable, folder: Path) -> list[Path]:
    files: list[Path] = []
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            files += _written(entry, folder / entry.name)
        else:
            write(folder / entry.name, entry.read_bytes())
            files.append(folder / entry.name)
    return files
