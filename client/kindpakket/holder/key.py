"""The key on a holder's device. Everything here works offline."""

from __future__ import annotations

import base64
from typing import Literal, Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kindpakket.holder.credential import Credential
from kindpakket.holder.orders import AnyOrder
from kindpakket.ledger.records import Authorisation, Proof

Algorithm = Literal["ed25519", "p256"]
_PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class HolderKey(Credential):
    """A signing key that stays with the holder; the voucher is bound to its public key."""

    def __init__(self, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        """Use a key of `cryptography`.

        Raises:
            ValueError: the key is on an elliptic curve other than P-256.
        """
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name != "secp256r1":
            raise ValueError(f"the key is on curve {key.curve.name}: a holder's key must be Ed25519 or P-256")
        self._key: _PrivateKey = key

    @classmethod
    def generate(cls, algorithm: Algorithm = "ed25519") -> Self:
        """Make a new random key."""
        if algorithm == "p256":
            return cls(ec.generate_private_key(ec.SECP256R1()))
        return cls(ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """Read a key that `to_pem` wrote.

        Raises:
            ValueError: the PEM does not hold an Ed25519 or P-256 key, or the password is wrong.
        """
        try:
            key = serialization.load_pem_private_key(pem, password)
        except (TypeError, ValueError) as error:
            # Once in some hundred times, what a wrong password decrypts has the padding of a key.
            raise ValueError(
                "the key cannot be read: the password is wrong or missing, or the PEM is damaged"
            ) from error
        if not isinstance(key, _PrivateKey):
            raise ValueError(f"the PEM holds a {type(key).__name__}: a holder's key must be Ed25519 or P-256")
        return cls(key)

    def to_pem(self, password: bytes) -> bytes:
        """The private key in PEM (PKCS #8), encrypted with a password."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password),
        )

    @property
    def algorithm(self) -> Algorithm:
        """`ed25519` or `p256`."""
        return "ed25519" if isinstance(self._key, ed25519.Ed25519PrivateKey) else "p256"

    def authorisation(self) -> Authorisation:
        """The public document that binds a voucher to this key."""
        return {
            "kind": "key",
            "algorithm": self.algorithm,
            "public_key": base64.b64encode(self._public_bytes()).decode(),
        }

    def authorise(self, order: AnyOrder) -> Proof:
        """Authorise exactly this payment, hold, release of a hold, or look at the voucher."""
        return self.prove(order.message(), order.version)

    def sign(self, message: bytes) -> bytes:
        """Sign a message: with Ed25519, or with ECDSA over SHA-256 in ASN.1 DER."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))

    def prove(self, message: bytes, version: int) -> Proof:
        """The proof over any message, for a version of the voucher's authorisation."""
        return {
            "kind": "key",
            "version": version,
            "signature": base64.b64encode(self.sign(message)).decode(),
        }

    def _public_bytes(self) -> bytes:
        public = self._key.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return public.public_bytes_raw()
        return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
