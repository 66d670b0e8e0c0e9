"""What the scenarios share: the network's description, and who connects to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import yaml
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from kindpakket.fabric import ConnectOptions, EndorseError, Gateway, Identity, Profile, aio, connect
from kindpakket_network import Network, Topology

CHANNEL = "scenario"
ORGANISATIONS = {"org1": "Org1MSP", "org2": "Org2MSP", "org3": "Org3MSP"}
ORDERING = "SCENARIO_ORDERING"
"""The environment variable that says how the network orders: `bft`, the default, or `raft`."""

_READY = 60.0


def topology(ordering: str | None = None) -> Topology:
    """The network of `topology.yaml`, ordered as `ordering` or the environment says."""
    file = Path(__file__).parent / "topology.yaml"
    document = yaml.safe_load(file.read_text("utf-8"))
    document["ordering"]["type"] = ordering or os.environ.get(ORDERING, "bft")
    return Topology.read(document, file.parent, str(file))


@dataclass(frozen=True)
class Place:
    """The running network.

    Attributes:
        network: its processes.
    """

    network: Network

    @property
    def bft(self) -> bool:
        """It orders by BFT, and not by Raft."""
        return self.network.topology.ordering.type == "bft"

    def profile(self, organisation: str) -> Profile:
        """An organisation's connection profile."""
        return Profile.load(self.network.profile(organisation))

    def identity(self, organisation: str, user: str = "user") -> Identity:
        """A user's certificate and key."""
        return Identity.from_msp(self.network.user(organisation, user), ORGANISATIONS[organisation])

    def connect(
        self, organisation: str, user: str = "user", at: str | None = None, **options: Unpack[ConnectOptions]
    ) -> Gateway:
        """A user's gateway, at its organisation's peers or at another's."""
        return connect(self.profile(at or organisation), self.identity(organisation, user), **options)

    def connect_async(
        self, organisation: str, user: str = "user", at: str | None = None, **options: Unpack[ConnectOptions]
    ) -> aio.Gateway:
        """A user's gateway for asyncio."""
        return aio.connect(self.profile(at or organisation), self.identity(organisation, user), **options)

    def await_endorsers(self) -> None:
        """Wait until every organisation's peers know one another, so that policies can be met from each."""
        for organisation in ORGANISATIONS:
            with self.connect(organisation) as gateway:
                for chaincode in ("strict", "open"):
                    _endorse(gateway, chaincode)


@retry(
    retry=retry_if_exception_type(EndorseError),
    stop=stop_after_delay(_READY),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _endorse(gateway: Gateway, chaincode: str) -> None:
    gateway.network(CHANNEL).contract(chaincode).proposal("Echo", "ready").endorse()
