"""The network's folder as a client sees it: whose certificates it holds, and which roles they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from fabric_gateway import Identity, Profile
from kindpakket.auditor.committed_requests import attributes_of


class HomeError(Exception):
    """The folder lacks what was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class User:
    """A user with a certificate.

    Attributes:
        organisation: name of the organisation.
        name: name of the user.
        folder: the user's MSP folder.
        attributes: the attributes in the certificate.
    """

    organisation: str
    name: str
    folder: Path
    attributes: Mapping[str, str]

    @property
    def role(self) -> str:
        """`kindpakket.role`; "" without one."""
        return self.attributes.get("kindpakket.role", "")

    @property
    def shop(self) -> str:
        """`kindpakket.shop`; "" without one."""
        return self.attributes.get("kindpakket.shop", "")


@dataclass(frozen=True, slots=True)
class Home:
    """A network's folder.

    Attributes:
        root: the folder, `.kindpakket` unless another was named.
    """

    root: Path

    def users(self) -> Iterator[User]:
        """All users with a certificate: first those of the network's description, then those enrolled later.

        Raises:
            HomeError: there is no network in the folder.
        """
        organisations = self.root / "organisations"
        if not organisations.is_dir():
            raise HomeError(
                f"there is no network in {self.root}: start one with kindpakket network up, "
                "or name its folder with --home"
            )
        declared = self._declared()
        found: list[User] = []
        for certificate in sorted(organisations.glob("*/users/*/msp/signcerts/*.pem")):
            folder = certificate.parents[1]
            found.append(
                User(
                    organisation=folder.parents[2].name,
                    name=folder.parent.name,
                    folder=folder,
                    attributes=attributes_of(certificate.read_bytes()),
                )
            )
        yield from sorted(found, key=lambda user: (user.organisation, user.name) not in declared)

    def user(
        self,
        roles: Sequence[str] = (),
        *,
        organisation: str | None = None,
        name: str | None = None,
        shop: str | None = None,
    ) -> User:
        """The user to act as: the one that was named, or the first one with one of these roles.

        Args:
            roles: roles that may act, the best first; none: any.
            organisation: only of this organisation.
            name: only of this name; then roles do not matter, and the chaincode judges.
            shop: only of this shop.

        Raises:
            HomeError: no user fits.
        """
        fitting = [
            user
            for user in self.users()
            if organisation in (None, user.organisation)
            and name in (None, user.name)
            and shop in (None, user.shop)
        ]
        if name is not None or not roles:
            chosen = fitting[:1]
        else:
            chosen = [user for role in roles for user in fitting if user.role == role][:1]
        if not chosen:
            wanted = [
                f"called {name}" if name else f"with the role {' or '.join(roles)}" if roles else "",
                f"of {organisation}" if organisation else "",
                f"of shop {shop}" if shop else "",
            ]
            sought = " ".join(part for part in wanted if part)
            raise HomeError(
                f"there is no user {sought} in {self.root}: give --organisation and --user, or enrol one"
            )
        return chosen[0]

    def profile(self, organisation: str) -> Profile:
        """The connection profile of an organisation.

        Raises:
            ProfileError: it cannot be read.
        """
        return Profile.load(self.root / "organisations" / organisation / "profile.yaml")

    def identity(self, user: User) -> Identity:
        """Who a user is for Fabric.

        Raises:
            IdentityError: certificate or key cannot be used.
        """
        return Identity.from_msp(user.folder, self.profile(user.organisation).mspid)

    def channel(self, organisation: str) -> str:
        """The one channel of an organisation's profile.

        Raises:
            HomeError: it has none, or several.
        """
        return self._only("channel", sorted(self.profile(organisation).channels))

    def chaincode(self, channel: str) -> str:
        """The one chaincode that the network's description puts on a channel.

        Raises:
            HomeError: it has none, or several, or there is no description.
        """
        if not self._topology.is_file():
            raise HomeError(f"there is no {self._topology}: give --chaincode")
        topology = yaml.safe_load(self._topology.read_text("utf-8"))
        names = [
            chaincode["name"]
            for described in topology["channels"]
            if described["name"] == channel
            for chaincode in described.get("chaincodes", ())
        ]
        return self._only("chaincode", names)

    @property
    def _topology(self) -> Path:
        return self.root / "topology.yaml"

    def _declared(self) -> set[tuple[str, str]]:
        """Organisation and name of the users that the network's description names."""
        if not self._topology.is_file():
            return set()
        topology = yaml.safe_load(self._topology.read_text("utf-8"))
        return {
            (organisation["name"], user["name"])
            for organisation in topology.get("organisations", ())
            for user in organisation.get("users", ())
        }

    def _only(self, kind: str, names: Sequence[str]) -> str:
        if len(names) != 1:
            count = f"has {len(names)} {kind}s ({', '.join(names)})" if names else f"has no {kind}"
            raise HomeError(f"{self.root} {count}: give --{kind}")
        return names[0]
