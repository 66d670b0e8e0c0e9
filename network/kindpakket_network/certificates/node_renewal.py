"""Having one node use the certificates that wait for it, while the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kindpakket_network.channel.change import pending, reconcile
from kindpakket_network.channel.healing import Healing
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import NetworkError, NodeFailed, Waiting
from kindpakket_network.nodes import connections
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.staging import adopt, mark_for_restart, marked, staged, unmark
from kindpakket_network.programs.wait import together, until

_DEADLINE = 120.0
_OTHERS_DEADLINE = 15.0


@dataclass(frozen=True)
class NodeRenewal:
    """The renewal of one node, of which every step can be repeated.

    Args:
        session: the network.
        node: a peer, with the chaincode processes beside it, or an orderer.
    """

    session: Session
    node: Peer | Orderer

    @property
    def unfinished(self) -> bool:
        """Whether certificates wait, or the node waits to be started again with them."""
        return marked(self.node.folder) or any(staged(folder).is_dir() for folder in self._folders())

    def run(self) -> None:
        """Have the channels name a consenter's certificates, put them in place, and start the node again.

        Raises:
            Waiting: other organisations have to sign that a channel is to name the certificates.
            NetworkError: other nodes do not run, of which the network has need meanwhile; or the node does
                not take part again in time.
        """
        # One that an earlier run stopped counts as running.
        running = self.session.runs(self.node.node) or marked(self.node.folder)
        if running:
            self._ensure_others()
        if isinstance(self.node, Orderer):
            self._name_certificates(self.node, running)
        if running:
            mark_for_restart(self.node.folder)
        self._take()
        if running:
            self._restart()
            if isinstance(self.node, Orderer):
                self._await_ordering(self.node)
            else:
                self._await_blocks(self.node)
                self._await_known(self.node)
        unmark(self.node.folder)

    def take_named(self) -> None:
        """Put a consenter's certificates in place, if it is halted and all its channels name them already."""
        if not isinstance(self.node, Orderer) or not self.unfinished or self.session.runs(self.node.node):
            return
        try:
            named = not any(pending(self.session, one, only=[self.node.node]) for one in self._channels())
        except NetworkError:
            return  # Nobody tells: it starts with what it has, and is renewed then.
        if named:
            self._take()

    def _take(self) -> None:
        for folder in self._folders():
            adopt(folder)
        if isinstance(self.node, Peer):
            connections.refresh(self.node)

    def _name_certificates(self, orderer: Orderer, running: bool) -> None:
        """Have every channel name the certificates that wait for a consenter.

        On BFT a consenter is stopped before that: until it has the certificate that the channel names, its
        own vote counts for itself and for nobody else, so it may decide on a block for which others lack one.
        Where other organisations have to sign first, it goes on until they have.
        """
        alone = len(self.session.acting) == len(self.session.topology.organisations)
        stopped = running and alone and self.session.topology.ordering.type == "bft"
        if stopped:
            mark_for_restart(orderer.folder)
            self.session.processes.stop(orderer.node)
        try:
            for channel in self._channels():
                reconcile(self.session, channel, only=[orderer.node])
        except NetworkError as error:
            if stopped:
                self.session.starter.start([orderer])  # with what it had
                unmark(orderer.folder)
            if isinstance(error, Waiting):
                then = (
                    f"the renewed certificates of {orderer.node} wait until that is done: stop it "
                    "before the file is submitted, and bring it up afterwards"
                )
                raise Waiting([*error.sentences, then]) from error
            raise

    def _channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.session.topology.channels
            if self.node in (*self.session.own_peers_on(channel), *self.session.own_consenters_of(channel))
        ]

    def _folders(self) -> list[Path]:
        """The folders of which a successor may wait."""
        found = [self.node.folder / "msp", self.node.folder / "tls"]
        servers = [one for one in self.session.inventory.chaincodes if one.peer == self.node]
        return found + sorted({server.folder / "tls" for server in servers})

    def _ensure_others(self) -> None:
        """The consenters that must go on without this one run."""
        if isinstance(self.node, Peer):
            return
        for channel in self._channels():
            healing = Healing(self.session, channel)
            healing.wake_silent(but=self.node)
            if not healing.steady(but=self.node):
                raise NetworkError(
                    f"the consenters of {channel.name} do not keep pace with one another, so that "
                    f"{self.node.node} cannot be spared: see in `status` which stay behind, and renew again"
                )
            others = [one for one in self.session.consenters_of(channel) if one != self.node]
            halted = [one.node for one in others if not self._awaited(one, channel)]
            if halted:
                raise NetworkError(
                    f"{', '.join(halted)} takes no part in ordering {channel.name}, which would stand still "
                    f"while {self.node.node} is started again: start or restart it, and renew again"
                )

    def _awaited(self, orderer: Orderer, channel: Channel) -> bool:
        """Whether a consenter takes part; one that was started a moment ago has a while to begin."""

        def takes_part() -> bool | None:
            if orderer.organisation in self.session.acting:
                return orderer.active(channel.name) or None
            return self.session.runs(orderer.node) or None

        return until(takes_part, _OTHERS_DEADLINE) is not None

    def _restart(self) -> None:
        self.session.processes.stop(self.node.node)
        if isinstance(self.node, Peer):
            beside = {
                server: built
                for server, built in self.session.serving.needed().items()
                if server.peer == self.node
            }
            together(lambda server: self.session.processes.stop(server.node), beside)
            together(lambda one: self.session.serving.serve_one(*one), beside.items())
        self.session.starter.start([self.node])

    def _peers(self, channel: Channel) -> list[Peer]:
        return [one for one in self.session.own_peers_on(channel) if self.session.runs(one.node)]

    def _await_ordering(self, orderer: Orderer) -> None:
        """Wait until the consenter takes part, and has all blocks that the others have now."""
        for channel in self._channels():
            if until(lambda name=channel.name: orderer.active(name) or None, _DEADLINE) is None:  # type: ignore[misc]
                raise self._failed(f"takes no part in ordering {channel.name} after {_DEADLINE:g} seconds")
            Healing(self.session, channel).wake_silent()

    def _await_blocks(self, peer: Peer) -> None:
        """Wait until the peer has all blocks that other peers have now."""
        for channel in self._channels():
            name = channel.name
            highest = max(together(lambda one, name=name: one.height(name) or 0, self._peers(channel)))  # type: ignore[misc]
            await_height(self.session.processes, peer, name, highest)

    def _await_known(self, peer: Peer) -> None:
        """Wait until all peers here know what this one is and can endorse now, and it finds endorsers."""
        for channel in self._channels():
            records = self.session.home.deployed
            names = [one.name for one in channel.chaincodes if records(channel.name, one.name).is_file()]
            known = partial(self._await_known_to, peer, channel.name, names)
            nodes = [one for one in together(known, self._peers(channel)) if one is not None]
            if nodes:
                raise self._failed(f"is not known to {', '.join(nodes)} after {_DEADLINE:g} seconds")
            for name in names:
                plan = partial(self.session.admin(peer).endorsement_plan, channel.name, name)
                if until(lambda plan=plan: plan() or None, _DEADLINE, interval=0.25) is None:  # type: ignore[misc]
                    raise self._failed(f"finds no endorsers of {name} on {channel.name}")

    def _await_known_to(self, peer: Peer, channel: str, names: Sequence[str], other: Peer) -> str | None:
        """Wait until another peer knows this one; the other's node name when it does not in time."""
        present = (peer.folder / "msp" / "signcerts" / "cert.pem").read_text("ascii").strip()
        commands = self.session.admin(other)

        def knows() -> bool | None:
            found = commands.known_peers(channel).get(peer.endpoint)
            return (found is not None and found.certificate == present and found.serves(names)) or None

        return None if until(knows, _DEADLINE, interval=0.25) else other.node

    def _failed(self, words: str) -> NodeFailed:
        return self.session.processes.failed(self.node.node, words)
