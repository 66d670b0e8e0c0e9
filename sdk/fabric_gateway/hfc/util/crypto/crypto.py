"""Keys and signatures as `hfc.util.crypto.crypto` makes them, without its encryption."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

CURVE_P_256_Size = 256
CURVE_P_384_Size = 384
SHA2 = "SHA2"
SHA3 = "SHA3"
DEFAULT_NONCE_SIZE = 24
"""Bytes of a transaction's nonce."""

# Orders of the groups (FIPS 186-5); cryptography 44 does not publish them.
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}
_CURVES: dict[int, ec.EllipticCurve] = {CURVE_P_256_Size: ec.SECP256R1(), CURVE_P_384_Size: ec.SECP384R1()}
_HASHES: dict[tuple[str, int], hashes.SHA256 | hashes.SHA384 | hashes.SHA3_256 | hashes.SHA3_384] = {
    (SHA2, CURVE_P_256_Size): hashes.SHA256(),
    (SHA2, CURVE_P_384_Size): hashes.SHA384(),
    (SHA3, CURVE_P_256_Size): hashes.SHA3_256(),
    (SHA3, CURVE_P_384_Size): hashes.SHA3_384(),
}


class Ecies:
    """A crypto suite: one curve and one hash.

    Args:
        security_level: size of the curve in bits, 256 or 384.
        hash_algorithm: `SHA2` or `SHA3`.

    Raises:
        ValueError: another curve or hash.
    """

    def __init__(self, security_level: int = CURVE_P_256_Size, hash_algorithm: str = SHA2) -> None:
        if (hash_algorithm, security_level) not in _HASHES:
            raise ValueError(
                f"there is no suite {hash_algorithm!r} with {security_level} bits: use SHA2 or SHA3, and "
                f"{CURVE_P_256_Size} or {CURVE_P_384_Size}"
            )
        self._curve = _CURVES[security_level]
        self._hash = _HASHES[hash_algorithm, security_level]

    @property
    def hash(self) -> Callable[[bytes], Any]:
        """The suite's hash, as `hashlib` has it."""
        return getattr(hashlib, self._hash.name.replace("-", "_"))  # type: ignore[no-any-return]

    def generate_private_key(self) -> ec.EllipticCurvePrivateKey:
        """Make a key."""
        return ec.generate_private_key(self._curve)

    def generate_csr(
        self,
        private_key: ec.EllipticCurvePrivateKey,
        subject_name: x509.Name,
        extensions: x509.Extension[x509.ExtensionType] | None = None,
    ) -> x509.CertificateSigningRequest:
        """Make a certificate signing request."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject_name)
        if extensions is not None:
            builder = builder.add_extension(extensions.value, extensions.critical)
        return builder.sign(private_key, self._hash)

    def sign(self, private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
        """Sign a message: ASN.1 DER, with s in the lower half of the group's order, as Fabric wants it."""
        r, s = decode_dss_signature(private_key.sign(message, ec.ECDSA(self._hash)))
        order = _ORDERS[private_key.curve.name]
        return encode_dss_signature(r, min(s, order - s))

    def verify(self, public_key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
        """Whether a signature with a low s is right."""
        _, s = decode_dss_signature(signature)
        if s > _ORDERS[public_key.curve.name] // 2:
            return False
        try:
            public_key.verify(signature, message, ec.ECDSA(self._hash))
        except InvalidSignature:
            return False
        return True

    @staticmethod
    def generate_nonce(size: int) -> bytes:
        """So many random bytes."""
        return generate_nonce(size)


def generate_nonce(size: int) -> bytes:
    """So many random bytes."""
    return os.urandom(size)


def ecies(security_level: int = CURVE_P_256_Size, hash_algorithm: str = SHA2) -> Ecies:
    """Make a crypto suite."""
    return Ecies(security_level, hash_algorithm)
