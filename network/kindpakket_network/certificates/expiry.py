"""When a home's certificates expire, and whether its keys are protected from other users."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from kindpakket_network.certificates.revocation_mark import is_revoked
from kindpakket_network.nodes.authority_tls import OPERATIONS, OPERATIONS_KEY, SERVICE
from kindpakket_network.nodes.connections import COPIES
from kindpakket_network.programs.home import Home

AUTHORITIES = ("identity authority", "tls authority")
_SECRETS = (
    "organisations/*/secrets/*",
    "organisations/*/users/*/msp/keystore/*",
    "organisations/*/users/*/tls/key.pem",
    "organisations/*/authority/**/keystore/*",
    "organisations/*/authority/**/fabric-ca-server-config.yaml",
    f"organisations/*/authority/{OPERATIONS_KEY}",
    "nodes/*/msp*/keystore/*",
    "nodes/*/tls*/key.pem",
    "nodes/*/connections/*",
    f"nodes/*/data/{COPIES}",
)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Expiry:
    """A certificate's expiry.

    Attributes:
        holder: the node, or `user@organisation`.
        use: `identity` or `tls`; for a CA server also `identity authority`, `tls authority`, `operations`.
        expires: the last instant at which it is valid, UTC.
    """

    holder: str
    use: str
    expires: datetime

    def within(self, days: float, now: datetime | None = None) -> bool:
        """Whether it expires within a number of days from now."""
        return self.expires <= (now or datetime.now(UTC)) + timedelta(days=days)


def expiries(home: Home) -> list[Expiry]:
    """The certificates of all nodes, users and authorities, soonest to expire first.

    Revoked ones are left out: their expiry needs no action.
    """
    found: list[Expiry] = []
    for folder in sorted((home.root / "nodes").glob("*")):
        found += _of(folder, folder.name)
    for organisation in sorted((home.root / "organisations").glob("*")):
        for user in sorted((organisation / "users").glob("*")):
            if not is_revoked(user):
                found += _of(user, f"{user.name}@{organisation.name}")
        for name, use in (
            ("msp/cacerts/ca.pem", "identity authority"),
            ("msp/tlscacerts/tlsca.pem", "tls authority"),
            (f"authority/{SERVICE}", "tls"),
            (f"authority/{OPERATIONS}", "operations"),
        ):
            found += _read(organisation / name, f"ca.{organisation.name}", use)
    return sorted(found, key=lambda certificate: certificate.expires)


def expiry_of(place: Path) -> datetime | None:
    """When a certificate expires, UTC; None if there is none that can be read.

    Args:
        place: an `msp` or `tls` folder, or the certificate's file.
    """
    for path in (place, place / "signcerts" / "cert.pem", place / "cert.pem"):
        if path.is_file():
            with suppress(ValueError):
                return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return None


def exposed_secrets(home: Home) -> list[Path]:
    """The files with keys or secrets that users other than the owner can read or change.

    Each file is checked, because a closed folder no longer protects a file that is copied elsewhere.
    """
    found = {path for pattern in _SECRETS for path in home.root.glob(pattern)}
    return sorted(path for path in found if path.is_file() and path.stat().st_mode & _OTHERS)


def certificate_warnings(home: Home, days: float, found: Sequence[Expiry] | None = None) -> list[str]:
    """Warnings about certificates that expire and keys that are exposed, each with what to do.

    Args:
        home: the network's folder.
        days: how many days before it expires a certificate is reported.
        found: the certificates, if they have already been read.
    """
    now = datetime.now(UTC)
    sentences = [
        _expiring(certificate, now)
        for certificate in (expiries(home) if found is None else found)
        if certificate.within(days, now)
    ]
    exposed = exposed_secrets(home)
    if exposed:
        sentences.append(
            f"other users can read {_files(len(exposed))} with keys or secrets, such as {exposed[0]}: "
            f"run chmod -R go= {home.root}"
        )
    return sentences


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _expiring(certificate: Expiry, now: datetime) -> str:
    verb = "expired" if certificate.expires <= now else "expires"
    until = (
        f"the {certificate.use} certificate of {certificate.holder} {verb} on {certificate.expires:%Y-%m-%d}"
    )
    if certificate.use in AUTHORITIES:
        name = certificate.holder.removeprefix("ca.")
        return f"{until}: run kindpakket network roots introduce {name}, and follow `roots show`"
    return f"{until}: run kindpakket network renew {certificate.holder}"


def _of(folder: Path, holder: str) -> list[Expiry]:
    """Certificates whose keys are here; other organisations' come from a bundle that may be old."""
    found: list[Expiry] = []
    if any((folder / "msp" / part).exists() for part in ("keystore", "enrolment.json")):
        found += _read(folder / "msp", holder, "identity")
    if (folder / "tls" / "key.pem").is_file():
        found += _read(folder / "tls", holder, "tls")
    return found


def _read(place: Path, holder: str, use: str) -> list[Expiry]:
    expires = expiry_of(place)
    return [] if expires is None else [Expiry(holder, use, expires)]
