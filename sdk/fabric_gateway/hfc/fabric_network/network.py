"""A channel of `hfc.fabric_network`."""

from __future__ import annotations

from fabric_gateway.hfc.fabric.channel.channel import Channel
from fabric_gateway.hfc.fabric_network._connected import Connected
from fabric_gateway.hfc.fabric_network.contract import Contract


class Network:
    """A channel, as a gateway gives it."""

    def __init__(self, gateway: Connected, channel: Channel) -> None:
        self.gateway = gateway
        self.channel = channel
        self.contracts: dict[str, Contract] = {}
        self.initialized = True

    def get_contract(self, chaincode_id: str) -> Contract:
        """A chaincode on the channel."""
        if chaincode_id not in self.contracts:
            self.contracts[chaincode_id] = Contract(self, chaincode_id, self.gateway)
        return self.contracts[chaincode_id]
