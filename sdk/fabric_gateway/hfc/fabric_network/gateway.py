"""hfc's own idea of a gateway: a client, and the networks that were asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fabric_gateway.hfc.fabric.client import Client
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.fabric_network._connected import Connected
from fabric_gateway.hfc.fabric_network.network import Network


class Gateway(Connected):
    """Where a program of `hfc.fabric_network` begins.

    Attributes:
        client: the client, after `connect`.
        networks: the networks by name.
        options: options, which hfc keeps and does not use.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wallet: Any = None
        self.networks: dict[str, Network] = {}
        self.current_identity: User | None = None

    def mergeOptions(
        self, currentOptions: dict[str, Any], additionalOptions: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Put options over others, mapping by mapping; the first argument is changed and returned."""
        for name, value in additionalOptions.items():
            present = currentOptions.get(name)
            if isinstance(present, dict) and isinstance(value, dict):
                self.mergeOptions(present, value)
            else:
                currentOptions[name] = value
        return currentOptions

    async def connect(self, net_profile: str, options: Mapping[str, Any]) -> None:
        """Read the connection profile. `options["identity"]` may name the user: `org_name` and `name`."""
        self.client = Client(net_profile=net_profile or None)
        identity = options.get("identity")
        if identity:
            self.current_identity = self.client.get_user(org_name=identity["org_name"], name=identity["name"])

    def get_current_identity(self) -> User | None:
        """The user that `connect` was given."""
        return self.current_identity

    def disconnect(self) -> None:
        """Forget the networks."""
        self.networks.clear()

    async def get_network(self, network_name: str, requestor: User) -> Network:
        """A channel. hfc asks discovery for its peers; here those of the profile are taken.

        Raises:
            ValueError: `connect` was not called.
        """
        if self.client is None:
            raise ValueError("there is no client yet: await connect(net_profile, options) first")
        if network_name not in self.networks:
            self.networks[network_name] = Network(self, self.client.new_channel(network_name))
        return self.networks[network_name]
