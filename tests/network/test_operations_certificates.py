"""Certificates on a network that lives: all renewed while payments run, and some revoked."""

from __future__ import annotations

import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from cryptography import x509
from support import Town, books, found_town, gateway_at, identity_of, running, through

from kindpakket.fabric import (
    Deadlines,
    EndorseError,
    EvaluateError,
    FabricError,
    Identity,
    Profile,
    SubmitError,
    UnknownOutcome,
    connect,
)
from kindpakket.refusal import Refusal
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS, Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, NetworkError, Topology, node_renewal
from kindpakket_network.authority_tls import OPERATIONS
from kindpakket_network.channel_change import reconcile
from kindpakket_network.status import NetworkStatus
from kindpakket_network.wait import until

SECONDS_TO_COMMIT = 5
LONGEST = 60.0
SMALL = 100
FULL = 30_000


@dataclass
class Sales:
    """Payments that tills took one after another while something else was done.

    Attributes:
        paid: how many.
        resolved: how many of them had to be sent again, to learn what became of them.
        longest: how long the longest took, in seconds.
        failed: the ones that were not taken.
    """

    paid: int = 0
    resolved: int = 0
    longest: float = 0.0
    failed: list[Exception] = field(default_factory=list)

    def await_more(self, count: int) -> None:
        """Wait until so many more were taken."""
        goal = self.paid + count
        assert until(lambda: self.paid >= goal or None, LONGEST), self.failed


@contextmanager
def selling(town: Town, wallets: Sequence[Wallet]) -> Iterator[Sales]:
    """Take payments from vouchers in turn as long as the context is open.

    As tills do, the till sends the same order again when it does not learn what became of it: a consenter of
    Raft may lose what it took, when it ends before that is in a block.
    """
    sales, over = Sales(), threading.Event()
    network, user = town.desk.network, town.till.user
    identity = identity_of(network, SHOPS, user)
    deadlines = Deadlines(commit_status=SECONDS_TO_COMMIT)

    def sell(shop: Shop) -> None:
        for wallet in itertools.cycle(wallets):
            if over.is_set():
                return
            order, began = shop.order(town.scheme.id, wallet.voucher, books(SMALL)), time.monotonic()
            try:
                try:
                    shop.pay(order, wallet.authorise(order))
                except UnknownOutcome:
                    shop.pay(order, wallet.authorise(order))
                    sales.resolved += 1
            except (FabricError, Refusal) as error:
                sales.failed.append(error)
            else:
                sales.paid += 1
                sales.longest = max(sales.longest, time.monotonic() - began)

    with (
        connect(Profile.load(network.profile(SHOPS)), identity, deadlines=deadlines) as gateway,
        ThreadPoolExecutor(1) as pool,
    ):
        till = pool.submit(sell, Shop(gateway.network(CHANNEL).contract(CHAINCODE), town.till.shop.shop_id))
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
        yield found_town(desk, 16)


@dataclass(frozen=True)
class Renewed:
    """What was before all certificates were renewed, and what happened meanwhile."""

    serials: dict[str, int]
    identities: dict[str, Identity]
    sales: Sales
    left: int


@pytest.fixture(scope="module")
def renewed(network: Network, town: Town) -> Renewed:
    """The network after every certificate was renewed while payments ran."""
    serials = serials_of(network)
    identities = {till.user: identity_of(network, SHOPS, till.user) for till in town.street.open}
    wallets = [next(town.keys) for _ in range(6)]
    with selling(town, wallets) as sales:
        network.renew(progress=print)
    return Renewed(serials, identities, sales, sum(map(town.available, wallets)) - FULL * len(wallets))


def serials_of(network: Network) -> dict[str, int]:
    """The serial numbers of all certificates in the home but those of authorities, by their files."""
    files = [path for path in network.home.glob("[no]*/*/**/*cert.pem") if path.name != "ca-cert.pem"]
    return {
        str(path.relative_to(network.home)): x509.load_pem_x509_certificate(path.read_bytes()).serial_number
        for path in files
    }


def test_every_certificate_is_renewed(renewed: Renewed, network: Network) -> None:
    after = serials_of(network)
    assert len(after) == len(network.renew(dry_run=True)) > 40
    assert after.keys() == renewed.serials.keys()
    assert [name for name in after if after[name] == renewed.serials[name]] == []
    assert network.renew(within_days=300) == []


def test_no_payment_failed_meanwhile(renewed: Renewed, network: Network) -> None:
    print(
        f"{renewed.sales.paid} payments, {renewed.sales.resolved} sent again, {renewed.sales.longest:.1f} s"
    )
    assert renewed.sales.failed == []
    assert renewed.sales.paid > 30
    assert renewed.left == -SMALL * renewed.sales.paid
    assert network.status().up


@pytest.mark.usefixtures("renewed")
def test_keys_are_kept_from_others_and_nothing_expires_soon(network: Network) -> None:
    assert network.status().warnings == ()


@pytest.mark.usefixtures("renewed")
def test_the_operations_endpoint_of_a_ca_server_wants_a_certificate(network: Network) -> None:
    authority = network.site().inventory.authorities["regie"]
    operator = network.user("regie", "admin").parent / "tls"
    health = f"https://127.0.0.1:{authority.ports[1]}/healthz"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(authority.folder / OPERATIONS)
        with pytest.raises(requests.ConnectionError):
            session.get(health, timeout=5)
        session.cert = (str(operator / "cert.pem"), str(operator / "key.pem"))
        assert session.get(health, timeout=5).json()["status"] == "OK"


@pytest.mark.usefixtures("renewed")
def test_the_channel_names_what_the_consenters_have(network: Network) -> None:
    assert not reconcile(network.site(), network.topology.channel(CHANNEL))


@pytest.mark.usefixtures("renewed")
def test_the_votes_of_all_consenters_count(network: Network, town: Town) -> None:
    """With one of four killed, the other three are all needed."""
    network.stop("orderer.regie", signal.SIGKILL)
    try:
        wallet = next(town.keys)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
    finally:
        network.start("orderer.regie")


@pytest.mark.usefixtures("renewed")
def test_up_completes_a_renewal_that_was_killed(
    network: Network, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the worst moment: the channel names a new certificate, and the consenter has the old one.

    It was stopped since, as when the machine started again: on BFT it cannot take part as it is.
    """
    node = "orderer.auditor"
    before = network.status()

    class Killed(BaseException):
        pass

    def killed(_: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(node_renewal, "mark_for_restart", killed)
        network.renew([node])
    assert since(network.status(), node) == since(before, node)
    network.stop(node)
    network.up()
    assert since(network.status(), node) > since(before, node)
    assert since(network.status(), "orderer.regie") == since(before, "orderer.regie")
    test_the_votes_of_all_consenters_count(network, town)


@pytest.mark.usefixtures("renewed")
def test_who_was_revoked_is_refused_by_peers_and_by_ordering(network: Network, town: Town) -> None:
    till, wallet = town.street.open[1], next(town.keys)
    contract = town.desk.contract(SHOPS, till.user)
    order = town.order(wallet, till=till)
    endorsed = contract.proposal("payment:Pay", json.dumps(order.request(wallet.authorise(order)))).endorse()
    assert network.revoke(f"{till.user}@{SHOPS}") == 2  # the first one, and the renewed one
    with pytest.raises(SubmitError) as by_ordering:
        endorsed.submit()
    assert by_ordering.value.forbidden
    with pytest.raises(EvaluateError, match="access denied"):
        till.shop.allowance(town.scheme.id, wallet.voucher)
    another = town.order(wallet, till=till)
    with pytest.raises(EndorseError, match="access denied"):
        till.shop.pay(another, wallet.authorise(another))
    assert town.available(wallet) == FULL
    assert f"{till.user}@{SHOPS}" not in {one.holder for one in network.renew(dry_run=True)}


@pytest.mark.usefixtures("renewed")
def test_a_user_is_renewed_as_the_topology_has_the_user_now(network: Network) -> None:
    document = json.loads(json.dumps(network.topology.document))
    treasurer = document["organisations"][0]["users"][3]
    treasurer["attributes"] = {"kindpakket.role": "treasurer", "kindpakket.person": "p-successor"}
    changed = Network(Topology.read(document, Path()), network.home)
    with pytest.raises(NetworkError, match="kindpakket network renew treasurer@gemeente"):
        changed.enrol("gemeente", "treasurer", treasurer["attributes"])
    changed.renew(["treasurer@gemeente"])
    extension = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
    present = identity_of(network, "gemeente", "treasurer").certificate.extensions
    members = json.loads(present.get_extension_for_oid(extension).value.public_bytes())["attrs"]
    assert treasurer["attributes"].items() <= members.items()


def test_only_the_superseded_certificate_is_refused(renewed: Renewed, network: Network, town: Town) -> None:
    user, wallet = town.street.open[2].user, next(town.keys)
    network.revoke(f"{user}@{SHOPS}", superseded=True)
    with (
        gateway_at(network, SHOPS, renewed.identities[user]) as gateway,
        pytest.raises(EvaluateError, match="access denied"),
    ):
        Shop(gateway.network(CHANNEL).contract(CHAINCODE), "").allowance(town.scheme.id, wallet.voucher)
    with through(network, SHOPS, SHOPS, user) as ledger:
        shop = Shop(ledger.contract(CHAINCODE), town.street.open[2].shop.shop_id)
        order = shop.order(town.scheme.id, wallet.voucher, books(SMALL))
        shop.pay(order, wallet.authorise(order))


def since(status: NetworkStatus, node: str) -> datetime:
    """When a node was started."""
    found = next(one.since for one in status.nodes if one.node == node)
    assert found is not None
    return found
