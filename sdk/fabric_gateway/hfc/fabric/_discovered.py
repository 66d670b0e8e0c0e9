"""Filling in what a profile does not name, for programs that begin with discovery."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fabric_gateway import DiscoveredConfig, DiscoveredPeer, DiscoveryError
from fabric_gateway.hfc._rpc import rpc_errors
from fabric_gateway.hfc.fabric._profiled import Profiled
from fabric_gateway.hfc.fabric.orderer import Orderer
from fabric_gateway.hfc.fabric.organization import create_org
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.user import User

_log = logging.getLogger(__name__)

_NOT_NEEDED = (
    "init_with_discovery is not needed: the Gateway discovers peers and orderers at each call. Name your own "
    "organisation's peer in the profile"
)


class Discovered(Profiled):
    """The part of a client that asks a peer whom else there is."""

    @rpc_errors
    async def init_with_discovery(
        self, requestor: User, peer_target: Peer, channel_name: str | None = None
    ) -> None:
        """Add the channel's organisations, peers and orderers, as a peer knows them; and that peer.

        Nothing needs this: calls through the Gateway discover for themselves. So if the peer's discovery
        service refuses the user, only the log says so.

        Args:
            requestor: who asks.
            peer_target: whom to ask.
            channel_name: the channel; without it, only the peer is added, as in hfc.

        Raises:
            NoRequestor: there is no user.
            ValueError: `peer_target` is not a `Peer`.
            DiscoveryError: the peer cannot be reached.
        """
        known(requestor)
        if not isinstance(peer_target, Peer):
            raise ValueError(f"peer_target must be of Peer instance, not {peer_target!r}")
        _log.warning(_NOT_NEEDED)
        self._peers[peer_target.name] = peer_target
        store = requestor._state_store  # noqa: SLF001
        if store is not None:
            self.state_store = store
            self.kv_store_path = getattr(store, "path", None)
        if channel_name is None:
            return
        self.new_channel(channel_name)
        network = peer_target.gateway(requestor).network(channel_name)
        try:
            config, peers = await network.config(), await network.peers()
        except DiscoveryError as error:
            if not error.forbidden:
                raise
            _log.warning("discovery refuses this user, and nothing is filled in: %s", error)
            return
        self._add_orderers(config)
        names = self._add_peers(config, peers, peer_target)
        for mspid in config.msps:
            orderers = [_host(address) for address in config.orderers.get(mspid, ())]
            info = {"mspid": mspid, "peers": names.get(mspid, []), "orderers": orderers}
            self._organizations.setdefault(mspid, create_org(mspid, info, self.state_store))

    def _add_orderers(self, config: DiscoveredConfig) -> None:
        for mspid, addresses in config.orderers.items():
            for address in addresses:
                name = self._free_name(address, self._orderers)
                if name is not None:
                    self._orderers[name] = Orderer(name)
                    self._orderers[name].init_with_bundle(_reached(address, config, mspid))

    def _add_peers(
        self, config: DiscoveredConfig, peers: tuple[DiscoveredPeer, ...], asked: Peer
    ) -> dict[str, list[str]]:
        """Add peers; their names by MSP id."""
        names: dict[str, list[str]] = {}
        for peer in peers:
            name = self._free_name(peer.address, self._peers)
            if name is not None:
                self._peers[name] = Peer(name)
                self._peers[name].init_with_bundle(_reached(peer.address, config, peer.mspid))
            for known_name, there in self._peers.items():
                if there.endpoint.rpartition("://")[2] == peer.address:
                    names.setdefault(peer.mspid, []).append(known_name)
        return names

    @staticmethod
    def _free_name(address: str, known_nodes: Mapping[str, Any]) -> str | None:
        """Hfc's name for a node: its host; with the port if another has that name; None if it is there."""
        if any(node.endpoint.rpartition("://")[2] == address for node in known_nodes.values()):
            return None
        host = _host(address)
        return address if host in known_nodes else host


def _reached(address: str, config: DiscoveredConfig, mspid: str) -> dict[str, Any]:
    roots = config.msps[mspid].tls_root_certificates if mspid in config.msps else ()
    return {
        "url": address,
        "grpcOptions": {"grpc.ssl_target_name_override": _host(address)},
        "tlsCACerts": {"pem": list(roots)} if roots else None,
    }


def _host(address: str) -> str:
    return address.rpartition(":")[0]
