"""Signatures as Fabric accepts them: ECDSA over a digest, DER with s in the lower half; or Ed25519."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from fabric_gateway.identity._hashes import Hash

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# Orders of the groups (FIPS 186-5, SEC 2); cryptography does not publish them.
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}
_IN_FABRIC = (Hash.SHA256, Hash.SHA3_256)
_BY_LENGTH = {32: ec.ECDSA(Prehashed(hashes.SHA256())), 48: ec.ECDSA(Prehashed(hashes.SHA384()))}
"""The signature algorithm over a digest, by the digest's bytes."""


class EcdsaKey:
    """An ECDSA key that signs digests."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._curve = key.curve

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest; low s, DER."""
        return low_s(self._key.sign(digest, _BY_LENGTH[len(digest)]), self._curve)


def low_s(signature: bytes, curve: ec.EllipticCurve) -> bytes:
    """The one of two equivalent ECDSA signatures that Fabric takes; `ValueError` if it is not a signature."""
    r, s = decode_dss_signature(signature)
    other = ORDERS[curve.name] - s
    return signature if s <= other else encode_dss_signature(r, other)


def verified(key: PublicKey, message: bytes, signature: bytes, hash: Hash) -> bool:
    """Whether a signature of a message is a key's; s may be high.

    `Hash.NONE` with ECDSA stands for the hash functions that Fabric knows: who signs did the hashing.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _verifies_ed25519(key, message, signature)
    tried = _IN_FABRIC if hash is Hash.NONE else (hash,)
    return any(_verifies_ecdsa(key, candidate.digest(message), signature) for candidate in tried)


def _verifies_ed25519(key: ed25519.Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _verifies_ecdsa(key: ec.EllipticCurvePublicKey, digest: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, digest, _BY_LENGTH[len(digest)])
    except (InvalidSignature, ValueError):
        return False
    return True


def is_low_s(key: PublicKey, signature: bytes) -> bool:
    """Whether Fabric accepts this form of a signature; `ValueError` if it is not a signature."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return True
    _, s = decode_dss_signature(signature)
    return s <= ORDERS[key.curve.name] // 2
