"""Certificates that can be read to their end."""

from __future__ import annotations

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

# `cryptography` reads these only when they are asked for, and a damaged certificate would fail then.
_READ_LATER = ("issuer", "subject", "not_valid_before_utc", "not_valid_after_utc", "signature_algorithm_oid")


def load_certificate(pem: bytes) -> x509.Certificate:
    """A certificate, PEM, whose names and times can be read; its extensions and key are not looked at.

    Raises:
        ValueError: it is not one, or is damaged.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except (x509.InvalidVersion, CryptographyDeprecationWarning) as error:
        raise ValueError(str(error)) from error
    if certificate.serial_number < 0:
        raise ValueError("its serial number is negative")
    for part in _READ_LATER:
        getattr(certificate, part)
    return certificate
