"""When the certificates of a home expire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from .home import Home


@dataclass(frozen=True)
class Expiry:
    """A certificate and its end.

    Attributes:
        holder: the node, `user@organisation`, or authority.
        use: `identity` or `tls`.
        expires: the last instant at which it is valid, UTC.
    """

    holder: str
    use: str
    expires: datetime


def expiries(home: Home) -> list[Expiry]:
    """The certificates of all nodes, users and authorities, the first to expire first."""
    found: list[Expiry] = []
    for folder in sorted((home.root / "nodes").glob("*")):
        found += _of(folder, folder.name)
    for organisation in sorted((home.root / "organisations").glob("*")):
        for user in sorted((organisation / "users").glob("*")):
            found += _of(user, f"{user.name}@{organisation.name}")
        for name, use in (("msp/cacerts/ca.pem", "identity"), ("tls/ca.pem", "tls")):
            found += _read(organisation / name, f"ca.{organisation.name}", use)
    return sorted(found, key=lambda one: one.expires)


def _of(folder: Path, holder: str) -> list[Expiry]:
    identity = _read(folder / "msp" / "signcerts" / "cert.pem", holder, "identity")
    return identity + _read(folder / "tls" / "cert.pem", holder, "tls")


def _read(path: Path, holder: str, use: str) -> list[Expiry]:
    if not path.is_file():
        return []
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return [Expiry(holder, use, certificate.not_valid_after_utc)]
