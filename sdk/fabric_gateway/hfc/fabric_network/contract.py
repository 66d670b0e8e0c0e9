"""A chaincode of `hfc.fabric_network`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fabric_gateway.hfc.fabric.client import Client
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.fabric_network._connected import Connected


class Contract:
    """A chaincode on a channel.

    As in hfc, whose tutorial gives the channel for `name`, that argument is not used: the functions `invoke`
    and `query` of the chaincode are called. For other functions take `Client.chaincode_invoke`.
    """

    def __init__(self, network: Any, cc_name: str, gateway: Connected) -> None:
        self.network = network
        self.channel = network.channel
        self.cc_name = cc_name
        self.gateway = gateway

    def get_network(self) -> Any:
        """The channel."""
        return self.network

    def get_cc_name(self) -> str:
        """Name of the chaincode."""
        return self.cc_name

    def get_options(self) -> dict[str, Any]:
        """The gateway's options."""
        return self.gateway.get_options()

    async def submit_transaction(self, name: str, args: Sequence[str | bytes], requestor: User) -> str:
        """Call `invoke` at all peers of the profile, and wait until the transaction is in a block."""
        client = self._client()
        peers = list(client.peers)
        return await client.chaincode_invoke(
            requestor, self.channel.name, peers, args, self.cc_name, wait_for_event=True
        )

    async def evaluate_transaction(self, name: str, args: Sequence[str | bytes], requestor: User) -> str:
        """Call `query` at all peers of the profile, and write nothing."""
        client = self._client()
        return await client.chaincode_query(
            requestor, self.channel.name, list(client.peers), args, self.cc_name
        )

    def _client(self) -> Client:
        client = self.gateway.client
        if client is None:
            raise ValueError("the gateway was not connected")
        return client
