"""A peer as a profile names it, and the gateways of its users."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from kindpakket.fabric import ConnectOptions, aio
from kindpakket.hfc.fabric.user import User

DEFAULT_PEER_ENDPOINT = "localhost:7051"

Path: TypeAlias = str | os.PathLike[str]

_TARGET_NAME = "grpc.ssl_target_name_override"


class Peer:
    """A peer: its name, its address, and how to reach it.

    Args:
        name: its name in the profile.
        endpoint: host and port.
        tls_ca_cert_file: file with the certificates to trust for TLS, PEM; None: without TLS.
        client_key_file: file with the client's own TLS key, PEM.
        client_cert_file: file with the client's own TLS certificate, PEM.
        opts: gRPC channel options, pairs of name and value.
    """

    def __init__(
        self,
        name: str = "peer",
        endpoint: str = DEFAULT_PEER_ENDPOINT,
        tls_ca_cert_file: Path | None = None,
        client_key_file: Path | None = None,
        client_cert_file: Path | None = None,
        opts: Iterable[tuple[str, int | str]] | None = None,
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self._roots = tls_ca_cert_file
        self._key = client_key_file
        self._certificate = client_cert_file
        self._options: dict[str, int | str] = dict(opts or ())
        self._gateways: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, bytes], aio.Gateway]] = (
            WeakKeyDictionary()
        )

    def init_with_bundle(self, info: Mapping[str, Any]) -> bool:
        """Take what a profile says.

        Raises:
            KeyError: the profile gives no `url`, or files without `path`.
        """
        self.endpoint = info["url"]
        self._options = dict(info.get("grpcOptions", {}))
        self._roots = _path(info, "tlsCACerts")
        self._key = _path(info, "clientKey")
        self._certificate = _path(info, "clientCert")
        return True

    def set_tls_client_cert_and_key(
        self, client_key_file: Path | None = None, client_cert_file: Path | None = None
    ) -> bool:
        """Set the client's own TLS certificate and key, for connections made from now on."""
        self._key = client_key_file
        self._certificate = client_cert_file
        return True

    def gateway(self, user: User) -> aio.Gateway:
        """The user's gateway at this peer, connected at its first use in an event loop.

        Raises:
            ProfileError: a file for TLS cannot be read.
            ValueError: the user is not enrolled.
        """
        identity = user.identity()
        gateways = self._gateways.setdefault(asyncio.get_running_loop(), {})
        key = (identity.mspid, identity.certificate_pem)
        if key not in gateways:
            gateways[key] = aio.connect(identity=identity, **self._connecting())
        return gateways[key]

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        for gateway in self._gateways.pop(asyncio.get_running_loop(), {}).values():
            await gateway.close()

    def _connecting(self) -> ConnectOptions:
        scheme, _, address = self.endpoint.rpartition("://")
        tls = scheme == "grpcs" or (not scheme and self._roots is not None)
        options: ConnectOptions = {"endpoint": address if tls else f"grpc://{address}"}
        if tls:
            options["tls_root"] = self._roots
        if self._certificate is not None and self._key is not None:
            options["client_certificate"] = self._certificate
            options["client_key"] = self._key
        arguments = dict(self._options)
        name = arguments.pop(_TARGET_NAME, None)
        if name is not None:
            options["server_name"] = str(name)
        options["channel_options"] = arguments
        return options


def create_peer(
    endpoint: str = DEFAULT_PEER_ENDPOINT,
    tls_cacerts: Path | None = None,
    client_key: Path | None = None,
    client_cert: Path | None = None,
    opts: Iterable[tuple[str, int | str]] | None = None,
) -> Peer:
    """Make a peer that is in no profile."""
    return Peer("peer", endpoint, tls_cacerts, client_key, client_cert, opts)


def _path(info: Mapping[str, Any], member: str) -> Path | None:
    found = info.get(member)
    path: Path | None = found["path"] if found else None
    return path
