"""Disks that are full or cannot be written, and what to do about them."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

# Bytes. Less than a file of a node or a compiler needs.
_LITTLE = 16 << 20
_FULL = re.compile(r"(?:(/[^\s:'\"]*)['\"]?: )?(?:[Nn]o space left on device|[Dd]isk quota exceeded)")
_AGAIN = "free up space there, then run the command again"


def full_disk(output: str, folders: Iterable[Path]) -> str | None:
    """What to do about a disk that is full according to a program's output; None if it does not say so.

    Args:
        output: what the program wrote.
        folders: where it may have written.
    """
    found = _FULL.search(output)
    if found is None:
        return None
    return _full([Path(found[1]).parent] if found[1] else _scarce(folders))


def disk_problem(error: OSError, folders: Iterable[Path]) -> str | None:
    """What to do about a full or read-only disk; None if the error is another one.

    Args:
        error: the system's error.
        folders: where the command writes; one of them is meant if the error names no file.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full([Path(error.filename).parent] if error.filename else _scarce(folders))
    if error.errno == errno.EROFS:
        return (
            f"{error.filename or 'a file'} cannot be written, because its disk is read-only: mount it for "
            "writing, and look first why it is not, since Linux makes a disk with errors read-only"
        )
    return None


def _scarce(folders: Iterable[Path]) -> list[Path]:
    """The folders whose disks have little space left; all of them if none has."""
    found = list(dict.fromkeys(map(_existing, [*folders, Path(tempfile.gettempdir())])))
    return [folder for folder in found if _free(folder) < _LITTLE] or found


def _full(folders: list[Path]) -> str:
    found = dict.fromkeys(map(_existing, folders))
    names = " or ".join(f"{folder} ({_free(folder) / 2**20:.0f} MB free)" for folder in found)
    return f"the disk of {names} is full: {_AGAIN}"


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists: what a program wrote is often deleted by now."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), Path("/"))
