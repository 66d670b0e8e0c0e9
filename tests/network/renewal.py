"""What the certificate tests share: a network with nodes to spare, and tills that keep selling."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from grpc import StatusCode
from support import Town, books, identity_of

from fabric_gateway import Deadlines, EndorseError, FabricError, Identity, Profile, UnknownOutcome, connect
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.records import Proof
from kindpakket.ledger.refusals import Refusal
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

SECONDS_TO_COMMIT = 5
SMALL = 100
# Seconds between two payments: enough of them to notice a gap, and the machine keeps time for the rest.
_PAUSE = 0.3
FULL = 30_000


@dataclass
class Sales:
    """Payments that tills took one after another while something else happened.

    Attributes:
        paid: how many.
        resolved: how many of them had to be sent again, to learn their outcome.
        longest: the duration of the longest, in seconds.
        failed: the errors of those that failed.
    """

    paid: int = 0
    resolved: int = 0
    longest: float = 0.0
    failed: list[Exception] = field(default_factory=list)

    def await_more(self, count: int) -> None:
        """Wait until `count` more were taken."""
        goal = self.paid + count
        assert until(lambda: self.paid >= goal or None, PATIENCE), self.failed


@contextmanager
def selling(town: Town, wallets: Sequence[Wallet]) -> Iterator[Sales]:
    """Take payments from vouchers in turn as long as the context is open.

    Like a real till, it sends the same order again if it does not learn the outcome: a Raft consenter may
    lose a transaction that it accepted, if it ends before the transaction is in a block.
    """
    sales, over = Sales(), threading.Event()
    network, user = town.desk.network, town.till.user
    identity = identity_of(network, SHOPS, user)
    deadlines = Deadlines(commit_status=SECONDS_TO_COMMIT)

    def sell(shop: Shop) -> None:
        for wallet in itertools.cycle(wallets):
            if over.wait(_PAUSE):
                return
            order, began = shop.order(town.scheme.id, wallet.voucher, books(SMALL)), time.monotonic()
            proof, again = wallet.authorise(order), 0
            try:
                while not paid(shop, order, proof):
                    again += 1
                    assert time.monotonic() - began < PATIENCE, "its outcome stays unknown"
                sales.resolved += bool(again)
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


def paid(shop: Shop, order: PaymentOrder, proof: Proof) -> bool:
    """Send an order, and return whether its outcome is known.

    A proposal that cannot be endorsed in time is sent again, too: nodes restart, and the machine may be slow.
    How long that took, `longest` tells.
    """
    try:
        shop.pay(order, proof)
    except UnknownOutcome:
        return False
    except EndorseError as error:
        if not (error.retryable or error.status is StatusCode.DEADLINE_EXCEEDED):
            raise
        return False
    return True


def doubled(ordering: str) -> Topology:
    """The packaged network with two peers for each organisation that payments need."""
    document: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    document["ordering"] = {"type": ordering}
    for organisation in document["organisations"]:
        if organisation["name"] in ("gemeente", "winkels"):
            organisation["peers"] = ["peer0", "peer1"]
    return Topology.read(document, Path())


@dataclass(frozen=True)
class Renewed:
    """The state before all certificates were renewed, and what happened during the renewal.

    Attributes:
        serials: the certificates' serial numbers before, by file.
        identities: the tills' identities before, by user.
        sales: the payments during the renewal.
        spent: how much the vouchers paid, in cents.
    """

    serials: dict[str, int]
    identities: dict[str, Identity]
    sales: Sales
    spent: int


def renew_all(network: Network, town: Town) -> Renewed:
    """Renew every certificate while payments run."""
    serials = serials_of(network)
    identities = {till.user: identity_of(network, SHOPS, till.user) for till in town.street.open}
    wallets = [next(town.keys) for _ in range(6)]
    with selling(town, wallets) as sales:
        network.renew(progress=print)
    return Renewed(serials, identities, sales, FULL * len(wallets) - sum(map(town.available, wallets)))


def serials_of(network: Network) -> dict[str, int]:
    """The serial numbers of all certificates in the home except those of authorities, by file."""
    files = [path for path in network.home.glob("[no]*/*/**/*cert.pem") if path.name != "ca-cert.pem"]
    return {
        str(path.relative_to(network.home)): x509.load_pem_x509_certificate(path.read_bytes()).serial_number
        for path in files
    }
