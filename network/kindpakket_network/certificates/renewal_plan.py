"""Which certificates to renew."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..errors import NetworkError
from ..home import read_record
from ..nodes.authority import IDENTITIES
from ..nodes.authority_tls import OPERATIONS, SERVICE
from ..nodes.orderer import Orderer
from ..nodes.peer import Peer
from ..site import Site
from .enrolment import RECORD, Issue
from .expiry import expiry_of
from .revoked import is_revoked


@dataclass(frozen=True)
class Due:
    """A certificate that can be renewed.

    Attributes:
        holder: the node, or `user@organisation`.
        organisation: whose authority issues it.
        use: `identity`, `tls` or `operations`.
        expires: when the present one ends, UTC.
        issue: what to have issued; None for a CA server's own, which it makes itself.
        node: the node that is started again to use it; None for a user's.
    """

    holder: str
    organisation: str
    use: str
    expires: datetime
    issue: Issue | None
    node: str | None


def renewable(site: Site) -> list[Due]:
    """All certificates that can be renewed: of users, CA servers, peers with their chaincodes, and orderers.

    An authority's own certificate is none of them, nor are those that were revoked.
    """
    found: list[Due] = []
    for organisation in site.acting:
        found += _users(site, organisation)
        found += _authority(site, organisation)
        found += _nodes(site, organisation)
    return found


def due(
    site: Site,
    holders: Collection[str] = (),
    within_days: float | None = None,
    now: datetime | None = None,
) -> list[Due]:
    """The certificates to renew.

    Args:
        site: the network.
        holders: only those of these nodes, `user@organisation`, or organisations; default: all.
        within_days: only those that expire within so many days; None: whenever they do.
        now: the present.

    Raises:
        NetworkError: there is no such holder, or no certificate of it that can be renewed.
    """
    known = renewable(site)
    names = {one.holder for one in known} | {one.organisation for one in known}
    unknown = [name for name in holders if name not in names]
    if unknown:
        raise NetworkError(
            f"there are no certificates of {', '.join(unknown)} to renew: name organisations, or some of "
            f"{', '.join(sorted(names))}"
        )
    chosen = [one for one in known if not holders or one.holder in holders or one.organisation in holders]
    if within_days is None:
        return chosen
    end = (now or datetime.now(UTC)) + timedelta(days=within_days)
    return [one for one in chosen if one.expires <= end]


def _users(site: Site, organisation: str) -> Iterator[Due]:
    """Declared users as the topology has them, others as they were enrolled."""
    declared = {
        issue.folder: issue for issue in site.inventory.issues(site.topology, site.home, organisation)
    }
    for folder in sorted((site.home.organisation(organisation) / "users").glob("*")):
        if is_revoked(folder):
            continue
        for use, part in (("identity", "msp"), ("tls", "tls")):
            issue = declared.get(folder / part)
            record = folder / part / RECORD
            if issue is None and part == "msp" and record.is_file():
                members = read_record(record)
                issue = Issue(
                    folder / part, IDENTITIES, members["name"], members["kind"], members["attributes"]
                )
            expires = expiry_of(folder / part)
            if issue is not None and expires is not None:
                holder = f"{folder.name}@{organisation}"
                yield Due(holder, organisation, use, expires, issue, None)


def _authority(site: Site, organisation: str) -> Iterator[Due]:
    authority = site.inventory.authorities[organisation]
    for use, name in (("tls", SERVICE), ("operations", OPERATIONS)):
        expires = expiry_of(authority.folder / name)
        if expires is not None:
            yield Due(authority.node, organisation, use, expires, None, authority.node)


def _nodes(site: Site, organisation: str) -> Iterator[Due]:
    inventory = site.inventory
    nodes: list[Peer | Orderer] = [*inventory.peers, *inventory.orderers]
    issues = [
        (node.node, issue) for node in nodes if node.organisation == organisation for issue in node.issues()
    ]
    issues += [
        (server.peer.node, issue)
        for server in inventory.chaincodes
        if server.place == 0 and server.peer.organisation == organisation
        for issue in server.issues()
    ]
    for node, issue in issues:
        expires = expiry_of(issue.folder)
        if expires is not None and not is_revoked(issue.folder.parent):
            use = "identity" if issue.authority == IDENTITIES else "tls"
            yield Due(issue.name, organisation, use, expires, issue, node)
