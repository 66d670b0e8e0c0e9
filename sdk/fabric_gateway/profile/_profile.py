"""The common connection profile: which nodes and certificate authorities there are, and how to reach them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fabric_gateway.errors import ProfileError
from fabric_gateway.profile import _reader as reader
from fabric_gateway.profile._client_certificate import ClientCertificate
from fabric_gateway.profile._member import Member
from fabric_gateway.profile._parts import (
    CertificateAuthority,
    Channel,
    Node,
    Orderer,
    Organization,
    Peer,
    Registrar,
)

__all__ = [
    "CertificateAuthority",
    "Channel",
    "Node",
    "Orderer",
    "Organization",
    "Peer",
    "Profile",
    "Registrar",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Profile:
    """A connection profile that was read and checked.

    Members that mean nothing here, such as `entityMatchers`, `cryptoconfig` or time limits of older SDKs, may
    be present and are ignored.

    Attributes:
        name: its name.
        organization: name of the client's own organisation.
        organizations: all organisations by name.
        peers: all peers by name.
        certificate_authorities: all certificate authorities by name.
        channels: all channels by name.
        client_certificate: what the client shows for itself in mutual TLS; else None.
        orderers: all orderers by name.
    """

    name: str
    organization: str
    organizations: Mapping[str, Organization]
    peers: Mapping[str, Peer]
    certificate_authorities: Mapping[str, CertificateAuthority]
    channels: Mapping[str, Channel]
    client_certificate: ClientCertificate | None = None
    orderers: Mapping[str, Orderer] = field(default_factory=dict)

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
        return self._pick("peer", "peers", name, own, self.peers)

    def certificate_authority(self, name: str | None = None) -> CertificateAuthority:
        """A certificate authority by name; without a name the first one of the client's own organisation.

        Raises:
            ProfileError: there is none.
        """
        own = self.organizations[self.organization].certificate_authorities
        known = self.certificate_authorities
        return self._pick("certificate authority", "certificateAuthorities", name, own, known)

    def _pick(
        self, what: str, member: str, name: str | None, own: tuple[str, ...], known: Mapping[str, T]
    ) -> T:
        if name is None and not own:
            raise ProfileError(
                f"organizations.{self.organization}.{member} is empty: name at least one {what}"
            )
        wanted = own[0] if name is None else name
        if wanted not in known:
            there = ", ".join(known) or "none"
            raise ProfileError(f"there is no {what} {wanted!r} in the profile; it has {there}")
        return known[wanted]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Profile:
        """Read a profile from a YAML or JSON file. Relative paths in it start at its own folder.

        Raises:
            ProfileError: the file cannot be read or used; the message names the file and the member.
        """
        import yaml  # noqa: PLC0415  # programs that connect to an endpoint need none of it

        file = Path(path)
        try:
            content: object = yaml.safe_load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ProfileError(f"{file}: cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ProfileError(f"{file}: is neither YAML nor JSON: {error}") from error
        return _read(Member(f"{file}: ", file.parent, "", content))

    @classmethod
    def from_mapping(cls, content: Mapping[str, object], folder: str | os.PathLike[str] = ".") -> Profile:
        """Use a profile that was already read. Relative paths in it start at `folder`.

        Raises:
            ProfileError: it cannot be used; the message names the member.
        """
        return _read(Member("", Path(folder), "", dict(content)))


def _read(top: Member) -> Profile:
    """Read and check a whole profile."""
    organizations = {
        name: reader.organization(name, at) for name, at in top.children("organizations").items()
    }
    peers = {name: reader.node(Peer, name, at) for name, at in top.children("peers").items()}
    orderers = {name: reader.node(Orderer, name, at) for name, at in top.children("orderers").items()}
    authorities = {
        name: reader.authority(name, at) for name, at in top.children("certificateAuthorities").items()
    }
    client = top.need("client")
    own = client.need("organization")
    if own.text() not in organizations:
        known = ", ".join(organizations) or "none"
        raise own.wrong(f"is {own.text()!r}, which is not among organizations ({known})")
    for organization in organizations.values():
        at = top.need("organizations").need(organization.name)
        reader.known(at, "peers", organization.peers, peers)
        reader.known(at, "certificateAuthorities", organization.certificate_authorities, authorities)
    return Profile(
        name=top.text_of("name"),
        organization=own.text(),
        organizations=organizations,
        peers=peers,
        certificate_authorities=authorities,
        channels={
            name: reader.channel(name, at, peers, orderers) for name, at in top.children("channels").items()
        },
        client_certificate=reader.client_certificate(client.get("tlsCerts")),
        orderers=orderers,
    )
