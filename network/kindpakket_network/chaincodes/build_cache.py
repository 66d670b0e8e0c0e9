"""The user's cache of built chaincodes: each is built once for its package and its tools."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from kindpakket_network.programs.fabric import cache_folder
from kindpakket_network.programs.files import move, place

_LOCK = "lock"
_UNUSED = 30 * 86_400.0


def from_cache(key: str, target: Path, make: Callable[[Path], None]) -> None:
    """Copy a built program or folder from the cache; it is built first if it is not there.

    Args:
        key: its name in the cache.
        target: where the copy goes; it must not exist.
        make: builds it at a path; what it raises is raised, and nothing is kept.
    """
    cache = cache_folder().with_name("chaincodes")
    kept = cache / key
    if not kept.exists():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (cache / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                _sweep(cache)
                temporary = cache / f".{key}.{os.getpid()}.new"
                make(temporary)
                if temporary.is_dir():
                    os.sync()  # once: a folder of dependencies has thousands of files
                    move(temporary, kept)
                else:
                    place(temporary, kept)
    os.utime(kept)
    if kept.is_dir():
        shutil.copytree(kept, target, symlinks=True)
        os.sync()
    else:
        shutil.copy(kept, target)


def _sweep(cache: Path) -> None:
    """Delete what a killed build left, and what nobody used for a month."""
    for path in cache.iterdir():
        unused = path.name != _LOCK and path.lstat().st_mtime < time.time() - _UNUSED
        if unused or path.name.startswith("."):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
