"""Exchanges expired TLS certificates of consenters, which can no longer reach one another.

Consenters with certificates that the channels do not name yet order together all the same: on Raft by the
key, which stays, and on BFT by the identity. So they all get new ones first, and the channels name them
afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kindpakket_network.certificates.enrolment import issue_pending
from kindpakket_network.certificates.renewal_plan import Due
from kindpakket_network.nodes.authority import TLS
from kindpakket_network.nodes.leader import unled
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.pending import activate, mark_for_restart
from kindpakket_network.nodes.session import Session

# Seconds for consenters that started together to agree on a leader.
_LEADER_DEADLINE = 60.0


@dataclass(frozen=True)
class ExpiredTls:
    """The expired TLS certificates of this home's consenters.

    Args:
        session: the network.
    """

    session: Session

    def exchange(self, due: Sequence[Due]) -> list[Due]:
        """Give consenters new TLS certificates at once, and restart those that run.

        They are marked, so that `Renewal.resume` has the channels name the certificates; for stopped ones
        the next `up` does, because nobody orders until then.

        Returns:
            The certificates that were renewed.

        Raises:
            NodeFailed: a consenter did not start again, or heard no leader in time.
        """
        now = datetime.now(UTC)
        expired = {item.node for item in due if item.use == "tls" and item.expired(now)}
        found = [orderer for orderer in self.session.inventory.orderers if orderer.node in expired]
        if not found:
            return []
        # On Raft the channels do not name identities.
        uses = ("tls",) if self.session.topology.ordering.type == "bft" else ("tls", "identity")
        nodes = [orderer.node for orderer in found]
        exchanged = [item for item in due if item.node in nodes and item.use in uses and item.expired(now)]
        running = [orderer for orderer in found if self.session.runs(orderer.node)]
        with self.session.stage(f"expired TLS certificates of {', '.join(nodes)}"):
            for certificate in exchanged:
                self._issue(certificate)
            for orderer in found:
                mark_for_restart(orderer.folder)
            for orderer in running:
                self.session.processes.stop(orderer.node)
            for certificate in exchanged:
                if certificate.issue is not None:
                    activate(certificate.issue.folder)
            self.session.starter.start(running)
            self._await_leaders(running)
        stopped = [orderer.node for orderer in found if orderer not in running]
        if stopped:
            self.session.progress(
                f"{', '.join(stopped)}: run `kindpakket network up`, which has the channels name the new "
                "certificates"
            )
        return exchanged

    def _issue(self, certificate: Due) -> None:
        if certificate.issue is not None:
            authority = self.session.inventory.authorities[certificate.organisation]
            raft = self.session.topology.ordering.type == "raft"
            same_key = raft and certificate.issue.authority == TLS
            issue_pending(authority, certificate.issue, same_key=same_key)

    def _await_leaders(self, running: Sequence[Orderer]) -> None:
        ordering = self.session.topology.ordering
        for channel in self.session.topology.channels:
            consenters = self.session.consenters_of(channel)
            own = [orderer for orderer in running if orderer in consenters]
            silent = unled(channel.name, ordering, own, _LEADER_DEADLINE)
            if silent:
                raise self.session.processes.failed(
                    silent[0].node, f"heard no leader of {channel.name} within {_LEADER_DEADLINE:g} s"
                )
