"""A page of a booklet in the form that people type where a QR code cannot be scanned.

It has the page's number and secret, and leaves out the Merkle path, which alone would be 250 symbols. Whoever
reads it needs the public keys of the booklet's pages as well; they are not secret.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kindpakket.holder import typeable

SEED_BYTES = 32
"""Length of a page's seed, the private key of Ed25519 (RFC 8032, section 5.1.5)."""
SECRET_BYTES = 16
"""Length of the secret that a seed is derived from: 128 bits, as strong as the key, in half the symbols."""
_DERIVATION = b"kindpakket/page-seed/1"


def seed_of(secret: bytes) -> bytes:
    """The seed that belongs to a page's secret: its hash, or the secret itself if it is as long as a seed."""
    if len(secret) == SEED_BYTES:
        return secret
    return hashlib.sha256(len(_DERIVATION).to_bytes(4) + _DERIVATION + secret).digest()


def public_key_of(seed: bytes) -> bytes:
    """The public key of a page, 32 bytes, from its seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class TypedPage:
    """What is typed of a page.

    Attributes:
        number: the page's number.
        secret: 16 bytes, or 32 of a booklet that was made from seeds.
    """

    number: int
    secret: bytes = field(repr=False)

    @property
    def seed(self) -> bytes:
        """The seed of the page's key."""
        return seed_of(self.secret)

    @property
    def public_key(self) -> bytes:
        """The page's public key, 32 bytes; it is not secret."""
        return public_key_of(self.seed)

    def as_text(self) -> str:
        """The code: 7 groups of 5 symbols, or 14 of a booklet that was made from seeds."""
        return typeable.encode(typeable.Kind.PAGE, bytes([self.number]) + self.secret)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the code.

        Raises:
            ValueError: it is not the code of a page. The message says which group is wrong, and does not
                repeat the code: it can pay.
        """
        data = typeable.decode(typeable.Kind.PAGE, text, (1 + SECRET_BYTES, 1 + SEED_BYTES))
        return cls(data[0], data[1:])
