"""The connection to the organisation's own peers."""

from __future__ import annotations

from types import TracebackType
from typing import Unpack

from fabric_gateway import _arguments as check
from fabric_gateway._connection import targets
from fabric_gateway._connection.peers import PeerHealth
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._connection.targets import ConnectOptions, ProfileLike
from fabric_gateway._flows.discovery import DiscoveredPeer, finding_known_peers
from fabric_gateway._flows.joined import joined_channels
from fabric_gateway._network import Network
from fabric_gateway._offline import OfflineSigning
from fabric_gateway.identity._identity import Identity


class Gateway(OfflineSigning):
    """A connection to the Gateway service of a peer, for one identity.

    With several peers, the first healthy one is used; one that cannot be reached is avoided for a while and
    then tried again.

    Use it in a `with` statement, or close it. May be used by many threads at once.
    """

    @property
    def identity(self) -> Identity:
        """The identity that the gateway acts for."""
        return self._session.identity

    def network(self, channel: str) -> Network:
        """A channel that the peer has joined."""
        return Network(self._session, check.name("channel", channel))

    def peers(self) -> tuple[PeerHealth, ...]:
        """The health of the gateway's peers, in order of preference. Nothing is sent."""
        return self._session.peers.health()

    def check(self, *, timeout: float = 5.0) -> tuple[PeerHealth, ...]:
        """Ask every peer whether its Gateway service answers, and say how they are.

        Args:
            timeout: seconds to wait for them, all at once.
        """
        return self._session.check(check.seconds("timeout", timeout))

    def channels(self, *, timeout: float | None = None) -> tuple[str, ...]:
        """Names of the channels that the peer has joined, sorted.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: the peer refused or failed. Peers answer members of their own organisation only,
                unless their configuration says otherwise.
        """
        seconds = self._session.seconds("evaluate", timeout)
        return self._session.run(joined_channels(self._session, seconds))

    def known_peers(self, *, timeout: float | None = None) -> tuple[DiscoveredPeer, ...]:
        """All peers that the peer knows and that are alive, whatever channels they have joined.

        They are sorted by MSP id and address. `height` is 0 and `chaincodes` is empty, since both belong to a
        channel: see `Network.peers`.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            DiscoveryError: the peer refused or failed. Peers answer administrators of their own organisation
                only.
        """
        seconds = self._session.seconds("evaluate", timeout)
        return self._session.run(finding_known_peers(self._session, seconds))

    def close(self) -> None:
        """Close the connection; calls and streams in progress are cancelled."""
        self._session.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(
    profile: ProfileLike | None = None, identity: Identity | None = None, **options: Unpack[ConnectOptions]
) -> Gateway:
    """Connect to the Gateway service of one or more peers. No message is sent before the first call.

    Args:
        profile: a connection profile, or the path of one; or use the option `endpoint` instead.
        identity: the identity that the gateway acts for.
        options: see `ConnectOptions`.

    Raises:
        ProfileError: the profile cannot be used, or a file that an option names cannot be read.
    """
    found = targets.resolve(profile, options)
    if identity is None:
        raise TypeError("connect needs an identity")
    check.instance("identity", identity, Identity, "an Identity, such as Identity.from_msp(…)")
    return Gateway(SyncSession(identity, targets.settings(options), found))
