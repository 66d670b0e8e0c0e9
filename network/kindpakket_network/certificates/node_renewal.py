"""Switches one node to its pending certificates while the rest of the network keeps running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kindpakket_network.certificates.enrolment import discard_superseded
from kindpakket_network.certificates.expired import has_expired
from kindpakket_network.channel.change import pending, reconcile
from kindpakket_network.channel.stalled_consenters import StalledConsenters
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError, NodeFailed, Waiting
from kindpakket_network.nodes import connections
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.leader import unled
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import activate, mark_for_restart, needs_restart, pending_folder, unmark
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for the restarted node to catch up and to be known to the others by gossip.
_DEADLINE = 120.0
# Seconds for a consenter that has only just started to take part, before the next one is stopped.
_OTHERS_DEADLINE = 15.0


@dataclass(frozen=True)
class NodeRenewal:
    """The renewal of one node; every step can be repeated.

    Args:
        session: the network.
        node: a peer, with its chaincode processes, or an orderer.
    """

    session: Session
    node: Peer | Orderer

    @property
    def unfinished(self) -> bool:
        """Whether certificates are pending, or the node must be restarted to use them."""
        return needs_restart(self.node.folder) or any(
            pending_folder(folder).is_dir() for folder in self._folders()
        )

    def run(self) -> None:
        """Have the channels name a consenter's certificates, activate them, and restart the node.

        Raises:
            Waiting: other organisations must sign the channel's change that names the certificates.
            NetworkError: other nodes that the network needs during the restart are not running; or the node
                does not take part again in time.
        """
        # A node that an earlier run stopped counts as running.
        running = self.session.runs(self.node.node) or needs_restart(self.node.folder)
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
        self._discard_superseded()

    def _discard_superseded(self) -> None:
        authority = self.session.inventory.authorities[self.node.organisation]
        for issue in self.node.issues():
            discard_superseded(authority, issue)

    def activate_named(self) -> None:
        """Activate a stopped consenter's pending certificates if all its channels already name them."""
        if not isinstance(self.node, Orderer) or not self.unfinished or self.session.runs(self.node.node):
            return
        try:
            named = not any(
                pending(self.session, channel, only=[self.node.node]) for channel in self._channels()
            )
        except NetworkError:
            return  # Nobody answers: it starts with its present certificates, and is renewed afterwards.
        if named:
            self._take()

    def _take(self) -> None:
        for folder in self._folders():
            activate(folder)
        if isinstance(self.node, Peer):
            connections.refresh(self.node)

    def _name_certificates(self, orderer: Orderer, running: bool) -> None:
        """Have every channel name a consenter's pending certificates.

        On BFT the consenter is stopped first: until it uses the certificate that the channel names, only it
        counts its own votes, so it could decide a block for which the others lack a vote. If other
        organisations must sign first, it keeps running until they have.
        """
        alone = len(self.session.own_organisations) == len(self.session.topology.organisations)
        stopped = running and alone and self.session.topology.ordering.type == "bft"
        if stopped:
            mark_for_restart(orderer.folder)
            self.session.processes.stop(orderer.node)
        try:
            for channel in self._channels():
                reconcile(self.session, channel, only=[orderer.node])
        except NetworkError as error:
            if stopped:
                self.session.starter.start([orderer])  # with its present certificates
                unmark(orderer.folder)
            if isinstance(error, Waiting):
                afterwards = (
                    f"the renewed certificates of {orderer.node} are pending until then: stop it before the "
                    "file is submitted, and run `up` afterwards"
                )
                raise Waiting([*error.sentences, afterwards]) from error
            raise

    def _channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.session.topology.channels
            if self.node in (*self.session.own_peers_on(channel), *self.session.own_consenters_of(channel))
        ]

    def _folders(self) -> list[Path]:
        """The folders that may have a pending successor."""
        found = [self.node.folder / "msp", self.node.folder / "tls"]
        servers = [server for server in self.session.inventory.chaincodes if server.peer == self.node]
        return found + sorted({server.folder / "tls" for server in servers})

    def _ensure_others(self) -> None:
        """Check that the consenters that must go on without this one are running."""
        if isinstance(self.node, Peer):
            return
        for channel in self._channels():
            healing = StalledConsenters(self.session, channel)
            healing.restart_stalled(but=self.node)
            if not healing.keep_pace(but=self.node):
                raise NetworkError(
                    f"the consenters of {channel.name} do not keep pace with one another, so "
                    f"{self.node.node} cannot restart now: see in `status` which are behind, and try again"
                )
            others = [
                consenter for consenter in self.session.consenters_of(channel) if consenter != self.node
            ]
            halted = [other.node for other in others if not self._awaited(other, channel)]
            if halted:
                raise NetworkError(
                    f"{', '.join(halted)} {'does' if len(halted) == 1 else 'do'} not take part in ordering "
                    f"{channel.name}, which could stop while {self.node.node} restarts: start or restart "
                    f"{'it' if len(halted) == 1 else 'them'}, and try again"
                )

    def _awaited(self, orderer: Orderer, channel: Channel) -> bool:
        """Whether a consenter takes part, allowing some time for one that has just started."""

        def takes_part() -> bool | None:
            if orderer.organisation in self.session.own_organisations:
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
            in_parallel(lambda server: self.session.processes.stop(server.node), beside)
            in_parallel(lambda pair: self.session.serving.serve_one(*pair), beside.items())
        self.session.starter.start([self.node])

    def _peers(self, channel: Channel) -> list[Peer]:
        """The running peers that can be asked: not those whose certificates have expired."""
        return [
            peer
            for peer in self.session.own_peers_on(channel)
            if self.session.runs(peer.node) and not any(map(has_expired, peer.issues()))
        ]

    def _await_ordering(self, orderer: Orderer) -> None:
        """Wait until the consenter takes part, has heard a leader, and has the others' present blocks."""
        for channel in self._channels():
            if until(lambda name=channel.name: orderer.active(name) or None, _DEADLINE) is None:  # type: ignore[misc]
                raise self._failed(f"did not take part in ordering {channel.name} within {_DEADLINE:g} s")
            if unled(channel.name, self.session.topology.ordering, [orderer], _DEADLINE):
                raise self._failed(f"heard no leader of {channel.name} within {_DEADLINE:g} s")
            StalledConsenters(self.session, channel).restart_stalled()

    def _await_blocks(self, peer: Peer) -> None:
        """Wait until the peer has all blocks that the other peers have at present."""
        for channel in self._channels():
            name = channel.name
            highest = max(in_parallel(lambda other, name=name: other.height(name) or 0, self._peers(channel)))  # type: ignore[misc]
            await_height(self.session.processes, peer, name, highest, self.session.progress)

    def _await_known(self, peer: Peer) -> None:
        """Wait until this home's peers know this one's certificate and chaincodes, and it finds endorsers."""
        for channel in self._channels():
            records = self.session.home.deployed
            names = [
                chaincode.name
                for chaincode in channel.chaincodes
                if records(channel.name, chaincode.name).is_file()
            ]
            known = partial(self._await_known_to, peer, channel.name, names)
            nodes = [node for node in in_parallel(known, self._peers(channel)) if node is not None]
            if nodes:
                raise self._failed(f"was not discovered by {', '.join(nodes)} within {_DEADLINE:g} s")
            running = [peer for peer in self.session.own_peers_on(channel) if self.session.runs(peer.node)]
            if len(self._peers(channel)) < len(running):
                continue  # endorsers have expired certificates, and come later
            for name in names:
                plan = partial(self.session.admin(peer).endorsement_plan, channel.name, name)
                if until(lambda plan=plan: plan() or None, _DEADLINE, interval=0.25) is None:  # type: ignore[misc]
                    raise self._failed(
                        f"found no endorsers of {name} on {channel.name} within {_DEADLINE:g} s"
                    )

    def _await_known_to(self, peer: Peer, channel: str, names: Sequence[str], other: Peer) -> str | None:
        """Wait until another peer knows this one; returns the other's node name if it does not in time."""
        present = (peer.folder / "msp" / "signcerts" / "cert.pem").read_text("ascii").strip()
        commands = self.session.admin(other)

        def knows() -> bool | None:
            known = commands.known_peers(channel).get(peer.endpoint)
            return (known is not None and known.certificate == present and known.serves(names)) or None

        return None if until(knows, _DEADLINE, interval=0.25) else other.node

    def _failed(self, problem: str) -> NodeFailed:
        return self.session.processes.failed(self.node.node, problem)
