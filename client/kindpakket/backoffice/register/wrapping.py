"""Keys that encrypt the register's data keys: 256 bits in a file, or an identity of age."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kindpakket.extras import extra

FILE_PREFIX = "KINDPAKKET-REGISTER-KEY-1"
AGE_PREFIX = "AGE-SECRET-KEY-"
_BYTES = 32
_NONCE = 12


class WrappingKey(Protocol):
    """A key that encrypts data keys."""

    @property
    def id(self) -> str:
        """What the database calls it; nothing follows from it about the key."""

    @property
    def line(self) -> str:
        """The key as a line of its file."""

    def another(self) -> WrappingKey:
        """A new key of the same kind."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypt a data key. The context says what it is for, and is needed to decrypt it."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key.

        Raises:
            ValueError: it was not encrypted with this key and context.
        """


@dataclass(frozen=True, slots=True, repr=False)
class FileKey:
    """A key of 256 random bits; it encrypts with AES-256-GCM."""

    secret: bytes

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(secrets.token_bytes(_BYTES))

    @classmethod
    def parse(cls, line: str) -> Self:
        """The key of a line.

        Raises:
            ValueError: the line is not a key.
        """
        prefix, _, body = line.partition(":")
        secret = base64.b64decode(body, validate=True)
        if prefix != FILE_PREFIX or len(secret) != _BYTES:
            raise ValueError("not a key")
        return cls(secret)

    @property
    def id(self) -> str:
        """The first 16 bytes of a hash of it."""
        return hashlib.sha256(b"kindpakket register key id\0" + self.secret).hexdigest()[:32]

    @property
    def line(self) -> str:
        """The key as a line of its file."""
        return f"{FILE_PREFIX}:{base64.b64encode(self.secret).decode()}"

    def another(self) -> FileKey:
        """A new key."""
        return FileKey.generate()

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypt a data key."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, data_key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key."""
        try:
            return AESGCM(self.secret).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except InvalidTag:
            raise ValueError("the data key was encrypted with another key, or is damaged") from None


@dataclass(frozen=True, slots=True, repr=False)
class AgeKey:
    """An X25519 identity of age, as `age-keygen` and `kindpakket network backup-key` make them."""

    secret: str
    recipient: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """The identity of a line.

        Raises:
            ValueError: the line is not an identity.
            MissingExtra: the package for age is not installed.
        """
        pyrage = _age()
        try:
            identity = pyrage.x25519.Identity.from_str(line)
        except pyrage.IdentityError:
            raise ValueError("not an identity of age") from None
        return cls(line, str(identity.to_public()))

    @property
    def id(self) -> str:
        """The public key."""
        return self.recipient

    @property
    def line(self) -> str:
        """The identity as a line of its file."""
        return self.secret

    def another(self) -> AgeKey:
        """A new identity."""
        pyrage = _age()
        return AgeKey.parse(str(pyrage.x25519.Identity.generate()))

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypt a data key; age has no context of its own, so a hash of it goes along."""
        pyrage = _age()
        recipient = pyrage.x25519.Recipient.from_str(self.recipient)
        wrapped: bytes = pyrage.encrypt(hashlib.sha256(context).digest() + data_key, [recipient])
        return wrapped

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key."""
        pyrage = _age()
        try:
            plain: bytes = pyrage.decrypt(wrapped, [pyrage.x25519.Identity.from_str(self.secret)])
        except pyrage.DecryptError:
            plain = b""
        context_hash, data_key = plain[:_BYTES], plain[_BYTES:]
        if context_hash != hashlib.sha256(context).digest():
            raise ValueError("the data key was encrypted with another key, or is damaged")
        return data_key


def _age() -> Any:
    """The package for age, which most registers do not need."""
    with extra("network"):
        import pyrage  # noqa: PLC0415
    return pyrage
