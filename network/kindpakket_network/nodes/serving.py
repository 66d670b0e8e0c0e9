"""Which chaincode process serves which package to which peer.

A peer has a few slots for chaincode processes. A package gets a slot when it is installed on a peer, and
keeps it, because the peer remembers the address. Every package that a channel still needs is served, so
payments go on during an upgrade, and channels on the same peers can be upgraded one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.deployment_record import DeploymentRecord, ServedPackage
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import in_parallel, until

# Seconds. A compiled program listens at once; a Java machine on a busy computer takes much longer.
_SERVE_DEADLINE = 180.0
_PACKAGE = "CHAINCODE_ID"


@dataclass(frozen=True)
class Serving:
    """The chaincode processes of a network.

    Args:
        topology: the network.
        home: its folder.
        inventory: its nodes.
        processes: its processes.
    """

    topology: Topology
    home: Home
    inventory: Inventory
    processes: Processes

    def needed(self) -> dict[ChaincodeServer, ServedPackage]:
        """The processes that must run, with the packages they serve, according to the deployment records."""
        return {
            server: built
            for peer, chaincode, built in self._needed()
            if (server := self.at(peer, chaincode, built.label)) is not None
        }

    def nodes(self) -> tuple[str, ...]:
        """The names of the home's nodes, without chaincode processes that are neither needed nor running."""
        needed = self.needed()
        deployed = {(server.peer.node, server.chaincode) for server in needed}

        def counts(server: ChaincodeServer) -> bool:
            if server in needed or self.processes.find(server.node) is not None:
                return True
            return server.place == 0 and (server.peer.node, server.chaincode) not in deployed

        own = own_organisations(self.topology, self.home)
        idle = {server.node for server in self.inventory.chaincodes if not counts(server)}
        return tuple(node for node in self.inventory.nodes_of(own) if node not in idle)

    def at(self, peer: Peer, chaincode: str, label: str) -> ChaincodeServer | None:
        """The process that serves a package to a peer; None if the package was never installed there."""
        port = peer.connected(label)
        return next(
            (server for server in self.inventory.servers_of(peer, chaincode) if server.port == port), None
        )

    def place(self, peer: Peer, chaincode: str, label: str) -> None:
        """Give a package one of a peer's slots, unless it has one.

        Raises:
            NetworkError: all slots serve other packages that channels need.
        """
        if self.at(peer, chaincode, label) is not None:
            return
        others = {built.label for owner, _, built in self._needed() if owner is peer} - {label}
        taken = {peer.connected(other) for other in others}
        used = [peer.connected(path.stem) for path in peer.connections.glob("*.json")]
        servers = self.inventory.servers_of(peer, chaincode)
        free = [server for server in servers if server.port not in taken]
        if not free:
            raise NetworkError(
                f"{peer.node} cannot serve another package of {chaincode}: its channels already need "
                f"{', '.join(sorted(others))}; give `ports.chaincodes` in the topology, or upgrade two "
                "channels to the same package first"
            )
        # The least used slot, so that a rollback to a recent package still finds its slot.
        min(free, key=lambda server: used.count(server.port)).write_connection(label)

    def serve(self, peers: Iterable[Peer], chaincode: str, built: ServedPackage) -> None:
        """Start the processes that serve a package, for those of the peers that have it.

        Raises:
            NodeFailed: a process did not start.
        """
        servers = [self.at(peer, chaincode, built.label) for peer in peers]
        in_parallel(
            lambda server: self.serve_one(server, built), [server for server in servers if server is not None]
        )

    def serve_one(self, server: ChaincodeServer, built: ServedPackage) -> None:
        """Start one process for a package, replacing one that serves another package in its slot.

        Raises:
            NodeFailed: it did not start.
        """
        running = self.processes.find(server.node)
        if running is not None and running.environ().get(_PACKAGE) != built.package_id:
            self.processes.stop(server.node)
        self.processes.start(server.program(Path(built.binary), built.package_id))

        def up() -> bool | None:
            return True if server.ready() or self.processes.find(server.node) is None else None

        until(up, _SERVE_DEADLINE)
        if self.processes.find(server.node) is None:
            raise self.processes.failed(server.node, "did not start serving, because its process ended")
        if not server.ready():
            raise self.processes.failed(
                server.node, f"did not start serving at {server.endpoint} within {_SERVE_DEADLINE:g} s"
            )

    def retire(self, chaincode: str) -> None:
        """Stop the processes of a chaincode that no channel needs any longer."""
        needed = self.needed()
        over = [
            server
            for server in self.inventory.chaincodes
            if server.chaincode == chaincode and server not in needed
        ]
        in_parallel(lambda server: self.processes.stop(server.node), over)

    def _needed(self) -> Iterator[tuple[Peer, str, ServedPackage]]:
        for channel in self.topology.channels:
            for chaincode in channel.chaincodes:
                record = DeploymentRecord.read(self.home.deployed(channel.name, chaincode.name))
                for peer in self.inventory.peers_on(self.topology, channel):
                    for built in record.needed if record else ():
                        yield peer, chaincode.name, built
