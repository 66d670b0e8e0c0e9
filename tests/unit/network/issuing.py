"""A certificate authority that is no server, and a home that it filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from fabric_gateway.ca import Enrolment
from fabric_gateway.identity import KeyHolder
from kindpakket_network import Topology
from kindpakket_network.certificates.enrolment import ensure, write_organisation
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.authority_tls import SERVICE
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes


class Issuer(Authority):
    """Issues certificates that live for so many days."""

    days = 1000

    def issue(
        self,
        authority: str,
        name: str,
        *,
        kind: str,
        attributes: Mapping[str, str],
        hosts: Sequence[str],
        profile: str | None,
        key: bytes | KeyHolder | None = None,
    ) -> Enrolment:
        """A certificate of that name."""
        assert key is None or isinstance(key, bytes), "a key in a token"
        root = self.certificate(authority)
        root_key = root.with_name(f"{authority}.root-key.pem").read_bytes()
        return signed(name, self.days, key, by=(root.read_bytes(), root_key))


def self_signed(name: str, days: float, key: bytes | None = None) -> Enrolment:
    """A certificate that nobody else signed, with a new key unless one is given."""
    return signed(name, days, key)


def signed(
    name: str, days: float, key: bytes | None = None, *, by: tuple[bytes, bytes] | None = None
) -> Enrolment:
    """A certificate, with a new key unless one is given.

    Args:
        name: its common name.
        days: how long it is valid.
        key: its key, PEM.
        by: the certificate and the key that sign it; None: its own.
    """
    private = load_pem_private_key(key, None) if key else ec.generate_private_key(ec.SECP256R1())
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.load_pem_x509_certificate(by[0]).subject if by else subject
    signer = load_pem_private_key(by[1], None) if by else private
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=3650))
        .not_valid_after(end)
        .sign(signer, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Enrolment(certificate, pem, certificate)


def issuer(home: Home, organisation: str) -> Issuer:
    """An organisation's authority, with roots of 5,000 days."""
    made = Issuer(home, organisation, (1, 2))
    for name in (IDENTITIES, TLS):
        if not made.certificate(name).is_file():
            root = self_signed(f"{name}.{organisation}", 5000)
            write(made.certificate(name), root.certificate)
            write(made.certificate(name).with_name(f"{name}.root-key.pem"), root.key)
    return made


def filled(folder: Path, topology: Topology) -> Session:
    """A session with all certificates of a topology, and no process."""
    home = Home(folder)
    home.create()
    write(home.topology, topology.as_yaml())
    programs = Programs(folder / "fabric", folder / "fabric-ca")
    session = Session(topology, home, Processes(home), programs, lambda _: None)
    for organisation in topology.organisations:
        authority = issuer(home, organisation.name)
        write_organisation(authority, home.organisation(organisation.name))
        write(authority.folder / SERVICE, self_signed(authority.node, Issuer.days).certificate)
        for issue in session.inventory.issues(topology, home, organisation.name):
            ensure(authority, issue)
    return session
