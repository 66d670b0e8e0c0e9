"""A network of real processes with a small town on it, one for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from support import Town, found_town, running

from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

VOUCHERS = 1_200


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network of four organisations on free ports, stopped at the end whatever happens."""
    with running(Topology.packaged("kindpakket"), tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest.fixture(scope="session")
def desk(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The municipality's three users and the auditor, connected."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as made:
        yield made


@pytest.fixture(scope="session")
def town(desk: Desk) -> Town:
    """A town with vouchers enough for every test to take its own."""
    return found_town(desk, VOUCHERS)


@pytest.fixture
def wallet(town: Town) -> Wallet:
    """A voucher of 300 euro, bound to a key, that nobody used."""
    return next(town.keys)


@pytest.fixture
def booklet(town: Town) -> Wallet:
    """A voucher of 300 euro, bound to a booklet, that nobody used."""
    return next(town.booklets)
