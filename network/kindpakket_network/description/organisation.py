"""An organisation of a network, and the identities that its authority knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from kindpakket_network.description.host import THIS, Host
from kindpakket_network.description.numbering import numbered
from kindpakket_network.description.token import Token


@dataclass(frozen=True)
class User:
    """An identity that an organisation's CA issues a certificate to.

    Attributes:
        name: the enrolment name; it is part of the certificate, so it names a function and never a person.
        kind: `client` or `admin`, the node OU of the certificate.
        attributes: attributes in the certificate.
    """

    name: str
    kind: str = "client"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Organisation:
    """An organisation with its certificate authority.

    Attributes:
        name: its name in file and node names.
        msp: its MSP id.
        peers: the names of its peers, without the organisation.
        consenter: whether it runs an orderer, which can be a consenter of channels.
        users: its identities, at least one of kind `admin`.
        host: where its nodes run.
        place: the number of its block of ports, from 0; see `ports`.
        peer_places: the number of each peer's ports in that block, from 0.
        token: where its nodes' signing keys and its authorities' roots are made; None: in files.
    """

    name: str
    msp: str
    peers: tuple[str, ...]
    consenter: bool
    users: tuple[User, ...]
    host: Host = THIS
    place: int = 0
    peer_places: Mapping[str, int] = field(default_factory=dict)
    token: Token | None = None

    @classmethod
    def read(cls, members: Mapping[str, Any], hosts: Mapping[str, Host], place: int) -> Self:
        """An organisation from its members in a topology, the hosts by name, and its place."""
        users = tuple(
            User(user["name"], user.get("type", "client"), user.get("attributes", {}))
            for user in members["users"]
        )
        peers = tuple(members.get("peers", ()))
        host = hosts[members["host"]] if "host" in members else THIS
        return cls(
            name=members["name"],
            msp=members["msp"],
            peers=peers,
            consenter=members.get("consenter", False),
            users=users,
            host=host,
            place=place,
            peer_places=numbered(peers, members.get("peer_places", {})),
            token=Token.read(members),
        )

    @property
    def admin(self) -> User:
        """The first of its administrators."""
        return next(user for user in self.users if user.kind == "admin")


def places_of(organisations: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The place of each organisation among the ports, from their members in a topology."""
    given = {members["name"]: members["place"] for members in organisations if "place" in members}
    return numbered([members["name"] for members in organisations], given)
