"""A channel, as a client knows it: a name, and the event hubs on it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fabric_gateway.hfc.errors import NoPeer
from fabric_gateway.hfc.fabric.block_decoder import BlockDecoder, Decoded
from fabric_gateway.hfc.fabric.channel._discovery import discover
from fabric_gateway.hfc.fabric.channel._proposals import (
    block_of,
    last_configuration,
    send_join,
    send_proposal,
)
from fabric_gateway.hfc.fabric.channel.channel_eventhub import ChannelEventHub
from fabric_gateway.hfc.fabric.orderer import Orderer
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.user import User

_log = logging.getLogger(__name__)
_CONFIG = 1
_DISCOVERY = (
    "_discovery asks the peer's discovery service, which no call needs any more: the Gateway discovers peers "
    "and orderers at each call"
)
_NAME = re.compile(r"^[a-z][a-z0-9.-]*$")


class Channel:
    """A channel.

    Attributes:
        name: its name.
        client: the client that knows it.

    Raises:
        ValueError: the name is not one that Fabric accepts.
    """

    def __init__(self, name: str, client: Any) -> None:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a channel name: it must match {_NAME.pattern}")
        self._name = name
        self._client = client
        self._peers: dict[str, Peer] = {}
        self._orderers: dict[str, Orderer] = {}
        self._hubs: dict[str, list[ChannelEventHub]] = {}

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def client(self) -> Any:
        """The client that knows it."""
        return self._client

    @property
    def peers(self) -> dict[str, Peer]:
        """Peers that were added, by address."""
        return self._peers

    @property
    def orderers(self) -> dict[str, Orderer]:
        """Orderers that were added, by address."""
        return self._orderers

    def add_peer(self, peer: Peer) -> None:
        """Add a peer."""
        self._peers[peer.endpoint] = peer

    def remove_peer(self, peer: Peer) -> None:
        """Take a peer away."""
        self._peers.pop(peer.endpoint, None)

    def add_orderer(self, orderer: Orderer) -> None:
        """Add an orderer."""
        self._orderers[orderer.endpoint] = orderer

    def remove_orderer(self, orderer: Orderer) -> None:
        """Take an orderer away."""
        self._orderers.pop(orderer.endpoint, None)

    def newChannelEventHub(self, peer: Peer, requestor: User) -> ChannelEventHub:
        """A new event hub: blocks and events of this channel as a peer delivers them to a user.

        Raises:
            NoPeer: there is no peer; `get_peer` gives None for one that the profile does not name.
            NoRequestor: there is no user.
        """
        if not isinstance(peer, Peer):
            raise NoPeer(f"an event hub needs a Peer, not {peer!r}: get_peer gives None for an unknown name")
        hub = ChannelEventHub(peer, self.name, known(requestor))
        self._hubs.setdefault(requestor.org, []).append(hub)
        return hub

    def getChannelEventHubsForOrg(self, requestor: User, mspid: str | None = None) -> list[ChannelEventHub]:
        """The connected hubs of an organisation, by its name in the profile; default: the requestor's."""
        return [hub for hub in self._hubs.get(mspid or requestor.org, ()) if hub.connected]

    def send_tx_proposal(self, tx_context: Any, peers: Iterable[Peer] | None) -> tuple[list[Any], Any, Any]:
        """Send a proposal to each of these peers, or to those added; what `build_tx_req` takes, once awaited.

        Returns:
            The awaitable answers (`ProposalResponse` messages), the proposal, and its header.
        """
        return send_proposal(self.name, tx_context, list(peers or ()) or self._peers.values())

    @staticmethod
    def _send_tx_proposal(
        channel_id: str, tx_context: Any, peers: Iterable[Peer]
    ) -> tuple[list[Any], Any, Any]:
        return send_proposal(channel_id, tx_context, peers)

    def join_channel(self, request: Mapping[str, Any]) -> list[Any]:
        """Have `targets` join, with `block` (the first one, serialised) and an administrator's `tx_context`.

        Raises:
            ValueError: one of them is missing.
        """
        for member in ("targets", "block", "tx_context"):
            if member not in request:
                raise ValueError(f"Missing parameter {member}")
        return send_join(request["tx_context"], request["targets"], request["block"])

    async def get_channel_config_with_orderer(
        self, tx_context: Any, orderer: Orderer, decode: bool = True
    ) -> Any:
        """The channel's configuration as an orderer has it, decoded; or its block, serialised.

        Raises:
            OrdererRefused: the orderer does not deliver it to this user.
            grpc.RpcError: the orderer cannot be reached.
        """
        newest = await block_of(orderer, tx_context, self.name, None)
        block = await block_of(orderer, tx_context, self.name, last_configuration(newest))
        content = bytes(block.SerializeToString())
        if not decode:
            return content
        payload: Decoded = BlockDecoder.decode(content)["data"]["data"][0]["payload"]
        kind = payload["header"]["channel_header"]["type"]
        if kind != _CONFIG:
            raise ValueError(f"block {block.header.number} is of type {kind}, and not a configuration")
        found: Decoded = payload["data"]
        return found

    async def _discovery(
        self,
        requestor: User,
        target: Peer,
        local: bool = False,
        config: bool = False,
        interests: Iterable[Mapping[str, Any]] | None = None,
    ) -> Any:
        """What a peer knows, as its discovery service answers: a `discovery.Response` message."""
        _log.warning(_DISCOVERY)
        return await discover(self.name, known(requestor), target, local, config, interests)
