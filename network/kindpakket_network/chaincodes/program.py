"""A chaincode's program: compiled once for its source and toolchain, and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from pathlib import Path

from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.fabric import cache_folder
from kindpakket_network.programs.files import place

_BUILD_DEADLINE = 900.0
# What a program depends on beside its source.
_SETTINGS = (
    *("GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOFLAGS", "GOEXPERIMENT"),
    *("CGO_ENABLED", "CC", "CGO_CFLAGS", "CGO_LDFLAGS"),
)
_ELSEWHERE = re.compile(r"=>\s*\.{0,2}/")
_LOCK = "lock"
_UNUSED = 30 * 86_400.0


def compile_to(target: Path, source: Path, package_id: str) -> None:
    """Put a chaincode's program somewhere: from the cache, or compiled and kept there.

    Args:
        target: the file to write.
        source: the folder of its Go module.
        package_id: the package id, which the module's files decide.

    Raises:
        NetworkError: it does not compile, or there is no `go`.
    """
    cache = cache_folder().with_name("chaincodes")
    key = _key(source, package_id)
    if key is None:
        _compile(target, source)
        return
    kept = cache / key
    if not kept.is_file():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (cache / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_file():
                _sweep(cache)
                temporary = cache / f".{key}.{os.getpid()}.new"
                _compile(temporary, source)
                place(temporary, kept)
    os.utime(kept)
    shutil.copy(kept, target)


def _key(source: Path, package_id: str) -> str | None:
    """The program's name in the cache; None when it depends on folders beside its own."""
    found = _go(source, ["env", "GOWORK", *_SETTINGS]).split("\n")
    if found[0] not in ("", "off") or _ELSEWHERE.search((source / "go.mod").read_text("utf-8")):
        return None
    return hashlib.sha256("\n".join([package_id, *found]).encode()).hexdigest()


def _compile(target: Path, source: Path) -> None:
    try:
        _go(source, ["build", "-trimpath", "-buildvcs=false", "-o", str(target), "."])
    except CommandFailed as error:
        raise NetworkError(f"the chaincode in {source} does not compile:\n{error.output[-2000:]}") from error


def _go(source: Path, arguments: list[str]) -> str:
    environment = {name: value for name, value in os.environ.items() if name.startswith(("GO", "CGO", "CC"))}
    environment |= {name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")}
    return run(Command(f"go {arguments[0]}", ["go", *arguments], environment, source, _BUILD_DEADLINE)).output


def _sweep(cache: Path) -> None:
    """Delete what a killed build left, and what nobody used for a month."""
    for path in cache.iterdir():
        unused = path.name != _LOCK and path.stat().st_mtime < time.time() - _UNUSED
        if unused or path.name.startswith("."):
            path.unlink()
