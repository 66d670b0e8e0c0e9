"""Signed notes, and the keys that sign them.

Forms: C2SP `signed-note` and `tlog-cosignature`; keys as text in the form of Go's
`golang.org/x/mod/sumdb/note`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fabric_gateway._storage.files import replace
from fabric_gateway.errors import FabricError

_ED25519, _COSIGNATURE = 0x01, 0x04
_TYPES = (_ED25519, _COSIGNATURE)
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) (\S+)")
_PRIVATE = "PRIVATE+KEY+"
_LARGEST = 1_000_000


class NoteError(FabricError):
    """A note or a key that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature of a note.

    Attributes:
        name: whose it is, as it says.
        key_id: 4 bytes that tell keys of one name apart.
        content: the signature itself, after the key id.
    """

    name: str
    key_id: bytes
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.content).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures.

    Attributes:
        text: the text, which ends with a newline.
        signatures: its signatures, not verified.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, content: str | bytes) -> Note:
        """Read a signed note.

        Raises:
            NoteError: it is none.
        """
        try:
            note = content.decode() if isinstance(content, bytes) else content
        except UnicodeDecodeError as error:
            raise NoteError("this is not a signed note: it is not UTF-8") from error
        text, separator, lines = note.rpartition("\n\n")
        if len(note) > _LARGEST or not separator or not text or not lines.endswith("\n"):
            raise NoteError("this is not a signed note: a text, an empty line, and lines of signatures")
        if any(ord(character) < 0x20 and character != "\n" for character in note):
            raise NoteError("this is not a signed note: it holds control characters")
        return cls(text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))

    def __str__(self) -> str:
        return "\n".join([self.text, *map(str, self.signatures)]) + "\n"

    def signed_by(self, keys: Iterable[NotePublicKey]) -> tuple[NotePublicKey, ...]:
        """Those of the keys that signed it.

        Raises:
            NoteError: a signature that is one of the keys', by its name and id, does not hold.
        """
        return tuple(key for key in keys if self._verified(key))

    def _verified(self, key: NotePublicKey) -> bool:
        mine = [item for item in self.signatures if (item.name, item.key_id) == (key.name, key.key_id)]
        for item in mine:
            if key.signed_at(self.text, item.content) is None:
                raise NoteError(f"the signature of {key.name} on this note does not hold")
        return bool(mine)


@dataclass(frozen=True, slots=True)
class NotePublicKey:
    """A key that verifies signatures of notes.

    Attributes:
        name: whose it is, such as `auditor.example`: no spaces and no plus sign.
        content: the Ed25519 public key, 32 bytes.
        cosigns: its signatures are cosignatures, which say when they were made.
    """

    name: str
    content: bytes
    cosigns: bool = False

    @classmethod
    def parse(cls, text: str) -> NotePublicKey:
        """Read a key as text: `NAME+ID+KEY`.

        Raises:
            NoteError: it is none.
        """
        name, key_id, content = _split_key(text.strip(), 32)
        key = cls(name, content[1:], content[0] == _COSIGNATURE)
        if key.key_id != key_id:
            raise NoteError(f"the key of {name} has an id that does not belong to it: copy it again")
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed).decode()}"

    @property
    def key_id(self) -> bytes:
        """4 bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def _typed(self) -> bytes:
        return bytes([_COSIGNATURE if self.cosigns else _ED25519]) + self.content

    def signed_at(self, text: str, signature: bytes) -> datetime | None:
        """When a signature of a text was made, UTC; None if it does not hold.

        A plain signature does not say: the earliest instant of all stands for that.
        """
        seconds, content = b"", signature
        if self.cosigns:
            seconds, content = signature[:8], signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.content).verify(content, _signed(text, seconds))
            return datetime.fromtimestamp(int.from_bytes(seconds, "big"), UTC)
        except (InvalidSignature, ValueError, OverflowError, OSError):
            return None


class NoteKey:
    """A key that signs notes.

    Attributes:
        public: what verifies its signatures.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, *, cosigns: bool = False) -> None:
        """Name a key.

        Raises:
            NoteError: the name is empty, or holds a space or a plus sign.
        """
        if not _NAME.fullmatch(name):
            raise NoteError(f"{name!r} cannot be the name of a key: use no spaces and no plus sign")
        self._key = key
        self.public = NotePublicKey(name, key.public_key().public_bytes_raw(), cosigns)

    @classmethod
    def make(cls, name: str, *, cosigns: bool = False) -> NoteKey:
        """A fresh key.

        Args:
            name: whose it is, such as `auditor.example`.
            cosigns: it signs checkpoints that others made: its signatures say when.
        """
        return cls(name, Ed25519PrivateKey.generate(), cosigns=cosigns)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> NoteKey:
        """Read a key from its file.

        Raises:
            NoteError: the file cannot be read, or others than its owner may read it.
        """
        place = Path(path)
        try:
            if place.stat().st_mode & 0o077:
                raise NoteError(f"{place} can be read by others: chmod 600 {place.name}")
            text = place.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NoteError(f"the key {place} cannot be read: {error}") from error
        if not text.startswith(_PRIVATE):
            raise NoteError(f"{place} does not hold a private key for notes")
        name, key_id, content = _split_key(text.removeprefix(_PRIVATE), 32)
        key = cls(name, Ed25519PrivateKey.from_private_bytes(content[1:]), cosigns=content[0] == _COSIGNATURE)
        if key.public.key_id != key_id:
            raise NoteError(f"{place} holds a key whose id does not belong to it")
        return key

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the key to a new file that only its owner may read.

        Raises:
            NoteError: the file exists already.
        """
        place = Path(path)
        if place.exists():
            raise NoteError(f"{place} exists already: a key is never overwritten")
        kind = _COSIGNATURE if self.public.cosigns else _ED25519
        content = base64.b64encode(bytes([kind]) + self._key.private_bytes_raw()).decode()
        text = f"{_PRIVATE}{self.public.name}+{self.public.key_id.hex()}+{content}\n"
        replace(place, text.encode(), 0o600)

    def sign(self, text: str, at: datetime | None = None) -> NoteSignature:
        """Sign a text that ends with a newline.

        Args:
            text: the text.
            at: when, for a cosignature; default: now.

        Raises:
            NoteError: the text cannot be that of a note.
        """
        if not text.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in text):
            raise NoteError("the text of a note ends with a newline and holds no control characters")
        seconds = b""
        if self.public.cosigns:
            seconds = int((at or datetime.now(UTC)).timestamp()).to_bytes(8, "big")
        content = seconds + self._key.sign(_signed(text, seconds))
        return NoteSignature(self.public.name, self.public.key_id, content)


def sign_note(text: str, keys: Sequence[NoteKey]) -> Note:
    """A text with signatures by keys."""
    return Note(text, tuple(key.sign(text) for key in keys))


def _signed(text: str, seconds: bytes) -> bytes:
    if not seconds:
        return text.encode()
    return f"cosignature/v1\ntime {int.from_bytes(seconds, 'big')}\n{text}".encode()


def _signature(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    content = _base64(match[2]) if match else b""
    if match is None or len(content) < 5:
        raise NoteError(f"this is not the line of a signature: {line[:80]!r}")
    return NoteSignature(match[1], content[:4], content[4:])


def _split_key(text: str, length: int) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, content = rest.partition("+")
    decoded = _base64(content)
    if (
        not _NAME.fullmatch(name)
        or not re.fullmatch("[0-9a-f]{8}", key_id)
        or len(decoded) != length + 1
        or decoded[0] not in _TYPES
    ):
        raise NoteError("this is not a key for notes: NAME+ID+KEY, as it was printed when it was made")
    return name, bytes.fromhex(key_id), decoded


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
