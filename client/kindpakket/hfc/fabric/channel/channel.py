"""A channel, as a client knows it: a name, and the event hubs on it."""

from __future__ import annotations

import re
from typing import Any

from kindpakket.hfc.fabric.channel.channel_eventhub import ChannelEventHub
from kindpakket.hfc.fabric.orderer import Orderer
from kindpakket.hfc.fabric.peer import Peer
from kindpakket.hfc.fabric.user import User

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
        self.name = name
        self.client = client
        self._peers: dict[str, Peer] = {}
        self._orderers: dict[str, Orderer] = {}
        self._hubs: dict[str, list[ChannelEventHub]] = {}

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
        """A new event hub: blocks and events of this channel as a peer delivers them to a user."""
        hub = ChannelEventHub(peer, self.name, requestor)
        self._hubs.setdefault(requestor.org, []).append(hub)
        return hub

    def getChannelEventHubsForOrg(self, requestor: User, mspid: str | None = None) -> list[ChannelEventHub]:
        """The connected hubs of an organisation, by its name in the profile; default: the requestor's."""
        return [hub for hub in self._hubs.get(mspid or requestor.org, ()) if hub.connected]
