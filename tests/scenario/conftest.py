"""One network of real peers for all scenarios, and gateways on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario_support import CHANNEL, Place, topology
from support import running

from kindpakket.fabric import Contract, Gateway
from kindpakket.fabric import Network as Ledger


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The network of `topology.yaml` on free ports, stopped at the end whatever happens."""
    with running(topology(), tmp_path_factory.mktemp("scenario")) as network:
        made = Place(network)
        made.await_endorsers()
        yield made


@pytest.fixture(scope="session")
def gateway(place: Place) -> Iterator[Gateway]:
    """A client of Org1 at its organisation's first peer."""
    with place.connect("org1") as made:
        yield made


@pytest.fixture
def ledger(gateway: Gateway) -> Ledger:
    """The channel."""
    return gateway.network(CHANNEL)


@pytest.fixture
def strict(ledger: Ledger) -> Contract:
    """The chaincode that needs a peer of each organisation."""
    return ledger.contract("strict")


@pytest.fixture
def open_to_any(ledger: Ledger) -> Contract:
    """The chaincode that needs one peer of any organisation; it has the private collections."""
    return ledger.contract("open")
