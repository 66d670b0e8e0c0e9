"""How the tests are run, and a network with a small town on it, one for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from random import Random

import pytest
from _pytest.runner import runtestprotocol
from support import Town, found_town, running

import groups
from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

VOUCHERS = 1_200


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of `make proof`."""
    parser.addoption(
        "--proof",
        action="store_true",
        help="repeat as often as `make proof` does, and not once for each kind",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Form groups before the workers' plugin looks at them, and order them after all others did."""
    groups.form(items)
    yield
    groups.arrange(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """End a group's network with its last test, and not with the last of all tests."""
    group = groups.of(item)
    if nextitem is None or group not in groups.SHARING or group == groups.of(nextitem):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=None)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def proof(pytestconfig: pytest.Config) -> bool:
    """Whether repetitions are made in full; otherwise each kind of step is taken once."""
    return bool(pytestconfig.getoption("--proof"))


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
