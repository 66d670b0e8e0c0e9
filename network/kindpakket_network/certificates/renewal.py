"""Renewing certificates: further ones are issued, and who uses them is started again, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ..nodes.authority import TLS, Authority
from ..nodes.authority_tls import discard_certificates
from ..nodes.orderer import Orderer
from ..nodes.peer import Peer
from ..site import Site
from ..waiting import collected
from .enrolment import stage
from .node_renewal import NodeRenewal
from .renewal_plan import Due
from .staging import adopt


@dataclass(frozen=True)
class Renewal:
    """Renews certificates of a network.

    Args:
        site: the network.
    """

    site: Site

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
        self.site.starter.start([self._authority(name) for name in sorted(concerned)])
        for one in due:
            if one.issue is not None and one.node is None:
                stage(self._authority(one.organisation), one.issue)
                adopt(one.issue.folder)
                self.site.progress(f"{one.use} certificate of {one.holder}: renewed")
        for name in sorted({one.organisation for one in due if one.issue is None}):
            self._renew_authority(self._authority(name))
        nodes = {one.node for one in due if one.issue is not None}
        for node in self._nodes(leaders_last=True):
            if node.node in nodes:
                with collecting(), self.site.stage(f"certificates of {node.node}"):
                    self._stage(node, due)
                    NodeRenewal(self.site, node).run()

    def take_named(self) -> None:
        """Before nodes are started: put consenters' certificates in place that all their channels name."""
        for node in self._nodes():
            NodeRenewal(self.site, node).take_named()

    def resume(self) -> None:
        """Complete what an earlier run left half done. Raises as `run` does."""
        for organisation in self.site.acting:
            for folder in (self.site.home.organisation(organisation) / "users").glob("*"):
                for part in ("msp", "tls"):
                    adopt(folder / part)
        with collected() as collecting:
            for renewal in [NodeRenewal(self.site, node) for node in self._nodes()]:
                if renewal.unfinished:
                    with collecting(), self.site.stage(f"certificates that wait for {renewal.node.node}"):
                        renewal.run()

    def _nodes(self, *, leaders_last: bool = False) -> list[Peer | Orderer]:
        orderers = list(self.site.inventory.orderers)
        if leaders_last:
            leaders = [self.site.leading(channel) for channel in self.site.topology.channels]
            orderers.sort(key=lambda one: one in leaders)
        nodes: list[Peer | Orderer] = [*self.site.inventory.peers, *orderers]
        return [node for node in nodes if node.organisation in self.site.acting]

    def _authority(self, organisation: str) -> Authority:
        return self.site.inventory.authorities[organisation]

    def _stage(self, node: Peer | Orderer, due: Sequence[Due]) -> None:
        # Raft tells its consenters apart by the key of their TLS certificate.
        pinned = isinstance(node, Orderer) and self.site.topology.ordering.type == "raft"
        for one in due:
            if one.node == node.node and one.issue is not None:
                same_key = pinned and one.issue.authority == TLS
                stage(self._authority(one.organisation), one.issue, same_key=same_key)

    def _renew_authority(self, authority: Authority) -> None:
        with self.site.stage(f"certificates of {authority.node}"):
            self.site.processes.stop(authority.node)
            discard_certificates(authority.folder)
            self.site.starter.start([authority])
