"""Changes a running network over to another build of Fabric's programs, one node after the other."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.channel.capabilities import capabilities_of, ensure_known
from kindpakket_network.channel.submission import current
from kindpakket_network.description.build import BUILDS
from kindpakket_network.errors import NetworkError, UpgradeStopped, Waiting
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import mark_for_restart, needs_restart, unmark
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import in_parallel


def running_builds(inventory: Inventory, processes: Processes) -> dict[Orderer | Peer, str]:
    """The builds that this home's running orderers and peers report; without those that do not answer."""
    running = processes.all()
    known: list[Orderer | Peer] = [*inventory.orderers, *inventory.peers]
    nodes = [node for node in known if node.node in running]
    found = zip(nodes, in_parallel(lambda node: node.build(), nodes), strict=True)
    return {node: build for node, build in found if build is not None}


@dataclass(frozen=True)
class ProgramUpgrade:
    """The change to the build that the topology names. Going back is the same, to the earlier build.

    Args:
        session: the network.
    """

    session: Session

    def run(self) -> list[str]:
        """Restart the nodes that run another build: consenters, the leaders last, and then peers.

        Each must take part, have heard a leader and have caught up before the next one is stopped; and every
        other consenter must take part before one is stopped. Stopped nodes stay stopped, and start with the
        new build later, except one at which an earlier run stopped: it comes first.

        Returns:
            The nodes that were changed over.

        Raises:
            UpgradeStopped: a node did not come back, or could not be stopped because another one does not
                take part; those after it run the earlier build. The message says how to go on and back.
            Waiting: another organisation must sign a channel's change first.
            NetworkError: a channel needs a capability that the build does not know; nothing was done.
        """
        present = running_builds(self.session.inventory, self.session.processes)
        nodes = self._concerned(present)
        if not nodes:
            return []
        self._ensure_capable()
        done: list[str] = []
        for node in nodes:
            before = present.get(node)
            words = f"{before or 'stopped'} -> {self._wanted}"
            try:
                with self.session.stage(f"programs of {node.node} ({words})"):
                    mark_for_restart(node.folder)
                    NodeRenewal(self.session, node).run()
                    self._ensure_changed(node)
            except Waiting:
                raise
            except NetworkError as error:
                untouched = before is not None and node.build() == before
                if untouched:
                    unmark(node.folder)
                earlier = before or next((old for old in present.values() if old != self._wanted), None)
                raise UpgradeStopped(
                    node.node, self._wanted, earlier, done, error, untouched=untouched
                ) from error
            done.append(node.node)
        return done

    @property
    def _wanted(self) -> str:
        return self.session.programs.build

    def _concerned(self, present: dict[Orderer | Peer, str]) -> list[Orderer | Peer]:
        """The nodes to restart, in order. One that is marked was stopped by a run that ended there."""
        leaders = [self.session.leading(channel) for channel in self.session.topology.channels]
        nodes: list[Orderer | Peer] = [*self.session.inventory.orderers, *self.session.inventory.peers]
        found = [
            node
            for node in nodes
            if node.organisation in self.session.own_organisations
            and (needs_restart(node.folder) or present.get(node, self._wanted) != self._wanted)
        ]
        return sorted(
            found, key=lambda node: (not needs_restart(node.folder), isinstance(node, Peer), node in leaders)
        )

    def _ensure_capable(self) -> None:
        build = BUILDS[self._wanted]
        for channel in self.session.own_channels:
            if self.session.home.genesis(channel.name).is_file():
                ensure_known(build, channel.name, capabilities_of(current(self.session, channel).group))

    def _ensure_changed(self, node: Orderer | Peer) -> None:
        build = node.build()
        if self.session.runs(node.node) and build != self._wanted:
            raise self.session.processes.failed(node.node, f"reports the build {build} after its restart")
