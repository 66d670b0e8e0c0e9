"""A chaincode that is a Go module: compiled to one program."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from kindpakket_network.chaincodes.build_cache import from_cache
from kindpakket_network.chaincodes.source import Source
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.programs.command import Command, run

_BUILD_DEADLINE = 900.0
# What a program depends on beside its source.
_SETTINGS = (
    *("GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOFLAGS", "GOEXPERIMENT"),
    *("CGO_ENABLED", "CC", "CGO_CFLAGS", "CGO_LDFLAGS"),
)
_ELSEWHERE = re.compile(r"=>\s*\.{0,2}/")
# How a program that dials its peer, and one that serves it, call Fabric's library.
_DIALS, _SERVES = re.compile(r"\bshim\.Start\("), re.compile(r"\bshim\.ChaincodeServer\b")


def compile_to(target: Path, source: Path, package_id: str) -> None:
    """Put a chaincode's program somewhere: from the cache, or compiled and kept there.

    Args:
        target: the file to write.
        source: the folder of its Go module.
        package_id: the package id, which the module's files decide.

    Raises:
        NetworkError: it does not compile, or there is no `go`.
    """
    key = _key(source, package_id)
    if key is None:
        _compile(target, source)
    else:
        from_cache(key, target, lambda path: _compile(path, source))


def dials_peer(source: Source) -> bool:
    """Whether a Go program only knows how to connect to a peer (`shim.Start`), and cannot serve it."""
    texts = [
        path.read_text("utf-8", "replace")
        for path in source.files()
        if path.suffix == ".go" and "vendor" not in path.relative_to(source.folder).parts
    ]
    return any(map(_DIALS.search, texts)) and not any(map(_SERVES.search, texts))


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
