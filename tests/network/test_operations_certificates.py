"""Certificates on a network that lives: all renewed while payments run, and some revoked."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support import Town, found_town, running

from kindpakket.fabric import FabricError
from kindpakket.refusal import Refusal
from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.wait import until

LONGEST = 60.0
SMALL = 100
FULL = 30_000


@dataclass
class Sales:
    """Payments that tills took one after another while something else was done.

    Attributes:
        paid: how many.
        failed: the ones that were not taken.
    """

    paid: int = 0
    failed: list[Exception] = field(default_factory=list)

    def await_more(self, count: int) -> None:
        """Wait until so many more were taken."""
        goal = self.paid + count
        assert until(lambda: self.paid >= goal or None, LONGEST), self.failed


@contextmanager
def selling(town: Town, wallets: Sequence[Wallet]) -> Iterator[Sales]:
    """Take payments from vouchers in turn as long as the context is open."""
    sales, over = Sales(), threading.Event()

    def sell() -> None:
        for wallet in itertools.cycle(wallets):
            if over.is_set():
                return
            order = town.order(wallet, SMALL)
            try:
                town.till.shop.pay(order, wallet.authorise(order))
            except (FabricError, Refusal) as error:
                sales.failed.append(error)
            else:
                sales.paid += 1

    with ThreadPoolExecutor(1) as pool:
        till = pool.submit(sell)
        try:
            sales.await_more(3)
            yield sales
            sales.await_more(3)
        finally:
            over.set()
        till.result()


def doubled(ordering: str) -> Topology:
    """The packaged network with two peers for each organisation that payments need."""
    document: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    document["ordering"] = {"type": ordering}
    for organisation in document["organisations"]:
        if organisation["name"] in ("gemeente", "winkels"):
            organisation["peers"] = ["peer0", "peer1"]
    return Topology.read(document, Path())


@pytest.fixture(scope="module", params=["bft", "raft"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network whose paying organisations have two peers each."""
    with running(doubled(request.param), tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 12)


def serials(network: Network) -> dict[str, int]:
    from cryptography import x509

    found = {}
    for path in network.home.rglob("*cert.pem"):
        if "cacerts" not in path.parts and path.name != "ca-cert.pem":
            found[str(path.relative_to(network.home))] = x509.load_pem_x509_certificate(
                path.read_bytes()
            ).serial_number
    return found


def test_every_certificate_is_renewed_while_payments_run(network: Network, town: Town) -> None:
    wallets = [next(town.keys) for _ in range(6)]
    before = serials(network)
    with selling(town, wallets) as sales:
        renewed = network.renew(progress=print)
    after = serials(network)
    print(len(renewed), sales.paid, sales.failed)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] == after[name]] == []
    assert sales.failed == []
    assert sum(map(town.available, wallets)) == FULL * len(wallets) - SMALL * sales.paid
    assert network.status().up
