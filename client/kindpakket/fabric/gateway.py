"""The connection to the organisation's own peer."""

from __future__ import annotations

from types import TracebackType
from typing import Unpack

import grpc

from kindpakket.fabric import targets
from kindpakket.fabric._session import SyncSession
from kindpakket.fabric.deadlines import DEFAULT_DEADLINES
from kindpakket.fabric.identity import Identity
from kindpakket.fabric.network import Network
from kindpakket.fabric.targets import ConnectOptions, ProfileLike


class Gateway:
    """A connection to the Gateway service of a peer, for one identity.

    Use it in a `with` statement, or close it. May be used by many threads at once.
    """

    def __init__(self, session: SyncSession) -> None:
        self._session = session

    @property
    def identity(self) -> Identity:
        """Who speaks."""
        return self._session.identity

    def network(self, channel: str) -> Network:
        """A channel that the peer has joined."""
        return Network(self._session, channel)

    def close(self) -> None:
        """Close the connection; calls and streams under way are cancelled."""
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
    """Connect to a peer's Gateway service. No message is sent before the first call.

    Args:
        profile: a connection profile, or the path of one; or instead of it the option `endpoint`.
        identity: who speaks.
        options: see `ConnectOptions`.

    Raises:
        ProfileError: the profile cannot be used, or a file that an option names cannot be read.
    """
    target = targets.resolve(profile, options)
    if identity is None:
        raise TypeError("connect needs an identity")
    if target.credentials is None:
        channel = grpc.insecure_channel(target.address, options=target.options)
    else:
        channel = grpc.secure_channel(target.address, target.credentials, options=target.options)
    deadlines = options.get("deadlines", DEFAULT_DEADLINES)
    session = SyncSession(identity, deadlines, target.address, channel)
    session.tls_certificate_hash = target.tls_certificate_hash
    return Gateway(session)
