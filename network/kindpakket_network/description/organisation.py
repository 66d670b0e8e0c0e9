"""An organisation of a network, and the identities that its authority knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from kindpakket_network.description.host import THIS, Host


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
    """

    name: str
    msp: str
    peers: tuple[str, ...]
    consenter: bool
    users: tuple[User, ...]
    host: Host = THIS

    @classmethod
    def read(cls, members: Mapping[str, Any], hosts: Mapping[str, Host]) -> Self:
        """An organisation from its members in a topology, and the hosts by name."""
        users = tuple(
            User(user["name"], user.get("type", "client"), user.get("attributes", {}))
            for user in members["users"]
        )
        peers = tuple(members.get("peers", ()))
        host = hosts[members["host"]] if "host" in members else THIS
        return cls(members["name"], members["msp"], peers, members.get("consenter", False), users, host)

    @property
    def admin(self) -> User:
        """The first of its administrators."""
        return next(user for user in self.users if user.kind == "admin")
