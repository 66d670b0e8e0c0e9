"""One network of real peers for all scenarios, and gateways on it.

`place` is the network. `gateway`, `ledger`, `strict` and `open_to_any` make a test run twice, sync and
asyncio: the objects of the asyncio style are wrapped so that they work like their sync twins. A test that
needs only one style uses `place.connect(…)` or `place.connect_async(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario_support import CHANNEL, Clients, Place, topology
from styles import Loop
from support import running

from fabric_gateway import Contract, Gateway
from fabric_gateway import Network as Ledger


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The network of `topology.yaml` on free ports, always stopped at the end."""
    with running(topology(), tmp_path_factory.mktemp("scenario")) as network:
        made = Place(network)
        made.await_peers()
        yield made


@pytest.fixture(scope="session", params=["sync", "asyncio"])
def clients(request: pytest.FixtureRequest, place: Place) -> Iterator[Clients]:
    """Makes gateways, in either style."""
    loop = Loop() if request.param == "asyncio" else None
    try:
        yield Clients(place, loop)
    finally:
        if loop is not None:
            loop.close()


@pytest.fixture(scope="session")
def gateway(clients: Clients) -> Iterator[Gateway]:
    """A client of Org1, connected to its organisation's first peer."""
    with clients.connect("org1") as made:
        yield made


@pytest.fixture
def ledger(gateway: Gateway) -> Ledger:
    """The channel, as the client of Org1 sees it."""
    return gateway.network(CHANNEL)


@pytest.fixture
def strict(ledger: Ledger) -> Contract:
    """The chaincode that needs an endorsement by every organisation."""
    return ledger.contract("strict")


@pytest.fixture
def open_to_any(ledger: Ledger) -> Contract:
    """The chaincode that needs one endorsement by any organisation; it has the private collections."""
    return ledger.contract("open")


@pytest.fixture(scope="session")
def second(clients: Clients) -> Iterator[Ledger]:
    """The channel, as a client of Org2 sees it through its own organisation's peer."""
    with clients.connect("org2") as made:
        yield made.network(CHANNEL)
