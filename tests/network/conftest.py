"""A network of real processes, one for all tests here, with a small town on it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from support import Town, issue_to

from kindpakket.booklet import Booklet
from kindpakket.holder import HolderKey
from kindpakket.ids import new_id
from kindpakket_demo.desk import Desk, now
from kindpakket_demo.schemes import open_provision
from kindpakket_demo.shops import accredit
from kindpakket_demo.town import make_town
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

VOUCHERS = 240


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network of four organisations on free ports, stopped at the end whatever happens."""
    topology = Topology.packaged("kindpakket").with_free_ports()
    made = Network(topology, tmp_path_factory.mktemp("network") / ".kindpakket")
    try:
        made.up(progress=print)
        yield made
    finally:
        made.down()


@pytest.fixture(scope="session")
def desk(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The municipality's three users and the auditor, connected."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as made:
        yield made


@pytest.fixture(scope="session")
def town(desk: Desk) -> Town:
    """A town with vouchers enough for every test to take its own."""
    today = now()
    scheme = open_provision(desk, 2 * VOUCHERS, today)
    stores = make_town(1, 1, today.date(), seed=7).shops
    selling_books = tuple(store for store in stores if "books" in store.categories)
    street = accredit(desk, (*selling_books, stores[1]), stores[2], today.date())
    wallets = [
        Wallet(new_id(), HolderKey.generate() if number % 2 else Booklet.generate(8))
        for number in range(VOUCHERS)
    ]
    issue_to(desk, scheme.id, wallets)
    return Town(
        desk,
        scheme,
        street,
        keys=iter([wallet for wallet in wallets if not wallet.on_paper]),
        booklets=iter([wallet for wallet in wallets if wallet.on_paper]),
    )


@pytest.fixture
def wallet(town: Town) -> Wallet:
    """A voucher of 300 euro, bound to a key, that nobody used."""
    return next(town.keys)


@pytest.fixture
def booklet(town: Town) -> Wallet:
    """A voucher of 300 euro, bound to a booklet, that nobody used."""
    return next(town.booklets)
