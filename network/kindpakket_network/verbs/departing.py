"""Finishes what leaves a network, once its channels no longer name it.

Each step can be repeated, so that a removal that was interrupted goes on where it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.certificates.enrolment import CERTIFICATE
from kindpakket_network.certificates.revocation import Revocation
from kindpakket_network.channel.leaving import is_named
from kindpakket_network.errors import NetworkError, Waiting
from kindpakket_network.nodes.departures import (
    CHANNEL,
    CONSENTER,
    ORGANISATION,
    PEER,
    USER,
    Departure,
    complete,
)
from kindpakket_network.nodes.inventory import orderer_of
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.programs.files import move, sync_tree
from kindpakket_network.programs.token import TokenKeys, key_id_of
from kindpakket_network.programs.wait import until

# Seconds for an orderer to delete a channel's blocks.
_DELETED = 60.0
# Seconds for a peer to delete a channel, whose state may be large.
_UNJOINED = 600.0


@dataclass(frozen=True)
class Departing:
    """What leaves a network.

    Args:
        session: the network, as it is without what leaves.
    """

    session: Session

    def finish(self) -> None:
        """Finish everything that leaves.

        Raises:
            Waiting: another organisation must first sign that a channel goes on without it.
            NetworkError: a step failed; the next run resumes.
        """
        with deferring() as deferred:
            for departure in self.session.leaving():
                with deferred(), self.session.stage(f"removing {departure.subject}"):
                    self._finish(departure)
                    complete(self.session.home, departure)

    def _finish(self, departure: Departure) -> None:
        steps = {
            USER: self._user,
            PEER: self._peer,
            CONSENTER: self._consenter,
            ORGANISATION: self._organisation,
            CHANNEL: self._channel,
        }
        steps[departure.kind](departure)
        if departure.delete:
            self._delete_keys(departure)
            shutil.rmtree(departure.folder(self.session.home), ignore_errors=True)

    def _delete_keys(self, departure: Departure) -> None:
        """Delete nodes' keys in a token, which the topology no longer names if their organisation leaves."""
        organisations = self.session.topology.organisations
        found = [known.token for known in organisations if known.name == departure.organisation]
        token = found[0] if found and self._is_own(departure) else None
        if token is None:
            return
        nodes = departure.folder(self.session.home) / "nodes"
        for node in departure.nodes:
            identifier = key_id_of(nodes / node / "msp" / CERTIFICATE)
            if identifier is not None:
                TokenKeys(token).delete(identifier)

    def _user(self, departure: Departure) -> None:
        folder = self.session.home.user(departure.organisation, departure.name)
        if not self._is_own(departure) or not folder.is_dir():
            return
        if (folder / "msp").is_dir():
            Revocation(self.session, departure.organisation).run(departure.name)
        self._put_away(departure, [folder])

    def _peer(self, departure: Departure) -> None:
        if self._is_own(departure):
            self._end(departure)
            Revocation(self.session, departure.organisation).withdraw(departure.subject)
        self._put_away(departure, self._files(departure))

    def _consenter(self, departure: Departure) -> None:
        self._ensure_out(departure)
        organisation = self.session.topology.organisation(departure.organisation)
        orderer = orderer_of(self.session.topology, self.session.home, organisation)
        own = self._is_own(departure)
        if organisation.consenter:
            for channel in departure.channels if own else ():
                self._leave(orderer, channel)
            return
        if own:
            self._end(departure)
            Revocation(self.session, departure.organisation).withdraw(departure.subject)
        self._put_away(departure, self._files(departure))

    def _organisation(self, departure: Departure) -> None:
        self._ensure_out(departure)
        self._end(departure)
        folder = self.session.home.organisation(departure.name)
        self._put_away(departure, [*self._files(departure), folder])

    def _channel(self, departure: Departure) -> None:
        session, channel = self.session, departure.name
        own = session.own_organisations
        for peer in session.inventory.peers:
            if peer.organisation in own and peer.has(channel):
                self._unjoin(peer, departure)
        for orderer in session.inventory.orderers:
            if orderer.organisation in own:
                self._leave(orderer, channel)
        self._put_away(departure, [session.home.channel(channel), *self._records(channel)])
        for name in {server.chaincode for server in session.inventory.chaincodes}:
            session.serving.retire(name)

    def _records(self, channel: str) -> list[Path]:
        """The records of a channel's deployments. Channels may have dots in their names, chaincodes not."""
        pattern = self.session.home.deployed(channel, "*")
        length = len(channel) + 1
        return [path for path in pattern.parent.glob(pattern.name) if "." not in path.stem[length:]]

    def _ensure_out(self, departure: Departure) -> None:
        for channel in self.session.topology.channels:
            if channel.name in departure.channels and is_named(self.session, channel, departure):
                raise Waiting(
                    [
                        f"{channel.name} still names {departure.subject}: have the members run "
                        f"`{departure.command}`, then run it again here"
                    ]
                )

    def _is_own(self, departure: Departure) -> bool:
        return departure.organisation in self.session.own_organisations

    def _end(self, departure: Departure) -> None:
        """Stop what runs, first what depends on others."""
        for node in reversed(departure.nodes):
            self.session.processes.stop(node)

    def _leave(self, orderer: Orderer, channel: str) -> None:
        if orderer.has(channel):
            orderer.leave(channel)
        if until(lambda: not orderer.has(channel) or None, _DELETED) is None:
            raise NetworkError(
                f"{orderer.node} did not delete {channel} within {_DELETED:g} s: read "
                f"{self.session.home.log(orderer.node)}, and try again"
            )
        # Fabric leaves its log, in which it would find its old votes and id if it ever came back.
        for part in ("wal", "snapshots"):
            shutil.rmtree(orderer.folder / "data" / part / channel, ignore_errors=True)

    def _unjoin(self, peer: Peer, departure: Departure) -> None:
        """Have a peer leave a channel, which it can only do while it is stopped."""
        session = self.session
        session.processes.stop(peer.node)
        try:
            kept = departure.folder(session.home) / "nodes" / peer.node / "data"
            if not departure.delete and not kept.is_dir():
                _copy(peer.folder / "data", kept)
            program = peer.program(session.programs)
            arguments = [session.programs.path("peer"), "node", "unjoin", "-c", departure.name]
            name = f"`peer node unjoin` of {peer.node}"
            run(Command(name, arguments, program.environment, deadline=_UNJOINED))
        finally:
            session.starter.start([peer])

    def _files(self, departure: Departure) -> list[Path]:
        home = self.session.home
        found: list[Path] = []
        for node in departure.nodes:
            found += [home.node(node), *home.log(node).parent.glob(f"{node}.log*")]
            for record in (home.pid(node), home.history(node)):
                record.unlink(missing_ok=True)
        return found

    def _put_away(self, departure: Departure, paths: Iterable[Path]) -> None:
        folder = departure.folder(self.session.home)
        for path in paths:
            if not path.exists():
                continue
            target = folder / path.relative_to(self.session.home.root)
            if target.exists():
                # A process that ended late wrote into its folder again.
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            move(path, target)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder, which appears as a whole or not at all."""
    temporary = target.with_name(f".{target.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(source, temporary)
    sync_tree(temporary)
    move(temporary, target)
