"""What connection profiles name: peers, orderers, certificate authorities, organisations and channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fabric_gateway.errors import ProfileError
from fabric_gateway.identity._identity import Identity
from fabric_gateway.profile._client_certificate import ClientCertificate


@dataclass(frozen=True, slots=True)
class Node:
    """A node as a profile names it.

    Attributes:
        name: its name in the profile.
        address: host and port.
        tls: whether to use TLS.
        tls_roots: certificates, PEM, that its TLS certificate must chain to; None: those of the system.
        server_name: the name to expect in its TLS certificate, if it is not the host; else None.
        options: gRPC channel arguments for connections to it, by name.
    """

    name: str
    address: str
    tls: bool
    tls_roots: bytes | None = field(repr=False)
    server_name: str | None
    options: Mapping[str, int | str] = field(default_factory=dict)


class Peer(Node):
    """A peer as a profile names it; see `Node` for its attributes."""

    __slots__ = ()


class Orderer(Node):
    """An orderer as a profile names it; see `Node` for its attributes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Registrar:
    """An identity that may register others, by the name and secret with which it enrols."""

    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """A certificate authority as a profile names it.

    Attributes:
        name: its name in the profile.
        url: where it answers, `https://…`.
        ca_name: name of the CA within its server; "" for the server's default.
        tls_roots: certificates, PEM, that its TLS certificate must chain to; None: those of the system.
        registrars: identities that may register others.
        client_certificate: what a client shows for itself in mutual TLS; else None.
    """

    name: str
    url: str
    ca_name: str
    tls_roots: bytes | None = field(repr=False)
    registrars: tuple[Registrar, ...] = ()
    client_certificate: ClientCertificate | None = None


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
    _admin: Callable[[], Identity] | None = field(default=None, repr=False, compare=False)

    def admin(self) -> Identity:
        """Its administrator, from `signedCert` and `adminPrivateKey`, whose files are read only here.

        Raises:
            ProfileError: the profile names none, or the files cannot be read.
            IdentityError: certificate and key do not belong together.
        """
        if self._admin is None:
            raise ProfileError(
                f"organizations.{self.name} names no administrator: give signedCert and adminPrivateKey"
            )
        return self._admin()


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as a profile names it.

    Attributes:
        name: its name.
        peers: names of peers that have joined it, in order.
        orderers: names of its orderers, in order.
    """

    name: str
    peers: tuple[str, ...]
    orderers: tuple[str, ...]
