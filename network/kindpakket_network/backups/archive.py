"""Encrypted archives: a compressed tar stream in an age file, written and read without an unencrypted copy.

The files are ordinary age files (https://age-encryption.org): `age -d -i KEY FILE | tar -tz` reads them too.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyrage

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.files import place

_HEADER = b"age-encryption.org/"
_TORN = (tarfile.ReadError, EOFError, zlib.error, gzip.BadGzipFile)


class ArchiveError(NetworkError):
    """An archive cannot be written, or is not valid; nothing from it was used."""


@dataclass
class Writer:
    """An archive that is being written.

    Args:
        tar: the stream.
    """

    tar: tarfile.TarFile
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, name: str, content: bytes) -> None:
        """Add a file with the given content, readable by its owner only."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self.tar.addfile(member, io.BytesIO(content))

    def add_tree(self, name: str, path: Path, skip: Callable[[Path], bool] = lambda _: False) -> None:
        """Add a file, or a folder with its content. Links are followed.

        Args:
            name: its name in the archive.
            path: its path.
            skip: called with each path; True leaves it out.

        Raises:
            OSError: a file cannot be read.
        """
        if skip(path):
            return
        member = self.tar.gettarinfo(path, name)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        if member.isdir():
            self.tar.addfile(member)
            for child in sorted(path.iterdir()):
                self.add_tree(f"{name}/{child.name}", child, skip)
        elif member.isfile():
            with path.open("rb") as content:
                self.tar.addfile(member, content)

    @property
    def sha256(self) -> str:
        """The SHA-256 hash of the encrypted file, in hexadecimal; final once the archive is complete."""
        return str(self.digest.hexdigest())


@contextmanager
def writing(path: Path, recipients: Sequence[str]) -> Iterator[Writer]:
    """Write an archive; the file appears when it is complete, or not at all.

    Args:
        path: the file; it must not exist.
        recipients: the public keys that can decrypt it, as `age1…`.

    Raises:
        ArchiveError: the file exists, a recipient is not a valid key, or the disk is full.
    """
    if path.exists():
        raise ArchiveError(f"{path} already exists: name a new file; a backup never overwrites one")
    keys = [_recipient(recipient) for recipient in recipients]
    if not keys:
        raise ArchiveError("a backup needs at least one recipient: name a public key, such as age1…")
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            hashed = _Hashed(file)
            with (
                _piped(lambda source: pyrage.encrypt_io(source, hashed, keys), path) as sink,
                # The fastest level: most of Fabric's files are already compressed.
                gzip.GzipFile("", "wb", compresslevel=1, fileobj=sink, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT, dereference=True) as tar,
            ):
                yield Writer(tar, hashed.digest)
        place(part, path)
    finally:
        part.unlink(missing_ok=True)


def extract(path: Path, identities: Sequence[Any], folder: Path) -> str:
    """Unpack an archive and verify its integrity.

    Args:
        path: the archive.
        identities: the keys, see `kindpakket_network.backups.key`.
        folder: the target; it must be empty, and its content may only be used after this returns.

    Returns:
        The SHA-256 hash of the archive, in hexadecimal.

    Raises:
        ArchiveError: it is not an archive, is encrypted for other keys, or was damaged or modified.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise ArchiveError(
                    f"{path} is not a backup, because it is not encrypted with age: name another file"
                )
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror}): name an existing file") from error
    with path.open("rb") as file:
        hashed = _Hashed(file)
        with (
            _emptied(lambda sink: pyrage.decrypt_io(hashed, sink, list(identities)), path) as source,
            gzip.GzipFile(fileobj=source, mode="rb") as packed,
        ):
            _unpack(packed, folder, path)
            while packed.read(1 << 16):
                pass  # the checksum is at the end of the stream
    return str(hashed.digest.hexdigest())


def _unpack(stream: gzip.GzipFile, folder: Path, path: Path) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            if not (member.isfile() or member.isdir()):
                raise ArchiveError(
                    f"{path} is rejected: {member.name} in it is not a regular file; use another copy"
                )
            try:
                tar.extract(member, folder, filter="data")
            except tarfile.FilterError as error:
                raise ArchiveError(f"{path} is rejected: {error}; use another copy") from error


@contextmanager
def _piped(consume: Callable[[IO[bytes]], object], path: Path) -> Iterator[IO[bytes]]:
    """A writable pipe whose other end a thread consumes."""
    read, write = os.pipe()
    errors: list[Exception] = []

    def work() -> None:
        with os.fdopen(read, "rb") as source:
            try:
                consume(source)
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with os.fdopen(write, "wb", buffering=1 << 20) as sink:
            yield sink
    except BrokenPipeError:
        pass  # the thread's error says why
    finally:
        thread.join()
    if errors:
        raise ArchiveError(f"{path} could not be written: {errors[0]}") from errors[0]


@contextmanager
def _emptied(produce: Callable[[IO[bytes]], object], path: Path) -> Iterator[IO[bytes]]:
    """A readable pipe whose other end a thread fills; the content is authentic once read to its end."""
    read, write = os.pipe()
    errors: list[Exception] = []

    def work() -> None:
        try:
            with os.fdopen(write, "wb", buffering=1 << 20) as sink:
                produce(sink)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    torn: Exception | None = None
    with os.fdopen(read, "rb") as source:
        try:
            yield source
            while source.read(1 << 20):
                pass
        except _TORN as error:
            torn = error
        finally:
            if torn is not None:
                with contextlib.suppress(OSError):
                    while source.read(1 << 20):
                        pass
            source.close()
            thread.join()
    if errors and isinstance(errors[0], pyrage.DecryptError):
        raise ArchiveError(
            f"{path} cannot be decrypted with this key ({errors[0]}): use the key it was made for"
        ) from errors[0]
    if errors or torn:
        cause = errors[0] if errors else torn
        raise ArchiveError(
            f"{path} is damaged, modified or incomplete: nothing from it was used; use another copy"
        ) from cause


@dataclass
class _Hashed:
    """A file that hashes everything read from it or written to it."""

    file: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data

    def flush(self) -> None:
        self.file.flush()


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise ArchiveError(
            f"{text!r} is not an age public key ({error}): use one such as age1…, from `backup-key`"
        ) from error
