"""When the certificates of a home expire, and whether its keys are kept from others."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from kindpakket_network.certificates.revoked import is_revoked
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
    """A certificate and its end.

    Attributes:
        holder: the node, or `user@organisation`.
        use: `identity`, `tls`; of a CA server also `identity authority`, `tls authority` and `operations`.
        expires: the last instant at which it is valid, UTC.
    """

    holder: str
    use: str
    expires: datetime

    def within(self, days: float, now: datetime | None = None) -> bool:
        """Whether it expires within so many days from now."""
        return self.expires <= (now or datetime.now(UTC)) + timedelta(days=days)


def expiries(home: Home) -> list[Expiry]:
    """The certificates of all nodes, users and authorities, the first to expire first.

    Those that were revoked are left out: nothing is to be done when they expire.
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
            ("tls/ca.pem", "tls authority"),
            (f"authority/{SERVICE}", "tls"),
            (f"authority/{OPERATIONS}", "operations"),
        ):
            found += _read(organisation / name, f"ca.{organisation.name}", use)
    return sorted(found, key=lambda one: one.expires)


def expiry_of(place: Path) -> datetime | None:
    """When a certificate expires, UTC; None when there is none.

    Args:
        place: an `msp` or `tls` folder, or the certificate's file.
    """
    for path in (place, place / "signcerts" / "cert.pem", place / "cert.pem"):
        if path.is_file():
            return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return None


def open_secrets(home: Home) -> list[Path]:
    """The files with keys or secrets that others than their owner can read or change.

    Folders that others cannot enter keep nothing safe that is copied out of them, so each file counts.
    """
    found = {path for pattern in _SECRETS for path in home.root.glob(pattern)}
    return sorted(path for path in found if path.is_file() and path.stat().st_mode & _OTHERS)


def complaints(home: Home, days: float, found: Sequence[Expiry] | None = None) -> list[str]:
    """What an operator must do about certificates and keys, a sentence for each.

    Args:
        home: the network's folder.
        days: how long before its end a certificate is complained of.
        found: the certificates, if they were read already.
    """
    now = datetime.now(UTC)
    sentences = [
        _expiring(one, now) for one in (expiries(home) if found is None else found) if one.within(days, now)
    ]
    exposed = open_secrets(home)
    if exposed:
        sentences.append(
            f"{len(exposed)} files with keys or secrets can be read by others, such as {exposed[0]}: "
            f"chmod -R go= {home.root}"
        )
    return sentences


def _expiring(one: Expiry, now: datetime) -> str:
    verb = "expired" if one.expires <= now else "expires"
    until = f"the {one.use} certificate of {one.holder} {verb} on {one.expires:%Y-%m-%d}"
    if one.use in AUTHORITIES:
        return f"{until}: it cannot be renewed; move to a new network before that day"
    return f"{until}: kindpakket network renew {one.holder}"


def _of(folder: Path, holder: str) -> list[Expiry]:
    """Those with keys: of another organisation's nodes a bundle brought the certificates of a day."""
    found: list[Expiry] = []
    if (folder / "msp" / "keystore").is_dir():
        found += _read(folder / "msp", holder, "identity")
    if (folder / "tls" / "key.pem").is_file():
        found += _read(folder / "tls", holder, "tls")
    return found


def _read(place: Path, holder: str, use: str) -> list[Expiry]:
    expires = expiry_of(place)
    return [] if expires is None else [Expiry(holder, use, expires)]
