"""Configuration of the test run, and one network with a small town on it, shared by the tests that use it."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from random import Random

import pytest
from _pytest.runner import runtestprotocol
from support import Town, found_town, running

import groups
from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

VOUCHERS = 1_800
MAX_LINES = 20
LONGEST_ID = 150


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of `make proof`."""
    parser.addoption(
        "--proof",
        action="store_true",
        help="run every repetition, as `make proof` does, instead of one of each kind",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Mark the groups before pytest-xdist reads them, and sort them after all other hooks."""
    groups.form(items)
    if not config.getoption("--proof"):
        for item in items:
            if mark := item.get_closest_marker("proof"):
                item.add_marker(pytest.mark.skip(reason=f"make proof {mark.args[0]}"))
    yield
    groups.check(config, items)
    groups.arrange(items)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their arguments: keys and certificates differ in each process, and ids must not."""
    return argname if isinstance(val, (bytes, str)) and len(val) > LONGEST_ID else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Tear down a group's network after the group's last test, not at the end of the session."""
    group = groups.of(item)
    if nextitem is None or group not in groups.SHARING or group == groups.of(nextitem):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=None)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Show why a test failed as soon as it has: the whole run may take most of an hour, or be interrupted."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        lines = [line for line in report.longreprtext.splitlines() if line.startswith(("E ", ">"))]
        print(f"\n{report.nodeid}:", *lines[:MAX_LINES], sep="\n", file=sys.__stdout__, flush=True)


@pytest.fixture(scope="session")
def proof(pytestconfig: pytest.Config) -> bool:
    """Whether to run every repetition; otherwise each kind of step runs once."""
    return bool(pytestconfig.getoption("--proof"))


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network of four organisations on free ports, always stopped at the end."""
    with running(Topology.packaged("kindpakket"), tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest.fixture(scope="session")
def desk(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The municipality's three users and the auditor, connected."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as made:
        yield made


@pytest.fixture(scope="session")
def town(desk: Desk) -> Town:
    """A town with enough vouchers for every test to take its own."""
    return found_town(desk, VOUCHERS)


@pytest.fixture
def wallet(town: Town) -> Wallet:
    """An unused voucher of 300 euros, bound to a key."""
    return next(town.keys)


@pytest.fixture
def booklet(town: Town) -> Wallet:
    """An unused voucher of 300 euros, bound to a booklet."""
    return next(town.booklets)
