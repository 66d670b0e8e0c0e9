"""The hash functions that make the digest of a message, which a key then signs."""

from __future__ import annotations

import hashlib
from enum import Enum


class Hash(Enum):
    """How the digest of a message is made.

    A peer accepts ECDSA signatures over SHA-256, whatever the curve, or over SHA3-256 where its MSP is
    configured for SHA3 (`msp/identities.go` of Fabric 3.1); Ed25519 signs the message itself. The others are
    those of Fabric's SDKs for Go, Node and Java.
    """

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA3_256 = "sha3_256"
    SHA3_384 = "sha3_384"
    NONE = "none"
    """The message itself takes the place of its digest."""

    def digest(self, message: bytes) -> bytes:
        """The digest of a message: 32 or 48 bytes, or for `NONE` the message."""
        make = _FUNCTIONS.get(self)
        return message if make is None else make(message).digest()


# Not `hashlib.new`, which looks the function up by its name each time.
_FUNCTIONS = {
    Hash.SHA256: hashlib.sha256,
    Hash.SHA384: hashlib.sha384,
    Hash.SHA3_256: hashlib.sha3_256,
    Hash.SHA3_384: hashlib.sha3_384,
}
