"""Certificates that enrolment would not issue: reissued, expired, not valid yet, forged, of strangers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support import identity_of

from fabric_gateway import Identity, Profile
from kindpakket_network import Network
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home

HOUR = timedelta(hours=1)


def reissued(network: Network, organisation: str, user: str) -> Identity:
    """A certificate that the organisation's CA issues to a user once more, for a new key."""
    record = json.loads((network.user(organisation, user) / "enrolment.json").read_text("utf-8"))
    authority = Inventory.of(network.topology, Home(network.home)).authorities[organisation]
    made = authority.issue(
        IDENTITIES, user, kind=record["kind"], attributes=record["attributes"], hosts=(), profile=None
    )
    return Identity(mspid(network, organisation), made.certificate, made.key)


def dated(network: Network, organisation: str, user: str, start: timedelta, end: timedelta) -> Identity:
    """A user's certificate, as the organisation's CA would have issued it for a period relative to now.

    The period must begin after the CA itself was created, or peers do not accept the CA as its issuer.
    """
    present = identity_of(network, organisation, user).certificate
    authority = Inventory.of(network.topology, Home(network.home)).authorities[organisation]
    issuer = x509.load_pem_x509_certificate(authority.certificate(IDENTITIES).read_bytes())
    return _signed(network, organisation, present, issuer, _key_of(issuer, authority.folder), start, end)


def forged(network: Network, organisation: str, user: str) -> Identity:
    """A user's certificate, as a stranger forges it: everything but the CA's key is copied."""
    present = identity_of(network, organisation, user).certificate
    authority = Inventory.of(network.topology, Home(network.home)).authorities[organisation]
    issuer = x509.load_pem_x509_certificate(authority.certificate(IDENTITIES).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    return _signed(network, organisation, present, issuer, key, timedelta(0), HOUR)


def stranger() -> Identity:
    """A member of an organisation that no channel knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clerk")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + HOUR)
        .sign(key, hashes.SHA256())
    )
    return Identity("StrangerMSP", certificate.public_bytes(serialization.Encoding.PEM), key)


def mspid(network: Network, organisation: str) -> str:
    """The MSP id of an organisation."""
    return Profile.load(network.profile(organisation)).mspid


def _signed(
    network: Network,
    organisation: str,
    present: x509.Certificate,
    issuer: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    start: timedelta,
    end: timedelta,
) -> Identity:
    own, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(present.subject)
        .issuer_name(issuer.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
    )
    for extension in present.extensions:
        if extension.oid == x509.SubjectKeyIdentifier.oid:
            identifier = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
            builder = builder.add_extension(identifier, critical=False)
        else:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return Identity(mspid(network, organisation), pem, own)


def _key_of(issuer: x509.Certificate, folder: Path) -> ec.EllipticCurvePrivateKey:
    for path in sorted((folder / IDENTITIES / "msp" / "keystore").glob("*_sk")):
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == issuer.public_key():
            return key
    raise AssertionError(f"{folder} does not hold its authority's key")
