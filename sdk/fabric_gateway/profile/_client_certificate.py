"""The certificate that a client shows for itself in mutual TLS, apart from the identity that signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fabric_gateway.errors import ProfileError


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A TLS certificate of the client, and its key.

    Attributes:
        chain: the certificate, PEM, and after it those of its issuers if the peer does not know them.
        key: its private key, unencrypted PEM. Not shown by `repr`.
    """

    chain: bytes
    key: bytes

    def __post_init__(self) -> None:
        """Raise `ProfileError` if one cannot be read, or if they do not belong together."""
        certificate = self._certificate
        try:
            key = serialization.load_pem_private_key(self.key, password=None)
        except (TypeError, ValueError) as error:
            raise ProfileError(
                "the key of the client's TLS certificate cannot be read: give PEM, and the password "
                f"(client_key_password) if it is encrypted ({error})"
            ) from error
        if key.public_key() != certificate.public_key():
            raise ProfileError(
                "the key of the client's TLS certificate does not belong to the certificate of "
                f"{certificate.subject.rfc4514_string()}: give the two that were issued together"
            )

    @property
    def hash(self) -> bytes:
        """SHA-256 of the certificate's DER, which requests for blocks and of discovery must repeat."""
        return hashlib.sha256(self._certificate.public_bytes(serialization.Encoding.DER)).digest()

    @property
    def _certificate(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.chain)
        except ValueError as error:
            raise ProfileError(
                f"the client's TLS certificate cannot be read as X.509 in PEM: {error}"
            ) from error

    def __repr__(self) -> str:
        return f"ClientCertificate({self._certificate.subject.rfc4514_string()!r})"


def pair(
    chain: bytes | None, key: bytes | None, password: str | bytes | None = None
) -> ClientCertificate | None:
    """A certificate and key, or None without both; `password` is what the key is encrypted with.

    Raises:
        ProfileError: one is missing, or they cannot be used.
    """
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise ProfileError(
            f"mutual TLS needs the client's certificate and its key: the {'key' if chain else 'certificate'} "
            "is missing"
        )
    return ClientCertificate(chain, key if password is None else _decrypted(key, password))


def _decrypted(key: bytes, password: str | bytes) -> bytes:
    """A key without its password: gRPC takes no other. It stays in memory."""
    try:
        secret = password.encode() if isinstance(password, str) else password
        read = serialization.load_pem_private_key(key, secret)
    except (TypeError, ValueError) as error:
        raise ProfileError(
            f"the key of the client's TLS certificate cannot be decrypted: is the password right? ({error})"
        ) from error
    return read.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
