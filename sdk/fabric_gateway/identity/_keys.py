"""Private keys and certificate signing requests. A key is generated here and never leaves."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from fabric_gateway import _arguments as check
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._identity import PrivateKey
from fabric_gateway.identity._pem import Password, read_key
from fabric_gateway.identity._signer_key import KeyHolder, as_private_key

KeyAlgorithm: TypeAlias = Literal["P-256", "P-384", "Ed25519"]
"""Kinds of keys that Fabric 3 verifies."""


def make_key(algorithm: KeyAlgorithm = "P-256") -> PrivateKey:
    """A fresh private key."""
    if algorithm == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
    if algorithm not in curves:
        raise ValueError(f"there is no key algorithm {algorithm!r}: use P-256, P-384 or Ed25519")
    return ec.generate_private_key(curves[algorithm])


def key_pem(key: PrivateKey, password: Password = None) -> bytes:
    """A private key as PKCS#8 PEM, encrypted if there is a password."""
    secret = check.octets("password", password) if password else b""
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def load_key(pem: bytes | str, password: Password = None) -> PrivateKey:
    """Read a private key, PEM.

    Raises:
        IdentityError: it cannot be read, or is of a kind that Fabric does not verify, or the password is
            missing or wrong.
    """
    key = read_key(pem, password)
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise IdentityError(
            f"a key of type {type(key).__name__} cannot sign: use ECDSA P-256, P-384 or Ed25519"
        )
    return key


def signing_request(name: str, key: PrivateKey | KeyHolder, hosts: Sequence[str] = ()) -> bytes:
    """A certificate signing request, PEM.

    Args:
        name: the enrolment name, which becomes the subject's common name. Fabric CA uses nothing else of the
            subject: it writes the organisational units itself.
        key: the key that the certificate is for, or what holds it, such as a `Pkcs11Signer`.
        hosts: host names and IP addresses for the subject alternative names, as TLS certificates need them.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    if hosts:
        names = x509.SubjectAlternativeName([_alternative_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    signing = (
        key
        if isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)
        else as_private_key(key)
    )
    return builder.sign(signing, _hash(signing)).public_bytes(serialization.Encoding.PEM)


def _hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | None:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA256()


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
