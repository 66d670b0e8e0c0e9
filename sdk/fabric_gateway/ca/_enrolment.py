"""An issued certificate with its key, and the MSP folder that keeps both."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.x509.oid import NameOID

from fabric_gateway._storage.files import replace
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._hashes import Hash
from fabric_gateway.identity._identity import Identity, PrivateKey, Signer
from fabric_gateway.identity._keys import key_pem, load_key
from fabric_gateway.identity._pem import Password

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


@dataclass(frozen=True)
class Enrolment:
    """An issued certificate with its key.

    Attributes:
        certificate: the certificate, PEM.
        key: the private key, PKCS#8 PEM, unencrypted; b"" if it is out of reach, as in a hardware module. Not
            shown by `repr`.
        chain: the authority's own certificates, PEM, root included; b"" if they are not known.
        signer: what signs instead of `key` where the key is out of reach; else None.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    chain: bytes = field(default=b"", repr=False)
    signer: PrivateKey | Signer | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The enrolment name: the common name in the certificate."""
        subject = self.decoded.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(subject[0].value) if subject else ""

    @property
    def expires(self) -> datetime:
        """When the certificate expires, UTC. Renew it before: an expired one cannot renew itself."""
        return self.decoded.not_valid_after_utc

    @property
    def decoded(self) -> x509.Certificate:
        """The certificate, decoded."""
        try:
            return x509.load_pem_x509_certificate(self.certificate)
        except ValueError as error:
            raise IdentityError(f"the certificate cannot be read as X.509 in PEM: {error}") from error

    def identity(self, mspid: str, *, hash: Hash | None = None) -> Identity:
        """The identity of this certificate, for `connect`. Arguments and errors as of `Identity`."""
        return Identity(mspid, self.certificate, self.key or self.signer, hash=hash)

    def save(self, folder: str | os.PathLike[str], *, password: Password = None) -> Path:
        """Write it as an MSP folder, which `Identity.from_msp` and Fabric's own programs read.

        The folder may hold an earlier certificate, which is replaced; its key stays there beside the new one.
        If the process dies at any point, the folder holds a certificate with its key, the old or the new.
        Only the owner can read the folders and the files with keys. A key that is in a hardware module stays
        there.

        Args:
            folder: the folder.
            password: encrypt the key with it; Fabric's own programs read unencrypted keys only.

        Returns:
            The folder.

        Raises:
            IdentityError: `signcerts/` holds several files, or the key does not belong to the certificate.
            OSError: the folder cannot be written.
        """
        root = Path(folder)
        self.identity("MSP")  # raises unless the key belongs to the certificate
        kept = key_pem(load_key(self.key), password) if self.key and password else self.key
        for part in ("signcerts", "keystore", "cacerts", "intermediatecerts"):
            (root / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        present = _files(root / "signcerts")
        if len(present) > 1:
            raise IdentityError(f"{root / 'signcerts'} holds {len(present)} files: it must hold one")
        roots, others = _by_kind(_CERTIFICATE.findall(self.chain))
        _write_all(root / "cacerts", roots, "ca")
        _write_all(root / "intermediatecerts", others, "intermediate")
        public_key = x509.SubjectKeyIdentifier.from_public_key(self.decoded.public_key())
        if kept:
            replace(root / "keystore" / f"{public_key.digest.hex()}_sk", kept, 0o600)
        replace(present[0] if present else root / "signcerts" / "cert.pem", self.certificate, 0o644)
        return root

    @classmethod
    def from_msp(
        cls, folder: str | os.PathLike[str], *, signer: Signer | None = None, password: Password = None
    ) -> Self:
        """Read one from an MSP folder, to renew it.

        Args:
            folder: the folder.
            signer: signs in place of a key in the keystore, such as a `Pkcs11Signer`.
            password: what the keys are encrypted with.

        Raises:
            IdentityError: the folder lacks the certificate or its key.
        """
        root = Path(folder)
        identity = Identity.from_msp(root, "MSP", signer=signer, password=password)
        certificate = identity.certificate_pem
        chain = b"".join(file.read_bytes() for part in _CHAIN for file in _files(root / part))
        if signer is not None:
            return cls(certificate, b"", chain, signer)
        for file in _files(root / "keystore"):
            try:
                key = load_key(file.read_bytes(), password)
            except IdentityError:
                continue
            if key.public_key() == identity.certificate.public_key():
                return cls(certificate, key_pem(key) if password else file.read_bytes(), chain)
        raise IdentityError(f"{root / 'keystore'} holds no key of the certificate in {root / 'signcerts'}")


_CHAIN = ("intermediatecerts", "cacerts")


def _by_kind(certificates: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The roots, which are self-signed, and the others."""
    roots: list[bytes] = []
    others: list[bytes] = []
    for pem in certificates:
        read = x509.load_pem_x509_certificate(pem)
        (roots if read.subject == read.issuer else others).append(pem)
    return roots, others


def _write_all(folder: Path, certificates: Sequence[bytes], name: str) -> None:
    present = {file.read_bytes() for file in _files(folder)}
    for number, pem in enumerate(pem for pem in certificates if pem not in present):
        replace(folder / f"{name}-{len(present) + number}.pem", pem, 0o644)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
