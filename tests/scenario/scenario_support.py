"""What the scenarios share: the network's description, and who connects to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack
from uuid import uuid4

import yaml
from styles import Loop
from tenacity import retry, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from kindpakket.fabric import (
    Commit,
    ConnectOptions,
    EndorseError,
    Gateway,
    Identity,
    Profile,
    aio,
    connect,
)
from kindpakket.fabric import Network as Ledger
from kindpakket.fabric.block import Block, BlockTransaction
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

    def address(self, node: str) -> str:
        """Where a node serves, as the details of errors tell it."""
        return self.network.endpoint(node)

    def in_step(self, commit: Commit) -> None:
        """Wait until a peer of every organisation has the block that holds a transaction."""
        number = commit.status().block_number
        for organisation in ORGANISATIONS:
            with self.connect(organisation, "admin") as gateway:
                _await_block(gateway.network(CHANNEL), number)

    def await_endorsers(self) -> None:
        """Wait until every organisation's peers know one another, so that policies can be met from each."""
        for organisation in ORGANISATIONS:
            with self.connect(organisation) as gateway:
                for chaincode in ("strict", "open"):
                    _endorse(gateway, chaincode)


@dataclass(frozen=True)
class Clients:
    """Makes gateways, in one of the two styles.

    Attributes:
        place: the running network.
        loop: where the asyncio style runs; None: the style is sync.
    """

    place: Place
    loop: Loop | None

    def connect(
        self, organisation: str, user: str = "user", at: str | None = None, **options: Unpack[ConnectOptions]
    ) -> Gateway:
        """A user's gateway; in the asyncio style it is wrapped to be used like a sync one."""
        return self.over(
            self.place.profile(at or organisation), self.place.identity(organisation, user), **options
        )

    def over(self, profile: Profile | None, identity: Identity, **options: Unpack[ConnectOptions]) -> Gateway:
        """The gateway of any identity, with any profile or options."""
        if self.loop is None:
            return connect(profile, identity, **options)
        made: Gateway = self.loop.call(aio.connect, profile, identity, **options)
        return made


def new_key() -> str:
    """A key of the ledger that no other test uses."""
    return uuid4().hex


def endorsers_of(ledger: Ledger, commit: Commit) -> list[str]:
    """The MSP ids of the organisations whose peers endorsed a transaction, sorted, as its block says."""
    return sorted({one.endorser.mspid for one in transaction_of(ledger, commit).endorsements})


def transaction_of(ledger: Ledger, commit: Commit) -> BlockTransaction:
    """A transaction as its block has it."""
    number = commit.status().block_number
    with ledger.blocks(number, number) as blocks:
        block = Block.decode(next(iter(blocks)))
    return next(one for one in block.transactions if one.transaction_id == commit.transaction_id)


@retry(
    retry=retry_if_result(lambda arrived: not arrived), stop=stop_after_delay(_READY), wait=wait_fixed(0.05)
)
def _await_block(ledger: Ledger, number: int) -> bool:
    return ledger.ledger_height() > number


@retry(
    retry=retry_if_exception_type(EndorseError),
    stop=stop_after_delay(_READY),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _endorse(gateway: Gateway, chaincode: str) -> None:
    gateway.network(CHANNEL).contract(chaincode).proposal("Echo", "ready").endorse()
