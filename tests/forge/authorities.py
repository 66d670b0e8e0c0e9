"""An organisation's certificate authority, and the certificates that it issues, as Fabric CA issues them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from fabric_gateway.identity import KeyAlgorithm, make_key

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the ledger's transactions say that they are made, unless they say otherwise."""

_ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
_PEM = serialization.Encoding.PEM
_ROLES = ("client", "peer", "admin", "orderer")


@dataclass(frozen=True)
class Validity:
    """From when until when a certificate is valid."""

    start: datetime = NOON - timedelta(days=365)
    end: datetime = NOON + timedelta(days=3650)


_ALWAYS = Validity(NOON - timedelta(days=3650), NOON + timedelta(days=36500))


class Authority:
    """An organisation's authority; a root, or one below another."""

    def __init__(self, mspid: str, above: Authority | None = None) -> None:
        self.mspid = mspid
        self.above = above
        self.key = make_key()
        name = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, f"ca.{mspid}" + (".inner" if above else ""))]
        )
        self._name = name
        issuer = above or self
        certificate = (
            x509.CertificateBuilder(subject_name=name, issuer_name=issuer._name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_ALWAYS.start)
            .not_valid_after(_ALWAYS.end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        self.certificate = certificate.sign(issuer.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(_PEM)

    def member(
        self,
        name: str,
        *units: str,
        attributes: Mapping[str, str] | None = None,
        validity: Validity = Validity(),
        algorithm: KeyAlgorithm = "P-256",
        mspid: str = "",
    ) -> Identity:
        """A member's certificate and key.

        Args:
            name: common name.
            units: organisational units; one of client, peer, admin and orderer makes a member.
            attributes: attributes as Fabric CA writes them.
            validity: from when until when.
            algorithm: kind of the key.
            mspid: as whose member it presents itself; default: this organisation's.
        """
        key = make_key(algorithm)
        names = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        builder = (
            x509.CertificateBuilder(
                subject_name=x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, name)]),
                issuer_name=self._name,
            )
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(validity.start)
            .not_valid_after(validity.end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
            )
        )
        if attributes:
            content = json.dumps({"attrs": dict(attributes)}).encode()
            builder = builder.add_extension(x509.UnrecognizedExtension(_ATTRIBUTES, content), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return Identity(mspid or self.mspid, certificate.public_bytes(_PEM), key)

    def revocation_list(self, revoked: Iterable[Identity], signer: Authority | None = None) -> bytes:
        """A list of revoked certificates, PEM; `signer` makes one that this authority did not sign."""
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder(issuer_name=self._name)
            .last_update(NOON)
            .next_update(NOON + timedelta(days=3650))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
            )
        )
        for identity in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(NOON).build())
        key = (signer or self).key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return builder.sign(key, hashes.SHA256()).public_bytes(_PEM)

    def msp(
        self,
        *,
        node_ous: bool = True,
        revocation_lists: Iterable[bytes] = (),
        admins: Iterable[Identity] = (),
        intermediates: Iterable[Authority] = (),
    ) -> Any:
        """The organisation's definition, an `msp.MSPConfig` message."""
        config = m.msp_config.FabricMSPConfig(
            name=self.mspid,
            root_certs=[self.pem],
            intermediate_certs=[authority.pem for authority in intermediates],
            admins=[admin.certificate_pem for admin in admins],
            revocation_list=list(revocation_lists),
            crypto_config=m.msp_config.FabricCryptoConfig(
                signature_hash_family="SHA2", identity_identifier_hash_function="SHA256"
            ),
        )
        if node_ous:
            config.fabric_node_ous.enable = True
            for role in _ROLES:
                getattr(config.fabric_node_ous, f"{role}_ou_identifier").organizational_unit_identifier = role
        return m.msp_config.MSPConfig(type=0, config=config.SerializeToString())


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
