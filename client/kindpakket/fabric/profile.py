"""The common connection profile: which peers and certificate authorities there are, and how to reach them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import yaml

from kindpakket.fabric.client_certificate import ClientCertificate, pair
from kindpakket.fabric.errors import ProfileError

Value: TypeAlias = object


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as a profile names it.

    Attributes:
        name: its name in the profile.
        address: host and port.
        tls: whether to use TLS (`grpcs://`).
        tls_roots: certificates, PEM, that its TLS certificate must chain to; None: those of the system.
        server_name: the name to expect in its TLS certificate, if it is not the host; else None.
    """

    name: str
    address: str
    tls: bool
    tls_roots: bytes | None
    server_name: str | None


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """A certificate authority as a profile names it.

    Attributes:
        name: its name in the profile.
        url: where it answers, `https://…`.
        ca_name: name of the CA within its server; "" for the server's default.
        tls_roots: certificates, PEM, that its TLS certificate must chain to; None: those of the system.
    """

    name: str
    url: str
    ca_name: str
    tls_roots: bytes | None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation as a profile names it.

    Attributes:
        name: its name in the profile.
        mspid: its MSP id.
        peers: names of its peers, in order.
        certificate_authorities: names of its certificate authorities, in order.
    """

    name: str
    mspid: str
    peers: tuple[str, ...]
    certificate_authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A connection profile that was read and checked.

    Attributes:
        name: its name.
        organization: name of the client's own organisation.
        organizations: all organisations by name.
        peers: all peers by name.
        certificate_authorities: all certificate authorities by name.
        channels: for each channel the names of its peers.
        client_certificate: what the client shows for itself in mutual TLS; else None.
    """

    name: str
    organization: str
    organizations: Mapping[str, Organization]
    peers: Mapping[str, Peer]
    certificate_authorities: Mapping[str, CertificateAuthority]
    channels: Mapping[str, tuple[str, ...]]
    client_certificate: ClientCertificate | None = None

    @property
    def mspid(self) -> str:
        """MSP id of the client's own organisation."""
        return self.organizations[self.organization].mspid

    def peer(self, name: str | None = None) -> Peer:
        """A peer by name; without a name the first one of the client's own organisation.

        Raises:
            ProfileError: there is none.
        """
        own = self.organizations[self.organization].peers
        if name is None and not own:
            raise ProfileError(f"organizations.{self.organization}.peers is empty: name at least one peer")
        wanted = own[0] if name is None else name
        if wanted not in self.peers:
            raise ProfileError(f"there is no peer {wanted!r} in the profile; it has {', '.join(self.peers)}")
        return self.peers[wanted]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Profile:
        """Read a profile from a YAML or JSON file. Relative paths in it start at its own folder.

        Raises:
            ProfileError: the file cannot be read or used; the message names the file and the member.
        """
        file = Path(path)
        try:
            content: object = yaml.safe_load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ProfileError(f"{file}: cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ProfileError(f"{file}: is neither YAML nor JSON: {error}") from error
        return _read(_Member(file, "", content))


class _Member:
    """A member of the file with the path that leads to it, for messages."""

    def __init__(self, file: Path, path: str, value: Value) -> None:
        self.file = file
        self.path = path
        self.value = value

    def wrong(self, why: str) -> ProfileError:
        return ProfileError(f"{self.file}: {self.path or 'the profile'} {why}")

    def get(self, name: str) -> _Member | None:
        value = self.mapping().get(name)
        return None if value is None else self._child(name, value)

    def need(self, name: str) -> _Member:
        member = self.get(name)
        if member is None:
            raise self._child(name, None).wrong("is missing")
        return member

    def mapping(self) -> Mapping[str, Value]:
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be a mapping, not {_kind(self.value)}")
        return {str(key): value for key, value in self.value.items()}

    def children(self, name: str) -> dict[str, _Member]:
        member = self.get(name)
        return {} if member is None else {key: member.need(key) for key in member.mapping()}

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong(f"must be a text, not {_kind(self.value)}")
        return self.value

    def names(self, name: str) -> tuple[str, ...]:
        member = self.get(name)
        if member is None:
            return ()
        if not isinstance(member.value, list):
            raise member.wrong(f"must be a list of names, not {_kind(member.value)}")
        return tuple(member._child(str(index), value).text() for index, value in enumerate(member.value))

    def _child(self, name: str, value: Value) -> _Member:
        return _Member(self.file, f"{self.path}.{name}" if self.path else name, value)


def _kind(value: Value) -> str:
    return "empty" if value is None or value == "" else type(value).__name__


def _read(top: _Member) -> Profile:
    organizations = {name: _organization(name, at) for name, at in top.children("organizations").items()}
    peers = {name: _peer(name, at) for name, at in top.children("peers").items()}
    authorities = {name: _authority(name, at) for name, at in top.children("certificateAuthorities").items()}
    own = top.need("client").need("organization")
    if own.text() not in organizations:
        known = ", ".join(organizations) or "none"
        raise own.wrong(f"is {own.text()!r}, which is not among organizations ({known})")
    for organization in organizations.values():
        at = top.need("organizations").need(organization.name)
        _known(at, "peers", organization.peers, peers)
        _known(at, "certificateAuthorities", organization.certificate_authorities, authorities)
    channels = {name: _channel(at, peers) for name, at in top.children("channels").items()}
    name = top.get("name")
    return Profile(
        name.text() if name else "",
        own.text(),
        organizations,
        peers,
        authorities,
        channels,
        _client_certificate(top.need("client")),
    )


def _client_certificate(client: _Member) -> ClientCertificate | None:
    certificates = client.get("tlsCerts")
    own = certificates.get("client") if certificates else None
    if own is None:
        return None
    certificate, key = own.get("cert"), own.get("key")
    try:
        return pair(_content(certificate) if certificate else None, _content(key) if key else None)
    except ProfileError as error:
        raise own.wrong(f"cannot be used: {error}") from error


def _organization(name: str, at: _Member) -> Organization:
    return Organization(name, at.need("mspid").text(), at.names("peers"), at.names("certificateAuthorities"))


def _peer(name: str, at: _Member) -> Peer:
    url = at.need("url")
    parts = urlsplit(url.text())
    if parts.scheme not in {"grpc", "grpcs"} or not parts.hostname or not _port(url):
        raise url.wrong(f"is {url.text()!r}: it must be grpcs://host:port, or grpc://host:port without TLS")
    options = at.get("grpcOptions")
    override = options.get("ssl-target-name-override") if options else None
    return Peer(
        name=name,
        address=parts.netloc,
        tls=parts.scheme == "grpcs",
        tls_roots=_roots(at),
        server_name=override.text() if override else None,
    )


def _authority(name: str, at: _Member) -> CertificateAuthority:
    url = at.need("url")
    if urlsplit(url.text()).scheme not in {"http", "https"}:
        raise url.wrong(f"is {url.text()!r}: it must be https://host:port")
    ca_name = at.get("caName")
    return CertificateAuthority(name, url.text(), ca_name.text() if ca_name else "", _roots(at))


def _channel(at: _Member, peers: Mapping[str, Peer]) -> tuple[str, ...]:
    member = at.get("peers")
    names = (
        ()
        if member is None
        else at.names("peers")
        if isinstance(member.value, list)
        else tuple(member.mapping())
    )
    _known(at, "peers", names, peers)
    return names


def _known(at: _Member, member: str, names: tuple[str, ...], there: Mapping[str, object]) -> None:
    for name in names:
        if name not in there:
            raise at.need(member).wrong(f"names {name!r}, which is not among {member} of the profile")


def _port(url: _Member) -> int | None:
    try:
        return urlsplit(url.text()).port
    except ValueError as error:
        raise url.wrong(f"is {url.text()!r}: {error}") from error


def _roots(at: _Member) -> bytes | None:
    member = at.get("tlsCACerts")
    if member is None:
        return None
    content = _content(member)
    if b"-----BEGIN CERTIFICATE-----" not in content:
        named = member.get("pem") or member.need("path")
        raise named.wrong("holds no certificate in PEM")
    return content


def _content(member: _Member) -> bytes:
    """What a member holds under `pem`, or the file that it names under `path`."""
    inline = member.get("pem")
    if inline is not None:
        texts = member.names("pem") if isinstance(inline.value, list) else (inline.text(),)
        return "".join(text if text.endswith("\n") else text + "\n" for text in texts).encode()
    path = member.need("path")
    file = path.file.parent / path.text()
    try:
        return file.read_bytes()
    except OSError as error:
        raise path.wrong(f"is {path.text()!r}, which cannot be read: {error.strerror}") from error
