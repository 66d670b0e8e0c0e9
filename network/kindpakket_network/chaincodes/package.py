"""A chaincode's source and package.

The package contains the digest of the source and nothing specific to an organisation, so that all of them
install and approve the same package id.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.chaincodes.program import compile_to
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.files import place
from kindpakket_network.programs.home import Home, write

_LEFT_OUT = ("_test.go", ".md")


@dataclass(frozen=True)
class Package:
    """A chaincode package.

    Attributes:
        name: the chaincode's name.
        label: the package's label, which ends in the first digits of the source's digest.
        content: the file's bytes.
    """

    name: str
    label: str
    content: bytes

    @property
    def id(self) -> str:
        """The package id, as every peer computes it."""
        return f"{self.label}:{hashlib.sha256(self.content).hexdigest()}"


def source_digest(folder: Path) -> str:
    """The SHA-256 of a Go module's files, without tests and Markdown, in hexadecimal.

    Args:
        folder: the folder with go.mod.

    Raises:
        NetworkError: there is no Go module.
    """
    if not (folder / "go.mod").is_file():
        raise NetworkError(
            f"there is no Go module in {folder}: name the chaincode's folder as its `source` in the topology"
        )
    digest = hashlib.sha256()
    for path in sorted(_source_files(folder), key=lambda path: path.relative_to(folder).as_posix()):
        for part in (path.relative_to(folder).as_posix().encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def package(name: str, digest: str) -> Package:
    """The package of a chaincode: the same bytes for the same source, on every machine.

    Args:
        name: the chaincode's name.
        digest: its source's digest.
    """
    label = f"{name}-{digest[:12]}"
    code = _tar({"chaincode.json": _json({"name": name, "source_sha256": digest})})
    content = _tar(
        {"metadata.json": _json({"type": "ccaas", "path": "", "label": label}), "code.tar.gz": code}
    )
    return Package(name, label, content)


def build(source: Path, made: Package, home: Home) -> Path:
    """Put a chaincode's program into a network's home, unless it exists; see `program`.

    Args:
        source: the folder of its Go module.
        made: its package.
        home: where the program and the package go.

    Returns:
        The program.

    Raises:
        NetworkError: it does not compile, or there is no `go`.
    """
    folder = home.chaincode(made.label)
    binary = folder / made.name
    if not binary.is_file():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = folder / f".{made.name}.new"
        compile_to(temporary, source, made.id)
        place(temporary, binary)
    return binary


def write_package(made: Package, home: Home) -> Path:
    """Write a package's file, unless it exists."""
    path = home.chaincode(made.label) / f"{made.label}.tar.gz"
    if not path.is_file():
        write(path, made.content)
    return path


def _source_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_")) and name != "testdata"]
        found += [
            Path(root) / name for name in files if not name.startswith(".") and not name.endswith(_LEFT_OUT)
        ]
    return found


def _tar(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    # Level 0: versions of zlib compress the same bytes differently, which would change the package id.
    return gzip.compress(raw.getvalue(), compresslevel=0, mtime=0)


def _json(members: dict[str, str]) -> bytes:
    return json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
