"""Renewing certificates: further ones are issued, and who uses them is started again, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from kindpakket_network.certificates.enrolment import stage
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.certificates.renewal_plan import Due
from kindpakket_network.nodes.authority import TLS, Authority
from kindpakket_network.nodes.authority_tls import discard_certificates
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.staging import adopt
from kindpakket_network.programs.waiting import collected


@dataclass(frozen=True)
class Renewal:
    """Renews certificates of a network.

    Args:
        session: the network.
    """

    session: Session

    def run(self, due: Sequence[Due]) -> None:
        """Renew certificates, and complete what an earlier run left half done.

        Users come first, then CA servers, then peers with their chaincode processes, then consenters, of
        which the leading one comes last. A node that does not run gets its certificates, and stays halted.

        Raises:
            Waiting: a consenter's certificate waits until other organisations have signed that the channel is
                to name it; all else is done. The next run carries on.
            NetworkError: a step failed; the next run carries on.
        """
        with collected() as collecting:
            with collecting():
                self.resume()
            self._renew(due, collecting)

    def _renew(self, due: Sequence[Due], collecting: Callable[[], AbstractContextManager[None]]) -> None:
        concerned = {one.organisation for one in due}
        self.session.starter.start([self._authority(name) for name in sorted(concerned)])
        for one in due:
            if one.issue is not None and one.node is None:
                stage(self._authority(one.organisation), one.issue)
                adopt(one.issue.folder)
                self.session.progress(f"{one.use} certificate of {one.holder}: renewed")
        for name in sorted({one.organisation for one in due if one.issue is None}):
            self._renew_authority(self._authority(name))
        nodes = {one.node for one in due if one.issue is not None}
        for node in self._nodes(leaders_last=True):
            if node.node in nodes:
                with collecting(), self.session.stage(f"certificates of {node.node}"):
                    self._stage(node, due)
                    NodeRenewal(self.session, node).run()

    def take_named(self) -> None:
        """Before nodes are started: put consenters' certificates in place that all their channels name."""
        for node in self._nodes():
            NodeRenewal(self.session, node).take_named()

    def resume(self) -> None:
        """Complete what an earlier run left half done. Raises as `run` does."""
        for organisation in self.session.acting:
            for folder in (self.session.home.organisation(organisation) / "users").glob("*"):
                for part in ("msp", "tls"):
                    adopt(folder / part)
        with collected() as collecting:
            for renewal in [NodeRenewal(self.session, node) for node in self._nodes()]:
                if renewal.unfinished:
                    with collecting(), self.session.stage(f"certificates that wait for {renewal.node.node}"):
                        renewal.run()

    def _nodes(self, *, leaders_last: bool = False) -> list[Peer | Orderer]:
        orderers = list(self.session.inventory.orderers)
        if leaders_last:
            leaders = [self.session.leading(channel) for channel in self.session.topology.channels]
            orderers.sort(key=lambda one: one in leaders)
        nodes: list[Peer | Orderer] = [*self.session.inventory.peers, *orderers]
        return [node for node in nodes if node.organisation in self.session.acting]

    def _authority(self, organisation: str) -> Authority:
        return self.session.inventory.authorities[organisation]

    def _stage(self, node: Peer | Orderer, due: Sequence[Due]) -> None:
        # Raft tells its consenters apart by the key of their TLS certificate.
        pinned = isinstance(node, Orderer) and self.session.topology.ordering.type == "raft"
        for one in due:
            if one.node == node.node and one.issue is not None:
                same_key = pinned and one.issue.authority == TLS
                stage(self._authority(one.organisation), one.issue, same_key=same_key)

    def _renew_authority(self, authority: Authority) -> None:
        with self.session.stage(f"certificates of {authority.node}"):
            self.session.processes.stop(authority.node)
            discard_certificates(authority.folder)
            self.session.starter.start([authority])
