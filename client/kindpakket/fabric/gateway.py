"""The connection to the organisation's own peer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import overload

import grpc

from kindpakket.fabric._session import SyncSession
from kindpakket.fabric.deadlines import DEFAULT_DEADLINES, Deadlines
from kindpakket.fabric.errors import ProfileError
from kindpakket.fabric.identity import Identity
from kindpakket.fabric.network import Network
from kindpakket.fabric.profile import Profile

_METADATA_BYTES = 1 << 20
_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.max_receive_message_length", -1),  # blocks may be larger than gRPC's 4 MB
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", _METADATA_BYTES),  # the nodes' own words travel in metadata
    ("grpc.absolute_max_metadata_size", _METADATA_BYTES),
    ("grpc.keepalive_time_ms", 120_000),  # a Fabric peer drops clients that ping every minute or more often
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
)


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


@overload
def connect(
    profile: Profile | str | os.PathLike[str],
    identity: Identity,
    *,
    peer: str | None = None,
    deadlines: Deadlines = ...,
) -> Gateway: ...


@overload
def connect(
    *,
    identity: Identity,
    endpoint: str,
    tls_root: bytes | str | os.PathLike[str] | None = None,
    server_name: str | None = None,
    deadlines: Deadlines = ...,
) -> Gateway: ...


def connect(
    profile: Profile | str | os.PathLike[str] | None = None,
    identity: Identity | None = None,
    *,
    peer: str | None = None,
    endpoint: str | None = None,
    tls_root: bytes | str | os.PathLike[str] | None = None,
    server_name: str | None = None,
    deadlines: Deadlines = DEFAULT_DEADLINES,
) -> Gateway:
    """Connect to a peer's Gateway service. No message is sent before the first call.

    Args:
        profile: a connection profile, or the path of one; or instead of it `endpoint`.
        identity: who speaks.
        peer: name of a peer in the profile; default: the first one of the client's own organisation.
        endpoint: `host:port`, or `grpc://host:port` for a connection without TLS.
        tls_root: with `endpoint`, the certificates that the peer's TLS certificate must chain to: PEM bytes,
            or the path of a file; default: those of the system.
        server_name: with `endpoint`, the name to expect in the peer's TLS certificate, if it is not the host.
        deadlines: how long each step may take.

    Raises:
        ProfileError: the profile cannot be used, or `tls_root` cannot be read.
    """
    target = Target.resolve(profile, peer, endpoint, tls_root, server_name)
    if identity is None:
        raise TypeError("connect needs an identity")
    if target.credentials is None:
        channel = grpc.insecure_channel(target.address, options=target.options)
    else:
        channel = grpc.secure_channel(target.address, target.credentials, options=target.options)
    return Gateway(SyncSession(identity, deadlines, target.address, channel))


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how to open a gRPC channel; `credentials` None means without TLS."""

    address: str
    credentials: grpc.ChannelCredentials | None
    options: tuple[tuple[str, int | str], ...]

    @classmethod
    def resolve(
        cls,
        profile: Profile | str | os.PathLike[str] | None,
        peer: str | None,
        endpoint: str | None,
        tls_root: bytes | str | os.PathLike[str] | None,
        server_name: str | None,
    ) -> Target:
        """The target that the arguments of `connect` mean."""
        if (profile is None) == (endpoint is None):
            raise TypeError("connect needs either a profile or an endpoint")
        if endpoint is not None:
            scheme, _, address = endpoint.rpartition("://")
            if scheme not in {"", "grpc", "grpcs"}:
                raise ProfileError(f"endpoint {endpoint!r}: give host:port, or grpc://host:port without TLS")
            return cls._of(address, scheme != "grpc", _roots(tls_root), server_name)
        loaded = profile if isinstance(profile, Profile) else Profile.load(profile or "")
        node = loaded.peer(peer)
        return cls._of(node.address, node.tls, node.tls_roots, node.server_name)

    @classmethod
    def _of(cls, address: str, tls: bool, roots: bytes | None, server_name: str | None) -> Target:
        options = _OPTIONS
        if server_name:
            options += (("grpc.ssl_target_name_override", server_name),)
        return cls(address, grpc.ssl_channel_credentials(roots) if tls else None, options)


def _roots(tls_root: bytes | str | os.PathLike[str] | None) -> bytes | None:
    if tls_root is None or isinstance(tls_root, bytes):
        return tls_root
    try:
        return Path(tls_root).read_bytes()
    except OSError as error:
        raise ProfileError(f"tls_root {os.fspath(tls_root)!r} cannot be read: {error.strerror}") from error
