"""The connection to the organisation's own peers, for asyncio."""

from __future__ import annotations

from types import TracebackType
from typing import Unpack

from fabric_gateway import _arguments as check
from fabric_gateway._connection import targets
from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.peers import PeerHealth
from fabric_gateway._connection.targets import ConnectOptions, ProfileLike
from fabric_gateway._flows.discovery import DiscoveredPeer, finding_known_peers
from fabric_gateway._flows.joined import joined_channels
from fabric_gateway.aio._network import Network
from fabric_gateway.aio._offline import OfflineSigning
from fabric_gateway.identity._identity import Identity


class Gateway(OfflineSigning):
    """A connection to the Gateway service of a peer; see `fabric_gateway.Gateway`."""

    @property
    def identity(self) -> Identity:
        """The identity that the gateway acts for."""
        return self._session.identity

    def network(self, channel: str) -> Network:
        """A channel that the peer has joined."""
        return Network(self._session, check.name("channel", channel))

    def peers(self) -> tuple[PeerHealth, ...]:
        """How the gateway finds its peers, in order of preference."""
        return self._session.peers.health()

    async def check(self, *, timeout: float = 5.0) -> tuple[PeerHealth, ...]:
        """Ask every peer whether its Gateway service answers, and say how they are."""
        return await self._session.check(check.seconds("timeout", timeout))

    async def channels(self, *, timeout: float | None = None) -> tuple[str, ...]:
        """Names of the channels that the peer has joined."""
        seconds = self._session.seconds("evaluate", timeout)
        return await self._session.run(joined_channels(self._session, seconds))

    async def known_peers(self, *, timeout: float | None = None) -> tuple[DiscoveredPeer, ...]:
        """All peers that the peer knows and that are alive, whatever channels they have joined."""
        seconds = self._session.seconds("evaluate", timeout)
        return await self._session.run(finding_known_peers(self._session, seconds))

    async def close(self) -> None:
        """Close the connection; calls and streams in progress are cancelled."""
        await self._session.close()

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def connect(
    profile: ProfileLike | None = None, identity: Identity | None = None, **options: Unpack[ConnectOptions]
) -> Gateway:
    """Connect to a peer's Gateway service, within a running event loop. Arguments as of its sync twin."""
    found = targets.resolve(profile, options)
    if identity is None:
        raise TypeError("connect needs an identity")
    check.instance("identity", identity, Identity, "an Identity, such as Identity.from_msp(…)")
    return Gateway(AsyncSession(identity, targets.settings(options), found))
