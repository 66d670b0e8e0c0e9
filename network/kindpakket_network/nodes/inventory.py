"""The nodes of a topology, with their folders in a home."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kindpakket_network.description import ports
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NoSuch
from kindpakket_network.nodes.authority import IDENTITIES, TLS, TLS_PROFILE, Authority
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.health import Operator
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home


@dataclass(frozen=True)
class Inventory:
    """All nodes, in the order of starting.

    Attributes:
        authorities: the CA servers by organisation.
        orderers: the orderers; see `consenters_of` for those of a channel.
        peers: the peers.
        chaincodes: the slots for chaincode processes; `serving` knows which of them are in use.
    """

    authorities: dict[str, Authority]
    orderers: tuple[Orderer, ...]
    peers: tuple[Peer, ...]
    chaincodes: tuple[ChaincodeServer, ...]

    @classmethod
    def of(cls, topology: Topology, home: Home) -> Inventory:
        """The nodes of a topology."""
        authorities: dict[str, Authority] = {}
        orderers: list[Orderer] = []
        peers: list[Peer] = []
        servers: list[ChaincodeServer] = []
        consenters = tuple(
            (orderer.endpoint, orderer.tls_root)
            for orderer in (
                orderer_of(topology, home, candidate)
                for candidate in topology.organisations
                if candidate.consenter
            )
        )
        for organisation in topology.organisations:
            name, msp, host = organisation.name, organisation.msp, organisation.host
            number = organisation.place
            operator = _operator(organisation, home)
            authorities[name] = Authority(
                home,
                name,
                ports.authority(topology.base, number),
                host,
                topology.tuning,
                organisation.token,
            )
            if organisation.consenter:
                orderers.append(orderer_of(topology, home, organisation))
            for peer_name, peer_number in organisation.peer_places.items():
                at = ports.peer(topology.base, number, peer_number)
                peer = Peer(
                    home,
                    topology.name,
                    name,
                    msp,
                    peer_name,
                    at,
                    operator,
                    host,
                    topology.tuning,
                    organisation.token,
                    consenters,
                )
                peers.append(peer)
                for chaincode, places in _places(topology).items():
                    if chaincode not in _chaincodes_at(topology, name):
                        continue
                    for rank, place in enumerate(places):
                        port = ports.chaincode(
                            topology.base, topology.chaincode_base, number, peer_number, place
                        )
                        servers.append(ChaincodeServer(home, peer, chaincode, rank, port))
        return cls(authorities, tuple(orderers), tuple(peers), tuple(servers))

    def nodes(self) -> tuple[str, ...]:
        """All node names."""
        return self.nodes_of(self.authorities)

    def nodes_of(self, organisations: Collection[str]) -> tuple[str, ...]:
        """The names of some organisations' nodes."""
        groups = (self.authorities.values(), self.orderers, self.peers, self.chaincodes)
        return tuple(
            candidate.node
            for group in groups
            for candidate in group
            if candidate.organisation in organisations
        )

    def find(self, node: str) -> Authority | Orderer | Peer | ChaincodeServer:
        """The node of that name.

        Raises:
            NetworkError: there is none.
        """
        groups = (self.authorities.values(), self.orderers, self.peers, self.chaincodes)
        for group in groups:
            for candidate in group:
                if candidate.node == node:
                    return candidate
        raise NoSuch(f"there is no node {node!r}: use one of {', '.join(self.nodes())}")

    def peers_of(self, organisation: str) -> list[Peer]:
        """The peers of an organisation."""
        return [peer for peer in self.peers if peer.organisation == organisation]

    def peers_on(self, topology: Topology, channel: Channel) -> list[Peer]:
        """The peers that join a channel."""
        organisations = topology.members_with_peers(channel)
        return [peer for organisation in organisations for peer in self.peers_of(organisation.name)]

    def servers_of(self, peer: Peer, chaincode: str) -> list[ChaincodeServer]:
        """A peer's slots for processes of a chaincode."""
        return [server for server in self.chaincodes if (server.peer, server.chaincode) == (peer, chaincode)]

    def consenters_of(self, channel: Channel) -> list[Orderer]:
        """The orderers that order a channel, in the order of the file."""
        by_organisation = {orderer.organisation: orderer for orderer in self.orderers}
        return [by_organisation[name] for name in channel.consenters]

    def by_id(self, channel: Channel) -> dict[int, Orderer]:
        """The orderers that order a channel, by their consenter ids."""
        ids = channel.consenter_ids
        return {ids[orderer.organisation]: orderer for orderer in self.consenters_of(channel)}

    def issues(self, topology: Topology, home: Home, organisation: str) -> list[Issue]:
        """All certificates that an organisation's nodes and declared users need."""
        found: list[Issue] = []
        for user in topology.organisation(organisation).users:
            folder = home.user(organisation, user.name)
            found.append(Issue(folder / "msp", IDENTITIES, user.name, user.kind, user.attributes))
            if user.kind == "admin":
                found.append(Issue(folder / "tls", TLS, user.name, "admin", profile=TLS_PROFILE))
        for group in (self.orderers, self.peers):
            for node in group:
                if node.organisation == organisation:
                    found += node.issues()
        for server in self.chaincodes:
            if server.peer.organisation == organisation and server.place == 0:
                found += server.issues()
        return found


def orderer_of(topology: Topology, home: Home, organisation: Organisation) -> Orderer:
    """The orderer of an organisation, also of one that has none any longer."""
    return Orderer(
        home,
        organisation.name,
        organisation.msp,
        ports.consenter(topology.base, organisation.place),
        _operator(organisation, home),
        organisation.host,
        topology.tuning,
        organisation.token,
    )


def _operator(organisation: Organisation, home: Home) -> Operator:
    tls = home.user(organisation.name, organisation.admin.name) / "tls"
    return Operator(tls / "cert.pem", tls / "key.pem", tls / "ca.pem", organisation.host.own_operations)


def _places(topology: Topology) -> dict[str, list[int]]:
    """The slots of each chaincode on a peer: one of its own, and those for upgrades."""
    names = list(
        dict.fromkeys(chaincode.name for channel in topology.channels for chaincode in channel.chaincodes)
    )
    area = topology.chaincode_base is not None
    return {name: ports.chaincode_places(number, len(names), area=area) for number, name in enumerate(names)}


def _chaincodes_at(topology: Topology, organisation: str) -> set[str]:
    return {
        chaincode.name
        for channel in topology.channels
        if organisation in [member.organisation for member in channel.members]
        for chaincode in channel.chaincodes
    }
