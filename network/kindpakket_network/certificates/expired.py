"""Certificates that have expired.

Fabric goes on with most of them for a while, and fails later: a node whose identity expired runs until its
next start, and then exits; a TLS certificate that expired refuses new connections, and keeps those there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from kindpakket_network.certificates.damage import Damage, damages
from kindpakket_network.certificates.expiry import expiry_of
from kindpakket_network.certificates.revocation_mark import is_revoked
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.authority_tls import SERVICE
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.pending import pending_folder
from kindpakket_network.programs.home import Home

_CLIENT = "client"


def has_expired(issue: Issue, now: datetime | None = None) -> bool:
    """Whether an issued certificate has expired."""
    expires = expiry_of(issue.folder)
    return expires is not None and expires <= (now or datetime.now(UTC))


def expired(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Damage]:
    """The expired certificates of nodes, administrators and CA servers that a home acts for.

    Those of other users hold up nobody else.
    """
    now = datetime.now(UTC)
    for name in own_organisations(topology, home):
        authority = inventory.authorities[name]
        service = expiry_of(authority.folder / SERVICE)
        if service is not None and service <= now:
            yield _damage(authority.node, "tls", service)
        for issue in inventory.issues(topology, home, name):
            expires = expiry_of(issue.folder)
            is_user = issue.folder.parent.parent.name == "users"
            if expires is None or expires > now or is_revoked(issue.folder.parent):
                continue
            if pending_folder(issue.folder).is_dir():
                continue  # `up` takes its successor
            if not (is_user and issue.kind == _CLIENT):
                use = "identity" if issue.authority == IDENTITIES else "tls"
                yield _damage(issue.holder(authority), use, expires)


def ensure_usable(topology: Topology, home: Home, inventory: Inventory, holder: str | None = None) -> None:
    """Check that the certificates and keys in a home can be used, and have not expired.

    Args:
        topology: the network.
        home: its folder.
        inventory: its nodes.
        holder: check only those of this holder; None: all.

    Raises:
        NetworkError: some cannot; the message names the commands that repair them.
    """
    found = [*damages(topology, home, inventory), *expired(topology, home, inventory)]
    concerned = [damage for damage in found if holder in (None, damage.holder)]
    if concerned:
        raise NetworkError("\n".join(map(str, concerned)))


def _damage(holder: str, use: str, expires: datetime) -> Damage:
    words = f"the {use} certificate of {holder} expired on {expires:%Y-%m-%d %H:%M} UTC"
    return Damage(holder, words, f"run `kindpakket network renew {holder}`")
