"""An organisation as a profile names it, with its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fabric_gateway import ProfileError
from fabric_gateway.hfc.fabric._material import material, read
from fabric_gateway.hfc.fabric.user import User, create_user
from fabric_gateway.hfc.util.keyvaluestore import KeyValueStore


class Organization:
    """An organisation.

    Attributes:
        name: its name in the profile.
        mspid: its MSP id; "" if the profile has none.
        peers: names of its peers.
    """

    def __init__(self, name: str = "org", state_store: KeyValueStore | None = None) -> None:
        self._name = name
        self._mspid = ""
        self._peers: list[str] = []
        self._orderers: list[str] = []
        self._CAs: list[str] = []
        self._state_store = state_store
        self._users: dict[str, User] = {}

    @property
    def name(self) -> str:
        """Its name in the profile."""
        return self._name

    @property
    def mspid(self) -> str:
        """Its MSP id; "" if the profile has none."""
        return self._mspid

    @property
    def peers(self) -> list[str]:
        """Names of its peers."""
        return self._peers

    def init_with_bundle(self, info: Mapping[str, Any]) -> bool:
        """Take what a profile says. Keys and certificates of users are paths, `{"path": …}` or `{"pem": …}`.

        Raises:
            ProfileError: a user's key or certificate is missing or is neither path nor PEM.
            ValueError: it has users, and no place where the client keeps them.
            OSError: a certificate or key cannot be read.
        """
        self._mspid = info.get("mspid", "")
        self._peers = list(info.get("peers") or ())
        self._orderers = list(info.get("orderers") or ())
        self._CAs = list(info.get("certificateAuthorities") or ())
        for name, user in (info.get("users") or {}).items():
            if self._state_store is None:
                raise ValueError(
                    f"organizations.{self._name} has users: the profile must name client.credentialStore.path"
                )
            where = f"organizations.{self._name}.users.{name}"
            key, certificate = (_needed(where, user, member) for member in ("private_key", "cert"))
            self._users[name] = create_user(
                name, self._name, self._state_store, self._mspid, key_pem=key, cert_pem=certificate
            )
        return True

    def get_user(self, name: str) -> User | None:
        """A user by name, or None."""
        return self._users.get(name)


def create_org(name: str, info: Mapping[str, Any], state_store: KeyValueStore | None) -> Organization:
    """Make one of what a profile says."""
    made = Organization(name, state_store)
    made.init_with_bundle(info)
    return made


def _needed(where: str, user: Mapping[str, Any], member: str) -> bytes:
    given = material(f"{where}.{member}", user.get(member))
    if given is None:
        raise ProfileError(f"{where}.{member} is missing: give the path of its file")
    return read(f"{where}.{member}", given)
