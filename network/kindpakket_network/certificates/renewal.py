"""Renews certificates: new ones are issued, and the nodes that use them restart one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from kindpakket_network.certificates.enrolment import ensure, issue_pending, was_issued
from kindpakket_network.certificates.expired_tls import ExpiredTls
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.certificates.renewal_plan import Due
from kindpakket_network.nodes.authority import TLS, Authority
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import activate
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.deferral import deferring


@dataclass(frozen=True)
class Renewal:
    """Renews certificates of a network.

    Args:
        session: the network.
    """

    session: Session

    def run(self, due: Sequence[Due]) -> None:
        """Renew certificates, and complete an earlier run that was interrupted.

        The order is: users, CA servers, peers with their chaincode processes, consenters, and last the
        leaders. A stopped node gets its certificates, and stays stopped. Where certificates have expired,
        those go first by which the others are renewed: of CA servers, and of consenters for TLS.

        Raises:
            Waiting: a consenter's certificate is pending until other organisations have signed the channel's
                change that names it; everything else is done. The next run resumes.
            NetworkError: a step failed; the next run resumes.
        """
        authorities = sorted({certificate.organisation for certificate in due if certificate.issue is None})
        now = datetime.now(UTC)
        late = {
            certificate.organisation
            for certificate in due
            if certificate.issue is None and certificate.use == "tls" and certificate.expired(now)
        }
        for name in sorted(late):
            self._renew_authority(self._authority(name))
        self._enrol_administrators()
        self._activate_users()
        self._renew_users(due)
        for name in authorities:
            if name not in late:
                self._renew_authority(self._authority(name))
        exchanged = ExpiredTls(self.session).exchange(due)
        orderers = [node.node for node in self._nodes() if isinstance(node, Orderer)]
        # If none runs, nobody can order that the channels name what was exchanged: `up` has that done.
        later = [] if any(map(self.session.runs, orderers)) else orderers if exchanged else []
        with deferring() as deferred:
            with deferred():
                self.resume(but=later)
            rest = [item for item in due if item not in exchanged and item.node not in later]
            self._renew_nodes(rest, deferred)

    def _renew_users(self, due: Sequence[Due]) -> None:
        concerned = {certificate.organisation for certificate in due}
        self.session.starter.start([self._authority(name) for name in sorted(concerned)])
        for certificate in due:
            if certificate.issue is not None and certificate.node is None:
                issue_pending(self._authority(certificate.organisation), certificate.issue)
                activate(certificate.issue.folder)
                self.session.progress(f"{certificate.use} certificate of {certificate.holder}: renewed")

    def _renew_nodes(self, due: Sequence[Due], deferred: Callable[[], AbstractContextManager[None]]) -> None:
        nodes = {certificate.node for certificate in due if certificate.issue is not None}
        for node in self._nodes(leaders_last=True):
            if node.node in nodes:
                with deferred(), self.session.stage(f"certificates of {node.node}"):
                    self._stage(node, due)
                    NodeRenewal(self.session, node).run()

    def _enrol_administrators(self) -> None:
        """Enrol administrators whose folders are gone: nodes are asked in their names."""
        for organisation in self.session.own_organisations:
            authority = self._authority(organisation)
            issues = self.session.inventory.issues(self.session.topology, self.session.home, organisation)
            lacking = [issue for issue in issues if issue.kind == "admin" and not was_issued(issue)]
            if lacking:
                self.session.starter.start([authority])
            for issue in lacking:
                ensure(authority, issue)
                self.session.progress(f"{issue.holder(authority)}: enrolled")

    def activate_named(self) -> None:
        """Before nodes start: activate consenters' pending certificates that all their channels name."""
        for node in self._nodes():
            NodeRenewal(self.session, node).activate_named()

    def resume(self, but: Collection[str] = ()) -> None:
        """Complete an earlier run that was interrupted. Raises the same errors as `run`.

        Args:
            but: nodes to leave for the next `up`.
        """
        self._activate_users()
        with deferring() as deferred:
            for renewal in [NodeRenewal(self.session, node) for node in self._nodes()]:
                if renewal.unfinished and renewal.node.node not in but:
                    with deferred(), self.session.stage(f"pending certificates of {renewal.node.node}"):
                        renewal.run()

    def _activate_users(self) -> None:
        for organisation in self.session.own_organisations:
            for folder in (self.session.home.organisation(organisation) / "users").glob("*"):
                for part in ("msp", "tls"):
                    activate(folder / part)

    def _nodes(self, *, leaders_last: bool = False) -> list[Peer | Orderer]:
        orderers = list(self.session.inventory.orderers)
        if leaders_last:
            leaders = [self.session.leading(channel) for channel in self.session.topology.channels]
            orderers.sort(key=lambda orderer: orderer in leaders)
        nodes: list[Peer | Orderer] = [*self.session.inventory.peers, *orderers]
        return [node for node in nodes if node.organisation in self.session.own_organisations]

    def _authority(self, organisation: str) -> Authority:
        return self.session.inventory.authorities[organisation]

    def _stage(self, node: Peer | Orderer, due: Sequence[Due]) -> None:
        # Raft identifies consenters by the key of their TLS certificate.
        pinned = isinstance(node, Orderer) and self.session.topology.ordering.type == "raft"
        for certificate in due:
            if certificate.node == node.node and certificate.issue is not None:
                same_key = pinned and certificate.issue.authority == TLS
                issue_pending(self._authority(certificate.organisation), certificate.issue, same_key=same_key)

    def _renew_authority(self, authority: Authority) -> None:
        with self.session.stage(f"certificates of {authority.node}"):
            self.session.processes.stop(authority.node)
            authority.discard_certificates()
            self.session.starter.start([authority])
