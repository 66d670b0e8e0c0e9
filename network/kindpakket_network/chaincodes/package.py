"""A chaincode's package and its program in a home.

The package contains the digest of the source and nothing specific to an organisation, so that all of them
install and approve the same package id.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.chaincodes.built_folder import build_to
from kindpakket_network.chaincodes.go_program import compile_to, dials_peer
from kindpakket_network.chaincodes.languages import GO
from kindpakket_network.chaincodes.launcher import BUILT, launcher, relayed
from kindpakket_network.chaincodes.source import Source
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.programs.files import place
from kindpakket_network.programs.home import Home, write


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


def package_of(chaincode: Chaincode) -> Package:
    """The package of a chaincode as its source is now.

    Raises:
        NetworkError: there is no such source, or nothing says how to start what is in it.
    """
    return package(chaincode.name, Source.of(chaincode).digest())


def build(chaincode: Chaincode, made: Package, home: Home) -> Path:
    """Put a chaincode's program into a network's home, unless it exists.

    Args:
        chaincode: the chaincode.
        made: its package.
        home: where the program and the package go.

    Returns:
        The program, or the script that starts it.

    Raises:
        NetworkError: it does not build, or a tool is missing.
    """
    folder = home.chaincode(made.label)
    program = folder / made.name
    if program.is_file():
        return program
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = Source.of(chaincode)
    if not source.is_plain_go:
        _build_folder(source, made, folder)
        return program
    temporary = folder / f".{made.name}.new"
    compile_to(temporary, source.folder, made.id)
    if dials_peer(source):
        (folder / BUILT).mkdir(mode=0o700, exist_ok=True)
        place(temporary, folder / BUILT / made.name)
        write(program, launcher(relayed(f"./{made.name}")), mode=0o700)
    else:
        place(temporary, program)
    return program


def _build_folder(source: Source, made: Package, folder: Path) -> None:
    built = folder / BUILT
    if built.is_dir():
        shutil.rmtree(built)  # an interrupted call left it
    command = build_to(built, source, made.id)
    if source.language is GO and source.run is None and dials_peer(source):
        command = relayed(command)
    tools = tuple(tool for tool, _ in source.language.tools)
    write(folder / made.name, launcher(command, tools), mode=0o700)


def write_package(made: Package, home: Home) -> Path:
    """Write a package's file, unless it exists."""
    path = home.chaincode(made.label) / f"{made.label}.tar.gz"
    if not path.is_file():
        write(path, made.content)
    return path


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
