"""What the scenarios share: the network's topology, and clients of the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack
from uuid import uuid4

import yaml
from styles import Loop
from tenacity import (
    retry,
    retry_any,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
)

from fabric_gateway import (
    Commit,
    CommitError,
    ConnectOptions,
    Contract,
    DiscoveryError,
    EndorseError,
    Gateway,
    Identity,
    Profile,
    aio,
    connect,
)
from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import BlockTransaction
from kindpakket_network import Network, Topology
from patience import PATIENCE

CHANNEL = "scenario"
ORGANISATIONS = {"org1": "Org1MSP", "org2": "Org2MSP", "org3": "Org3MSP"}
ORDERING = "SCENARIO_ORDERING"
"""The environment variable that selects the ordering type: `bft`, the default, or `raft`."""


def topology(ordering: str | None = None) -> Topology:
    """The network of `topology.yaml`, with the ordering type from `ordering` or the environment."""
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
        """Whether it orders with BFT rather than Raft."""
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
        """A user's gateway, through its own organisation's peers or another's."""
        return connect(self.profile(at or organisation), self.identity(organisation, user), **options)

    def connect_async(
        self, organisation: str, user: str = "user", at: str | None = None, **options: Unpack[ConnectOptions]
    ) -> aio.Gateway:
        """A user's gateway for asyncio."""
        return aio.connect(self.profile(at or organisation), self.identity(organisation, user), **options)

    def address(self, node: str) -> str:
        """A node's address, as it appears in the details of errors."""
        return self.network.endpoint(node)

    def in_step(self, commit: Commit) -> None:
        """Wait until every peer has a transaction's block."""
        number = commit.status().block_number
        for node in self.peers():
            with self.connect(node.partition(".")[2], "admin", peers=[node]) as gateway:
                _await_block(gateway.network(CHANNEL), number)

    def peers(self) -> list[str]:
        """The names of all peers, as `peer0.org1`."""
        return [node for node in self.network.nodes() if node.startswith("peer")]

    def submitted(self, contract: Contract, function: str, *arguments: str, **options: Any) -> bytes:
        """Submit a transaction, and wait until every peer has it.

        Whoever endorses the next one then knows what this one changed, however far behind a peer may be.
        """
        commit = contract.submit_async(function, *arguments, **options)
        self.in_step(commit)
        status = commit.status()
        if not status.successful:
            raise CommitError.of(status)
        return commit.result

    def start(self, node: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a stopped node, and wait until all peers know each other again."""
        self.network.start(node, environment)
        self.await_peers()

    def await_peers(self) -> None:
        """Wait until every peer knows what all others can endorse, so that policies can be satisfied."""
        addresses = {self.address(node) for node in self.peers()}
        for node in self.peers():
            _, _, organisation = node.partition(".")
            certificate, key = self.tls_certificate(organisation)
            options = ConnectOptions(peers=[node], client_certificate=certificate, client_key=key)
            with self.connect(organisation, "admin", **options) as gateway:
                for chaincode in ("strict", "open"):
                    _await_known(gateway.network(CHANNEL), chaincode, addresses)
                    _await_endorsement(gateway.network(CHANNEL), chaincode)

    def tls_certificate(self, organisation: str) -> tuple[Path, Path]:
        """The TLS certificate of an organisation's administrator, for mutual TLS, and its key."""
        folder = self.network.home / "organisations" / organisation / "users" / "admin" / "tls"
        return folder / "cert.pem", folder / "key.pem"


@dataclass(frozen=True)
class Clients:
    """Makes gateways, in one of the two styles.

    Attributes:
        place: the running network.
        loop: the event loop of the asyncio style; None for the sync style.
    """

    place: Place
    loop: Loop | None

    def connect(
        self, organisation: str, user: str = "user", at: str | None = None, **options: Unpack[ConnectOptions]
    ) -> Gateway:
        """A user's gateway; in the asyncio style it is wrapped so that it works like a sync one."""
        return self.over(
            self.place.profile(at or organisation), self.place.identity(organisation, user), **options
        )

    def over(self, profile: Profile | None, identity: Identity, **options: Unpack[ConnectOptions]) -> Gateway:
        """A gateway for any identity, with any profile or options."""
        if self.loop is None:
            return connect(profile, identity, **options)
        made: Gateway = self.loop.call(aio.connect, profile, identity, **options)
        return made


def at_peer(name: str) -> ConnectOptions:
    """The option that selects a single peer of the profile."""
    return ConnectOptions(peers=[name])


def new_key() -> str:
    """A ledger key that no other test uses."""
    return uuid4().hex


def endorsers_of(ledger: Ledger, commit: Commit) -> list[str]:
    """The MSP ids of the organisations whose peers endorsed a transaction, according to its block, sorted."""
    return sorted({endorsement.endorser.mspid for endorsement in transaction_of(ledger, commit).endorsements})


def transaction_of(ledger: Ledger, commit: Commit) -> BlockTransaction:
    """A transaction, as recorded in its block."""
    block = ledger.block(commit.status().block_number)
    return next(
        transaction
        for transaction in block.transactions
        if transaction.transaction_id == commit.transaction_id
    )


_waiting = retry(
    retry=retry_any(
        retry_if_result(lambda arrived: not arrived), retry_if_exception_type((EndorseError, DiscoveryError))
    ),
    stop=stop_after_delay(PATIENCE),
    wait=wait_fixed(0.1),
)


@_waiting
def _await_block(ledger: Ledger, number: int) -> bool:
    return ledger.ledger_height() > number


@_waiting
def _await_known(ledger: Ledger, chaincode: str, addresses: set[str]) -> bool:
    return {peer.address for peer in ledger.peers(chaincode)} == addresses


@_waiting
def _await_endorsement(ledger: Ledger, chaincode: str) -> bool:
    return ledger.contract(chaincode).proposal("Echo", "ready").endorse().result == b"ready"
