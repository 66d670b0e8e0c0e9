"""An organisation as a profile names it, with its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindpakket.hfc.fabric.user import User, create_user
from kindpakket.hfc.util.keyvaluestore import KeyValueStore


class Organization:
    """An organisation.

    Attributes:
        name: its name in the profile.
        mspid: its MSP id; "" if the profile has none.
        peers: names of its peers.
    """

    def __init__(self, name: str = "org", state_store: KeyValueStore | None = None) -> None:
        self.name = name
        self.mspid = ""
        self.peers: list[str] = []
        self._state_store = state_store
        self._users: dict[str, User] = {}

    def init_with_bundle(self, info: Mapping[str, Any]) -> bool:
        """Take what a profile says.

        Raises:
            ValueError: it has users, and no place where the client keeps them.
            OSError: a certificate or key cannot be read.
        """
        self.mspid = info.get("mspid", "")
        self.peers = list(info.get("peers", ()))
        for name, user in info.get("users", {}).items():
            if self._state_store is None:
                raise ValueError(
                    f"organizations.{self.name} has users: the profile must name client.credentialStore.path"
                )
            self._users[name] = create_user(
                name, self.name, self._state_store, self.mspid, user["private_key"], user["cert"]
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
