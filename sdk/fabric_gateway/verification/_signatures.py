"""Signatures as Fabric's peers accept them, to the letter: a pure function of key, digest and signature.

Source: `bccsp/sw/ecdsa.go` and `bccsp/utils/ecdsa.go` of fabric-lib-go 1.1.3; `msp/identities.go` of Fabric
3.1. Where Go's parser of ASN.1 is more lenient than OpenSSL's, Go decides: bytes after the two integers are
ignored.
"""

from __future__ import annotations

import hashlib
from typing import Protocol, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from fabric_gateway._wire.der import INTEGER, SEQUENCE, integer, split
from fabric_gateway.identity._signatures import ORDERS

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# Orders of the groups of the two other curves that Fabric knows (FIPS 186-5).
_HALF_ORDERS = {
    name: order // 2
    for name, order in {
        **ORDERS,
        "secp224r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
        "secp521r1": int(
            "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA"
            "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409",
            16,
        ),
    }.items()
}
_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()))  # SHA3-256 has the same length, which is all that counts


class Verdicts(Protocol):
    """Verifies signatures, or knows already whether they are right."""

    def verified(self, key: PublicKey, certificate: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether a signature is right.

        Args:
            key: the signer's public key.
            certificate: SHA-256 of the certificate that holds it, DER.
            digest: for ECDSA the message's digest of 32 bytes; for Ed25519 the message.
            signature: the signature.
        """


class AtOnce:
    """Verifies each signature when it is asked for."""

    def verified(self, key: PublicKey, certificate: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether a signature is right; see `Verdicts`."""
        return signature_holds(key, digest, signature)


def signature_holds(key: PublicKey, digest: bytes, signature: bytes) -> bool:
    """Whether a peer accepts a signature: right, and for ECDSA with s in the lower half."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, digest)
            return True
        r, s = _integers(signature)
        if r <= 0 or not 0 < s <= _HALF_ORDERS[key.curve.name]:
            return False
        key.verify(encode_dss_signature(r, s), digest, _DIGEST)
    except (InvalidSignature, ValueError):
        return False
    return True


def message_digest(key: PublicKey, message: bytes, sha3: bool = False) -> bytes:
    """What a key signs of a message: its digest for ECDSA, the message itself for Ed25519."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return message
    return (hashlib.sha3_256 if sha3 else hashlib.sha256)(message).digest()


def public_key(certificate: x509.Certificate) -> PublicKey | None:
    """The key of a certificate; None if it is of a kind that Fabric never verifies."""
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _HALF_ORDERS:
        return key
    return None


def canonical(signature: bytes, curve: str) -> bytes:
    """An ECDSA signature with s in the lower half, in DER; `ValueError` if it is not one."""
    r, s = _integers(signature)
    half = _HALF_ORDERS[curve]
    return encode_dss_signature(r, s if s <= half else _order(curve) - s)


def _order(curve: str) -> int:
    return 2 * _HALF_ORDERS[curve] + 1  # the orders are primes, so odd


def _integers(signature: bytes) -> tuple[int, int]:
    try:
        return decode_dss_signature(signature)
    except ValueError:
        content, _ = split(signature, SEQUENCE)
        r, rest = split(content, INTEGER)
        s, _ = split(rest, INTEGER)
        return integer(r), integer(s)
