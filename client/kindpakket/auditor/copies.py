"""Blocks without a peer: copied block files, or a bundle that an auditor took home."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from fabric_gateway.blocks import Block, BlockMessage, hash_of_header
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification import BlockFileError, BlockFiles, stored_form
from kindpakket.ledger.domain import Domain

_FORMAT = "kindpakket-audit-bundle/1"
_MANIFEST, _BLOCKS = "manifest.json", "blocks"
_FILE_SIZE = 64 * 2**20
_CHUNK = 2**20
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of all files in a bundle, so that the same blocks give the same bytes."""
_MOST = 2**20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""More bytes are not a manifest."""


class BundleError(Exception):
    """A file is not a bundle, or is not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says about itself. Nothing in it is believed: the blocks are verified as from anywhere.

    Attributes:
        channel: name of the channel.
        chaincode: name of the chaincode.
        height: number of blocks.
        genesis: SHA-256 of the header of block 0, hexadecimal.
        head: SHA-256 of the header of the last block, hexadecimal.
        files: maps each file in the bundle to its SHA-256, hexadecimal.
    """

    channel: str
    chaincode: str
    height: int
    genesis: str
    head: str
    files: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """The manifest's members."""
        return {"format": _FORMAT, **asdict(self)}


def domain_of(messages: Iterable[BlockMessage], chaincode: str | None = None) -> Domain:
    """The channel and the chaincode of a ledger, as its blocks name them.

    Args:
        messages: the blocks, from block 0 on; read up to the one that named the organisations.
        chaincode: name of the chaincode; default: the one that named the organisations.

    Raises:
        LookupError: no block tells.
    """
    channel = ""
    for message in messages:
        for transaction in Block.decode(message).transactions:
            channel = channel or transaction.channel
            if channel and chaincode:
                return Domain(channel, chaincode)
            if transaction.valid and transaction.function == "organisations:Initialise":
                return Domain(channel, transaction.chaincode)
    raise LookupError("no block says which chaincode it is: give its name")


def write_bundle(path: Path, messages: Iterable[BlockMessage], domain: Domain) -> Manifest:
    """Write blocks as a bundle; the same blocks give the same bytes.

    Args:
        path: the file, which must not exist.
        messages: the blocks from block 0 on.
        domain: the channel and the chaincode.

    Raises:
        FileExistsError: the file exists.
    """
    files: dict[str, str] = {}
    headers: list[tuple[int, bytes, bytes]] = []
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as bundle:
        source = iter(messages)
        message = next(source, None)
        while message is not None:
            name = f"{_BLOCKS}/blockfile_{len(files):06}"
            digest, size = hashlib.sha256(), 0
            with bundle.open(_entry(name), "w", force_zip64=True) as entry:
                while message is not None and size < _FILE_SIZE:
                    stored = stored_form(message)
                    entry.write(stored)
                    digest.update(stored)
                    size += len(stored)
                    header = message.header
                    headers = [*headers[:1], (header.number, header.previous_hash, header.data_hash)]
                    message = next(source, None)
            files[name] = digest.hexdigest()
        if not headers:
            raise BundleError("there are no blocks to take home")
        first, last = (hash_of_header(*header).hex() for header in (headers[0], headers[-1]))
        manifest = Manifest(domain.channel, domain.chaincode, headers[-1][0] + 1, first, last, files)
        bundle.writestr(_entry(_MANIFEST), json.dumps(manifest.as_json(), indent=2))
    return manifest


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@contextmanager
def opened_bundle(path: Path) -> Iterator[tuple[Manifest, BlockFiles]]:
    """Open a bundle; its block files are unpacked into a temporary folder, as their hashes are compared.

    Raises:
        BundleError: it is not a bundle, or is not what its manifest says.
    """
    with tempfile.TemporaryDirectory(prefix="kindpakket-audit-") as folder:
        try:
            with zipfile.ZipFile(path) as bundle:
                manifest = _manifest(bundle, path)
                for name, expected in manifest.files.items():
                    with _opened(bundle, name) as entry, (Path(folder) / Path(name).name).open("wb") as copy:
                        if _copied(entry, copy) != expected:
                            raise BundleError(
                                f"{path}: {name} is not the file that its manifest names: fetch it again"
                            )
        except _DAMAGED as error:
            raise BundleError(f"{path} is not a whole bundle ({error}): fetch it again") from error
        yield manifest, BlockFiles(folder)


def _manifest(bundle: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        with _opened(bundle, _MANIFEST) as entry:
            members = json.loads(entry.read(_MOST))
        if members.pop("format") != _FORMAT:
            raise ValueError("another format")
        manifest = Manifest(**members)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BundleError(f"{path} is not a bundle of kindpakket audit bundle: {error}") from error
    names = [f"{_BLOCKS}/blockfile_{number:06}" for number in range(len(manifest.files))]
    if sorted(manifest.files) != names:
        raise BundleError(f"{path}: its manifest names other files than block files")
    return manifest


def _opened(bundle: zipfile.ZipFile, name: str) -> IO[bytes]:
    """An entry, if it is compressed as `write_bundle` does it: otherwise other libraries fail with it."""
    info = bundle.getinfo(name)
    if info.compress_type != zipfile.ZIP_DEFLATED or info.header_offset < 0:
        raise zipfile.BadZipFile(f"{name} is not as it was written")
    return bundle.open(info)


def _copied(entry: IO[bytes], copy: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := entry.read(_CHUNK):
        digest.update(chunk)
        copy.write(chunk)
    return digest.hexdigest()


def genesis_hash(content: bytes) -> bytes:
    """The hash of a genesis block, `common.Block` as `configtxgen` or a peer gives it.

    Raises:
        ValueError: it is none.
    """
    try:
        block = Block.decode(content)
    except DecodeError as error:
        raise ValueError(f"it is not a block: {error}") from error
    if block.number or not block.transactions or not block.intact:
        raise ValueError("it is not the first block of a ledger")
    return block.header_hash


__all__ = [
    "BlockFileError",
    "BundleError",
    "Manifest",
    "domain_of",
    "genesis_hash",
    "opened_bundle",
    "write_bundle",
]
