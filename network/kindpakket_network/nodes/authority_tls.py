"""The TLS certificates that a CA server itself uses.

Its service's certificate is issued by its own TLS authority when the server starts without one. The one for
its operations endpoint must exist before the TLS authority does, so it is self-signed; the endpoint cannot be
switched off, and admits clients with a certificate from the TLS authority.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from kindpakket_network.programs.home import write

SERVICE = "tls-cert.pem"
OPERATIONS = "operations-cert.pem"
OPERATIONS_KEY = "operations-key.pem"
# As long as the authorities' own certificates, which Fabric CA makes for 20 years here.
_LIFE = timedelta(days=20 * 365)
# Clocks of machines differ; Fabric CA dates its certificates back by as much.
_CLOCKS_DIFFER = timedelta(minutes=5)


def ensure_operations_certificate(folder: Path, name: str, hosts: Sequence[str]) -> None:
    """Create the operations endpoint's certificate and key, unless they exist.

    Args:
        folder: the CA server's folder.
        name: the common name.
        hosts: names and addresses of the server.
    """
    if (folder / OPERATIONS).is_file() and (folder / OPERATIONS_KEY).is_file():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write(folder / OPERATIONS_KEY, pem, mode=0o600)
    write(folder / OPERATIONS, certificate.public_bytes(Encoding.PEM))


def discard_certificates(folder: Path) -> None:
    """Delete both certificates and keys of a stopped server, so that it starts with new ones.

    Args:
        folder: the CA server's folder.
    """
    service = folder / SERVICE
    if service.is_file():
        public_key = x509.load_pem_x509_certificate(service.read_bytes()).public_key()
        point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        service.unlink()
        # Fabric CA names a key's file after the SHA-256 of its public point.
        (folder / "msp" / "keystore" / f"{hashlib.sha256(point).hexdigest()}_sk").unlink(missing_ok=True)
    for name in (OPERATIONS, OPERATIONS_KEY):
        (folder / name).unlink(missing_ok=True)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
