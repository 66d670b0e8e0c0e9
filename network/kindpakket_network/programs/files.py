"""Files and folders that take their place as a whole, and are still there after the machine lost power.

A name that is renamed into place may reach the disk before the content does: so the content is synced first,
and the folder with the name after it.
"""

from __future__ import annotations

import os
from pathlib import Path


def place(written: Path, path: Path) -> None:
    """Give a file that was written elsewhere on the same disk its name; what had it is replaced.

    Args:
        written: the file as it was written, perhaps by another program.
        path: its place.
    """
    _sync(written, os.O_RDONLY)
    written.replace(path)
    _sync_folders(path, written)


def move(path: Path, target: Path) -> None:
    """Rename what is on the disk already: a folder, a link, or a file that was synced.

    Args:
        path: what to rename.
        target: its new name on the same disk. No folder with content may have it.
    """
    path.rename(target)
    _sync_folders(target, path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Make durable all that is below a folder, as when another program wrote it."""
    for below, _, names in os.walk(folder):
        for name in names:
            file = Path(below, name)
            if file.is_file() and not file.is_symlink():
                _sync(file, os.O_RDONLY)
        sync_folder(Path(below))


def _sync_folders(*renamed: Path) -> None:
    for folder in dict.fromkeys(path.parent for path in renamed):
        sync_folder(folder)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
