"""Who speaks: an organisation's certificate and the key that signs for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from kindpakket.fabric import _wire
from kindpakket.fabric.errors import IdentityError

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

# Orders of the groups (FIPS 186-5, SEC 2); cryptography does not publish them.
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}


@runtime_checkable
class Signer(Protocol):
    """Signs for an identity where the key itself is out of reach, such as in a hardware module."""

    def sign(self, message: bytes) -> bytes:
        """Sign the message itself, not a digest of it.

        ECDSA: SHA-256, ASN.1 DER, and s in the lower half of the group's order, or Fabric refuses the
            signature.
        """


class Identity:
    """A member of an organisation: MSP id, certificate, and the key that signs for it."""

    def __init__(
        self, mspid: str, certificate_pem: str | bytes, private_key: PrivateKey | Signer | str | bytes
    ) -> None:
        """Make an identity.

        Args:
            mspid: MSP id of the organisation, such as `GemeenteMSP`.
            certificate_pem: the enrolment certificate, X.509 in PEM.
            private_key: its key: an unencrypted PEM, a key of `cryptography` (ECDSA P-256, P-384, or
                Ed25519), or a `Signer`.

        Raises:
            IdentityError: the certificate or key cannot be read, is of another kind, or they do not belong
                together.
        """
        if not mspid:
            raise IdentityError(
                "the MSP id is empty: give that of the organisation that issued the certificate"
            )
        self.mspid = mspid
        self.certificate = _certificate(certificate_pem)
        self._signer = _signer(private_key, self.certificate)
        self.serialized = _wire.serialized_identity(mspid, self.certificate_pem)

    @classmethod
    def from_msp(cls, folder: str | os.PathLike[str], mspid: str) -> Identity:
        """Read an identity from an MSP folder: the certificate in `signcerts/`, its key in `keystore/`.

        The keystore may hold further keys, as after a renewal: the one that belongs to the certificate is
        taken.

        Raises:
            IdentityError: the folder lacks one of them, or what is there cannot be used.
        """
        root = Path(folder)
        certificates = _files(root / "signcerts")
        if len(certificates) != 1:
            raise IdentityError(
                f"{root / 'signcerts'} holds {len(certificates)} files: it must hold one certificate"
            )
        keys = _files(root / "keystore")
        certificate = certificates[0].read_bytes()
        problem: IdentityError | None = None
        for key in keys:
            try:
                return cls(mspid, certificate, key.read_bytes())
            except IdentityError as error:
                problem = error
        said = f" ({problem})" if problem else ""
        raise IdentityError(
            f"{root / 'keystore'} holds no key of {certificates[0]}: {len(keys)} files tried{said}"
        )

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, message: bytes) -> bytes:
        """Sign a message as Fabric verifies it.

        ECDSA: over SHA-256, low s, ASN.1 DER. Ed25519: over the message itself."""
        return self._signer.sign(message)

    def __repr__(self) -> str:
        return f"Identity({self.mspid!r}, {self.certificate.subject.rfc4514_string()!r})"


def verify(certificate: x509.Certificate, message: bytes, signature: bytes) -> bool:
    """Whether a signature is by a certificate's key, and one that Fabric accepts: low s for ECDSA."""
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            _, s = decode_dss_signature(signature)
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
            return s <= _ORDERS[key.curve.name] // 2
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
            return True
    except (InvalidSignature, ValueError, KeyError):
        return False
    return False


class _EcdsaSigner:
    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._order = _ORDERS[key.curve.name]

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return encode_dss_signature(r, min(s, self._order - s))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise IdentityError(f"there is no folder {folder}: an MSP folder has signcerts/ and keystore/")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _certificate(pem: str | bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)
    except ValueError as error:
        raise IdentityError(f"the certificate cannot be read as X.509 in PEM: {error}") from error


def _signer(key: PrivateKey | Signer | str | bytes, certificate: x509.Certificate) -> Signer:
    loaded = _load(key) if isinstance(key, str | bytes) else key
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        if loaded.curve.name not in _ORDERS:
            raise IdentityError(f"the key is on curve {loaded.curve.name}: Fabric uses P-256 or P-384")
        _must_match(loaded, certificate)
        return _EcdsaSigner(loaded)
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        _must_match(loaded, certificate)
        return loaded
    if isinstance(loaded, Signer) and not hasattr(loaded, "private_bytes"):
        return loaded
    raise IdentityError(
        f"a key of type {type(loaded).__name__} cannot sign: use ECDSA P-256, P-384 or Ed25519"
    )


def _load(pem: str | bytes) -> object:
    try:
        return serialization.load_pem_private_key(
            pem.encode() if isinstance(pem, str) else pem, password=None
        )
    except TypeError as error:
        raise IdentityError("the private key is encrypted: decrypt it first, or give a Signer") from error
    except ValueError as error:
        raise IdentityError(f"the private key cannot be read as PEM: {error}") from error


def _must_match(key: PrivateKey, certificate: x509.Certificate) -> None:
    if key.public_key() != certificate.public_key():
        raise IdentityError(f"the private key does not belong to the certificate of {_subject(certificate)}")


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
