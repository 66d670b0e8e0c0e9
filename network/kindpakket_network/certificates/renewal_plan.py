"""Which certificates to renew."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kindpakket_network.certificates.enrolment import RECORD, was_issued
from kindpakket_network.certificates.expiry import expiry_of
from kindpakket_network.certificates.revocation_mark import is_revoked
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.authority_tls import OPERATIONS, SERVICE
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import read_record


@dataclass(frozen=True)
class Due:
    """A certificate that can be renewed.

    Attributes:
        holder: the node, or `user@organisation`.
        organisation: whose authority issues it.
        use: `identity`, `tls` or `operations`.
        expires: when the present one expires, UTC; None if it cannot be read.
        issue: the certificate to be issued; None for a CA server's own, which it makes itself.
        node: the node that restarts to use it; None for a user's.
    """

    holder: str
    organisation: str
    use: str
    expires: datetime | None
    issue: Issue | None
    node: str | None

    def expired(self, now: datetime) -> bool:
        """Whether the present one has expired at an instant, UTC."""
        return self.expires is not None and self.expires <= now


def renewable(session: Session) -> list[Due]:
    """All certificates that can be renewed: of users, CA servers, peers with their chaincodes, and orderers.

    Authorities' own certificates and revoked ones are left out.
    """
    found: list[Due] = []
    for organisation in session.own_organisations:
        found += _users(session, organisation)
        found += _authority(session, organisation)
        found += _nodes(session, organisation)
    return found


def due(
    session: Session,
    holders: Collection[str] = (),
    within_days: float | None = None,
    now: datetime | None = None,
) -> list[Due]:
    """The certificates to renew.

    Args:
        session: the network.
        holders: restrict to these nodes, `user@organisation`, or organisations; empty: all.
        within_days: restrict to those that expire within this number of days; None: all.
        now: the present instant, UTC; None: the clock's.

    Raises:
        NetworkError: a holder does not exist, or has no certificate that can be renewed.
    """
    known = renewable(session)
    names = {certificate.holder for certificate in known} | {
        certificate.organisation for certificate in known
    }
    unknown = [name for name in holders if name not in names]
    if unknown:
        raise NetworkError(
            f"{', '.join(unknown)} {'has' if len(unknown) == 1 else 'have'} no certificates to renew: use "
            f"some of {', '.join(sorted(names))}"
        )
    chosen = [
        certificate
        for certificate in known
        if not holders or certificate.holder in holders or certificate.organisation in holders
    ]
    if within_days is None:
        return chosen
    end = (now or datetime.now(UTC)) + timedelta(days=within_days)
    return [
        certificate for certificate in chosen if certificate.expires is None or certificate.expires <= end
    ]


def _users(session: Session, organisation: str) -> Iterator[Due]:
    """Certificates of users: declared ones as in the topology, others as they were enrolled."""
    declared = {
        issue.folder: issue
        for issue in session.inventory.issues(session.topology, session.home, organisation)
    }
    for folder in sorted((session.home.organisation(organisation) / "users").glob("*")):
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
            if issue is not None and record.is_file():
                holder = f"{folder.name}@{organisation}"
                yield Due(holder, organisation, use, expiry_of(folder / part), issue, None)


def _authority(session: Session, organisation: str) -> Iterator[Due]:
    authority = session.inventory.authorities[organisation]
    for use, name in (("tls", SERVICE), ("operations", OPERATIONS)):
        expires = expiry_of(authority.folder / name)
        if expires is not None:
            yield Due(authority.node, organisation, use, expires, None, authority.node)


def _nodes(session: Session, organisation: str) -> Iterator[Due]:
    inventory = session.inventory
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
        if was_issued(issue) and not is_revoked(issue.folder.parent):
            use = "identity" if issue.authority == IDENTITIES else "tls"
            yield Due(issue.name, organisation, use, expiry_of(issue.folder), issue, node)
