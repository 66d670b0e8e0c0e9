"""Where a gateway is reached, and how its connections are made: the options of `connect`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypedDict
from urllib.parse import urlsplit

import grpc
from cryptography import x509

from fabric_gateway import _arguments as check
from fabric_gateway._connection.deadlines import DEFAULT_DEADLINES, Deadlines
from fabric_gateway._connection.limits import DEFAULT_LIMITS, Limits
from fabric_gateway._connection.observer import Observer
from fabric_gateway.errors import ProfileError
from fabric_gateway.profile._client_certificate import ClientCertificate, pair
from fabric_gateway.profile._profile import Profile

ProfileLike: TypeAlias = Profile | str | os.PathLike[str]
Pem: TypeAlias = bytes | str | os.PathLike[str]
"""Certificates or a key: PEM as bytes or text, or the path of a file."""

_METADATA_BYTES = 1 << 20
_OPTIONS: Mapping[str, int | str] = {
    "grpc.max_receive_message_length": -1,  # blocks may be larger than gRPC's 4 MB
    "grpc.max_send_message_length": -1,
    "grpc.max_metadata_size": _METADATA_BYTES,  # the nodes' own words travel in metadata
    "grpc.absolute_max_metadata_size": _METADATA_BYTES,
    "grpc.keepalive_time_ms": 120_000,  # a Fabric peer drops clients that ping every minute or more often
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.http2.max_pings_without_data": 0,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 5_000,  # this package waits between attempts itself
}


class ConnectOptions(TypedDict, total=False):
    """Options of `connect`, the same for sync and asyncio.

    Attributes:
        peers: with a profile, names of peers in it, in order of preference; default: all of the client's own
            organisation, in the profile's order. The first healthy one is used.
        endpoint: instead of a profile, `host:port`, or `grpc://host:port` for a connection without TLS; or
            a list of them, in order of preference.
        tls_root: with `endpoint`, the certificates that the peer's TLS certificate must chain to; default:
            those of the system.
        server_name: with `endpoint`, the name to expect in the peer's TLS certificate, if it is not the host.
        client_certificate: for mutual TLS, the client's own TLS certificate, followed by its issuers' if the
            peer does not know them; default: what the profile says under `client.tlsCerts.client`.
        client_key: its private key.
        client_key_password: what that key is encrypted with.
        channel_options: gRPC channel arguments by name, such as `grpc.keepalive_time_ms`, which replace this
            package's own.
        deadlines: how long each step may take.
        limits: how many calls may be in progress at once.
        observer: is notified of every call that has ended.
    """

    peers: Sequence[str]
    endpoint: str | Sequence[str] | None
    tls_root: Pem | None
    server_name: str | None
    client_certificate: Pem | None
    client_key: Pem | None
    client_key_password: str | bytes | None
    channel_options: Mapping[str, int | str]
    deadlines: Deadlines
    limits: Limits
    observer: Observer


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how to open a gRPC channel to a peer; `credentials` None means without TLS.

    `tls_certificate_hash` is that of the client's TLS certificate in mutual TLS, else b""; `roots` says for
    messages which certificates the peer's must chain to.
    """

    name: str
    address: str
    credentials: grpc.ChannelCredentials | None
    options: Sequence[tuple[str, int | str]]
    tls_certificate_hash: bytes = b""
    roots: str = "the system's certificates"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session is to keep to."""

    deadlines: Deadlines = DEFAULT_DEADLINES
    limits: Limits = DEFAULT_LIMITS
    observer: Observer | None = None


def settings(options: ConnectOptions) -> Settings:
    """The settings that the options of `connect` mean. Raises `TypeError` if one is of another kind."""
    observer = options.get("observer")
    if observer is not None and not callable(getattr(observer, "on_step", None)):
        raise TypeError(f"observer is {check.shown(observer)}: give an object with a method on_step")
    return Settings(
        check.instance("deadlines", options.get("deadlines", DEFAULT_DEADLINES), Deadlines, "Deadlines(…)"),
        check.instance("limits", options.get("limits", DEFAULT_LIMITS), Limits, "Limits(…)"),
        observer,
    )


def resolve(profile: ProfileLike | None, options: ConnectOptions) -> tuple[Target, ...]:
    """The targets that the arguments of `connect` mean, in order of preference.

    Raises:
        ProfileError: the profile cannot be used, or a file cannot be read.
        TypeError: neither or both of profile and endpoint are given, or an option does not exist or does not
            go with the others.
    """
    endpoint = options.get("endpoint")
    if (profile is None) == (endpoint is None):
        raise TypeError("connect needs either a profile or an endpoint")
    check.known("connect", options, tuple(ConnectOptions.__annotations__))
    arguments = {**_OPTIONS, **_channel_options(options)}
    client = pair(
        _pem("client_certificate", options.get("client_certificate")),
        _pem("client_key", options.get("client_key")),
        options.get("client_key_password"),
    )
    if endpoint is not None:
        if options.get("peers"):
            raise TypeError("peers names peers of a profile: with endpoint, give several endpoints")
        return _distinct("endpoint", _endpoints(endpoint, options, client, arguments))
    for name in ("tls_root", "server_name"):
        if options.get(name) is not None:
            raise TypeError(f"{name} goes with endpoint: with a profile, {_IN_PROFILES[name]} says it")
    loaded = profile if isinstance(profile, Profile) else Profile.load(_path("profile", profile))
    own = loaded.organizations[loaded.organization].peers
    wanted = _several("peers", options["peers"]) if "peers" in options else own or (None,)
    client = client or loaded.client_certificate
    targets = [
        _target(
            node.name,
            node.address,
            node.tls,
            node.tls_roots,
            node.server_name,
            client,
            {**_OPTIONS, **node.options, **_channel_options(options)},
            f"the tlsCACerts of {node.name} in the profile",
        )
        for node in map(loaded.peer, wanted)
    ]
    return _distinct("peers", targets)


_IN_PROFILES = {"tls_root": "tlsCACerts", "server_name": "grpcOptions with ssl-target-name-override"}


def _endpoints(
    endpoint: str | Sequence[str],
    options: ConnectOptions,
    client: ClientCertificate | None,
    arguments: Mapping[str, int | str],
) -> list[Target]:
    """The targets that addresses mean."""
    roots = _pem("tls_root", options.get("tls_root"))
    if roots is not None:
        _check_roots(roots)
    name = options.get("server_name")
    if name is not None:
        check.name("server_name", name)
    return [_endpoint(address, roots, name, client, arguments) for address in _several("endpoint", endpoint)]


def _channel_options(options: ConnectOptions) -> Mapping[str, int | str]:
    given: object = options.get("channel_options", {})
    found: dict[str, int | str] = {}
    for name, value in check.mapping("channel_options", given).items():
        if not isinstance(value, int | str):
            raise TypeError(f"channel_options[{name!r}] is {check.shown(value)}: give a number or text")
        found[name] = value
    return found


def _several(option: str, value: str | Sequence[str]) -> Sequence[str]:
    values = (value,) if isinstance(value, str) else value
    if isinstance(values, bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{option} is {check.shown(value)}: give text, or a list of texts")
    found = tuple(values)
    if not found:
        raise ProfileError(f"{option} is empty: name at least one peer")
    for each in found:
        if not isinstance(each, str):
            raise TypeError(f"{option} has {check.shown(each)}: give text")
    return found


def _distinct(option: str, targets: Sequence[Target]) -> tuple[Target, ...]:
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise ProfileError(f"{option} names {name!r} twice")
    return tuple(targets)


def _endpoint(
    endpoint: str,
    roots: bytes | None,
    server_name: str | None,
    client: ClientCertificate | None,
    arguments: Mapping[str, int | str],
) -> Target:
    scheme, _, address = endpoint.rpartition("://")
    if scheme not in {"", "grpc", "grpcs"}:
        raise _no_address(endpoint)
    parts = urlsplit(f"//{address}")
    try:
        whole = bool(parts.hostname and parts.port) and parts.netloc == address and not parts.username
    except ValueError:
        whole = False
    if not whole:
        raise _no_address(endpoint)
    tls = scheme != "grpc"
    for option, given in (("client certificate", client), ("tls_root", roots)):
        if given and not tls:
            raise ProfileError(f"endpoint {endpoint!r} is without TLS: leave out the {option}, or use TLS")
    return _target(address, address, tls, roots, server_name, client, arguments, "tls_root")


def _no_address(endpoint: str) -> ProfileError:
    return ProfileError(f"endpoint {endpoint!r}: give host:port, or grpc://host:port without TLS")


def _target(
    name: str,
    address: str,
    tls: bool,
    roots: bytes | None,
    server_name: str | None,
    client: ClientCertificate | None,
    arguments: Mapping[str, int | str],
    source: str,
) -> Target:
    if server_name:
        arguments = {**arguments, "grpc.ssl_target_name_override": server_name}
    options = tuple(arguments.items())
    if not tls:
        return Target(name, address, None, options)
    trusted = "the system's certificates" if roots is None else source
    if client is None:
        credentials = grpc.ssl_channel_credentials(roots)
        return Target(name, address, credentials, options, roots=trusted)
    credentials = grpc.ssl_channel_credentials(roots, client.key, client.chain)
    return Target(name, address, credentials, options, client.hash, trusted)


def _pem(option: str, source: Pem | None) -> bytes | None:
    if source is None:
        return None
    if isinstance(source, bytes | bytearray):
        return bytes(source)
    if isinstance(source, str) and "-----BEGIN " in source:
        return source.encode()
    try:
        return Path(_path(option, source)).read_bytes()
    except OSError as error:
        raise ProfileError(f"{option} {os.fspath(source)!r} cannot be read: {error.strerror}") from error


def _path(option: str, value: object) -> str | os.PathLike[str]:
    if isinstance(value, str | os.PathLike) and str(value):
        return value
    raise TypeError(f"{option} is {check.shown(value)}: give the path of a file")


def _check_roots(roots: bytes) -> None:
    try:
        if x509.load_pem_x509_certificates(roots):
            return
    except ValueError:
        pass
    raise ProfileError(
        f"tls_root, {len(roots)} bytes, holds no certificate in PEM: give the root that issued the peer's "
        "TLS certificate, beginning with -----BEGIN CERTIFICATE-----, or the path of its file"
    )
