"""An identity: an organisation's certificate and the key that signs for it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from fabric_gateway import _arguments as check
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._hashes import Hash
from fabric_gateway.identity._pem import Password, read_certificate, read_file, read_key
from fabric_gateway.identity._signatures import (
    ORDERS,
    EcdsaKey,
    PublicKey,
    is_low_s,
    low_s,
    verified,
)
from fabric_gateway.identity._wallet import read_wallet

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@runtime_checkable
class Signer(Protocol):
    """Signs for an identity where the key itself is out of reach, such as in a hardware module."""

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest that the identity made with its hash function; for `Hash.NONE` the message itself.

        ECDSA: ASN.1 DER; s may be high or low. Called from several threads at once, if the gateway is.
        """


class Identity:
    """A member of an organisation: MSP id, certificate, and the key that signs for it, if it is here.

    Attributes:
        mspid: MSP id of the organisation.
        certificate: the enrolment certificate.
        hash: the function that makes the digest of what is signed.
        serialized: the identity as Fabric's messages name their creator.
    """

    def __init__(
        self,
        mspid: str,
        certificate_pem: str | bytes,
        private_key: PrivateKey | Signer | str | bytes | None = None,
        *,
        hash: Hash | None = None,
        password: Password = None,
    ) -> None:
        """Make an identity from what files hold; `from_files`, `from_msp` and `from_wallet` read files.

        Args:
            mspid: MSP id of the organisation, such as `Org1MSP`.
            certificate_pem: the enrolment certificate, X.509 in PEM.
            private_key: its key: PEM, a key of `cryptography` (ECDSA P-256, P-384, or
                Ed25519), or a `Signer`. None: the key is elsewhere, and every message has to be signed there
                (see `Gateway.signed_proposal` and its counterparts).
            hash: what makes the digest that is signed; default: SHA-256 for ECDSA, as peers expect it on
                either curve, and none for Ed25519. `Hash.NONE` with a `Signer` of ECDSA passes it whole
                messages, which it hashes itself.
            password: what the PEM of the key is encrypted with.

        Raises:
            IdentityError: the certificate, key or hash function cannot be used, or they do not belong
                together.
        """
        self.mspid = _mspid(mspid)
        self.certificate = read_certificate(certificate_pem)
        self._public_key = _public_key(self.certificate)
        self._signer = None if private_key is None else _signer(private_key, self.certificate, password)
        self._trusted = isinstance(self._signer, EcdsaKey | ed25519.Ed25519PrivateKey)
        self.hash = _hash(hash, self._public_key, self._signer)
        self.serialized = wire.serialized_identity(mspid, self.certificate_pem)

    @classmethod
    def from_files(
        cls,
        mspid: str,
        certificate: str | os.PathLike[str],
        private_key: str | os.PathLike[str] | Signer | None = None,
        *,
        password: Password = None,
        hash: Hash | None = None,
    ) -> Identity:
        """Read an identity from a file with the certificate and one with its key, both PEM.

        Args:
            mspid: MSP id of the organisation.
            certificate: path of the certificate.
            private_key: path of its key, or a `Signer`, or None as for `Identity`.
            password: what the key is encrypted with.
            hash: as for `Identity`.

        Raises:
            IdentityError: a file cannot be read, or cannot be used.
        """
        pem = read_file(certificate, "the certificate")
        key: Signer | bytes | None
        if isinstance(private_key, str | os.PathLike):
            key = read_file(private_key, "the private key")
        else:
            key = private_key
        return cls(mspid, pem, key, hash=hash, password=password)

    @classmethod
    def from_wallet(
        cls,
        folder: str | os.PathLike[str],
        label: str,
        *,
        signer: Signer | None = None,
        hash: Hash | None = None,
    ) -> Identity:
        """Read an identity from the file system wallet of another SDK: of Node, Java or Go.

        Args:
            folder: the wallet.
            label: the identity's label, under which the other SDK put it.
            signer: signs in place of the wallet's key; needed for one of type HSM-X.509, whose key is in a
                hardware module.
            hash: as for `Identity`.

        Raises:
            IdentityError: there is no such identity, or it cannot be used; the message lists the labels.
        """
        entry = read_wallet(folder, label)
        if entry.key is None and signer is None:
            raise IdentityError(
                f"the key of {label!r} in {os.fspath(folder)} is in a hardware module: give a "
                "signer, such as Pkcs11Signer"
            )
        return cls(entry.mspid, entry.certificate, signer or entry.key, hash=hash)

    @classmethod
    def from_msp(
        cls,
        folder: str | os.PathLike[str],
        mspid: str,
        *,
        signer: Signer | None = None,
        password: Password = None,
    ) -> Identity:
        """Read an identity from an MSP folder: the certificate in `signcerts/`, its key in `keystore/`.

        The keystore may hold further keys, as after a renewal: the one that belongs to the certificate is
        used.

        Args:
            folder: the folder.
            mspid: MSP id of the organisation.
            signer: signs in place of a key in the keystore, which then is not read.
            password: what the keys are encrypted with.

        Raises:
            IdentityError: the folder lacks one of them, or what is there cannot be used.
        """
        root = Path(folder)
        certificates = _files(root / "signcerts")
        if len(certificates) != 1:
            raise IdentityError(
                f"{root / 'signcerts'} holds {len(certificates)} files: it must hold one certificate"
            )
        certificate = read_file(certificates[0], "the certificate")
        if signer is not None:
            return cls(mspid, certificate, signer)
        keys = _files(root / "keystore")
        problem: IdentityError | None = None
        for key in keys:
            try:
                return cls(mspid, certificate, read_file(key, "the private key"), password=password)
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

    @property
    def expires(self) -> datetime:
        """When the certificate expires, UTC. Renew it before: an expired one cannot renew itself."""
        return self.certificate.not_valid_after_utc

    @property
    def expired(self) -> bool:
        """The certificate is not valid any more, by this machine's clock."""
        return self.expires <= datetime.now(UTC)

    @property
    def can_sign(self) -> bool:
        """The key is here."""
        return self._signer is not None

    def digest(self, message: bytes) -> bytes:
        """What the key signs of a message."""
        return self.hash.digest(message)

    def sign(self, message: bytes) -> bytes:
        """Sign a message as Fabric verifies it.

        ECDSA: over the digest, low s, ASN.1 DER. Ed25519: over the message itself.

        Raises:
            IdentityError: the key is not here; or a `Signer` returned a signature by another key.
        """
        if self._signer is None:
            raise IdentityError(
                f"the key of {_subject(self.certificate)} is not here: sign `bytes` or `digest` where it is, "
                "and pass `message` and the signature to Gateway.signed_proposal or its counterpart"
            )
        signature = self._signer.sign(self.digest(message))
        return signature if self._trusted else self.checked(message, signature)

    def checked(self, message: bytes, signature: bytes) -> bytes:
        """A signature that was made elsewhere, in the form that Fabric accepts: with a low s.

        Raises:
            IdentityError: it is not a signature of this message by this identity's key.
        """
        key = self._public_key
        if not verified(key, message, signature, self.hash):
            signed = "the message" if self.hash is Hash.NONE else f"the message's {self.hash.name} digest"
            raise IdentityError(
                f"the signature over {signed} was not made by the key of {_subject(self.certificate)}: "
                "sign this message's `bytes` or `digest` with this identity's key"
            )
        return signature if isinstance(key, ed25519.Ed25519PublicKey) else low_s(signature, key.curve)

    def __repr__(self) -> str:
        return f"Identity({self.mspid!r}, {self.certificate.subject.rfc4514_string()!r})"


def verify(certificate: x509.Certificate, message: bytes, signature: bytes, hash: Hash = Hash.SHA256) -> bool:
    """Whether a signature is by a certificate's key, and one that Fabric accepts: low s for ECDSA.

    `hash` is that of ECDSA signatures.
    """
    key = certificate.public_key()
    return isinstance(key, PublicKey) and verified(key, message, signature, hash) and is_low_s(key, signature)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise IdentityError(f"there is no folder {folder}: an MSP folder has signcerts/ and keystore/")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _mspid(value: object) -> str:
    if not isinstance(value, str):
        raise IdentityError(f"the MSP id is {check.shown(value)}: give text, such as 'Org1MSP'")
    if "-----BEGIN" in value:
        raise IdentityError("the MSP id is PEM: pass the MSP id first, then the certificate, then the key")
    if not value.strip():
        raise IdentityError("the MSP id is empty: give that of the organisation that issued the certificate")
    if value != value.strip():
        raise IdentityError(f"the MSP id is {value!r}: leave out the spaces around it")
    return value


def _public_key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in ORDERS
    ):
        return key
    raise IdentityError(
        f"the key in the certificate of {_subject(certificate)} is not one that Fabric uses: use ECDSA "
        "P-256, P-384 or Ed25519"
    )


def _signer(
    key: PrivateKey | Signer | str | bytes, certificate: x509.Certificate, password: Password
) -> Signer:
    loaded: object = key
    if isinstance(key, str | bytes | bytearray | os.PathLike):
        loaded = read_key(key, password)
    elif password is not None:
        raise IdentityError("a password goes with a key in PEM: leave it out")
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        if loaded.curve.name not in ORDERS:
            raise IdentityError(f"the key is on curve {loaded.curve.name}: Fabric uses P-256 or P-384")
        _must_match(loaded, certificate)
        return EcdsaKey(loaded)
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        _must_match(loaded, certificate)
        return loaded
    if isinstance(loaded, Signer) and not hasattr(loaded, "private_bytes"):
        return loaded
    raise IdentityError(
        f"a key of type {type(loaded).__name__} cannot sign: use ECDSA P-256, P-384 or Ed25519"
    )


def _hash(chosen: Hash | None, key: PublicKey, signer: Signer | None) -> Hash:
    if isinstance(key, ed25519.Ed25519PublicKey):
        if chosen is not None and chosen is not Hash.NONE:
            raise IdentityError(
                f"Ed25519 signs the message itself, not a digest by {chosen.name}: leave out the hash"
            )
        return Hash.NONE
    if chosen is Hash.NONE and isinstance(signer, EcdsaKey):
        raise IdentityError("an ECDSA key signs a digest: give a hash function other than NONE")
    return chosen or Hash.SHA256


def _must_match(key: PrivateKey, certificate: x509.Certificate) -> None:
    if key.public_key() != certificate.public_key():
        raise IdentityError(f"the private key does not belong to the certificate of {_subject(certificate)}")


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
