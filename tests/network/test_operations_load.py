"""Heavy load loses nothing, and afterwards each consenter is stopped in turn while payments go on (BFT).

For what load does to consenters, see docs/architecture.md ("What operating it has shown") and decision 0025.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from random import Random

import pytest
from support import Town, books, found_town, running

from fabric_gateway import Deadlines, Identity, Profile, Submission, UnknownOutcome, aio
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, MUNICIPALITY, Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.programs.fabric import cached_programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import until

TRANSACTIONS = 1_500  # for each number of calls in flight
WALLETS = 4
CENTS = 100
# On a busy machine, 300 calls in flight wait long for their turn.
PATIENT = Deadlines(endorse=60, submit=30, resolve=60, commit_status=60)
SECONDS_WITHOUT_PROGRESS = 20
pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town on a separate network, ordered by four BFT consenters."""
    folder = tmp_path_factory.mktemp("loaded")
    topology = Topology.packaged("kindpakket")
    assert topology.ordering.type == "bft"
    with running(topology, folder) as network, Desk(network, folder, Random(1)) as desk:
        yield found_town(desk, 2 * WALLETS)


def consenters_of(network: Network) -> list[Orderer]:
    """The consenters of the channel."""
    inventory = Inventory.of(network.topology, Home(network.home))
    return list(inventory.consenters_of(network.topology.channel(CHANNEL)))


def height(node: Orderer) -> int:
    """How many blocks a consenter has; 0 while it does not answer."""
    return int((node.participation(CHANNEL) or {"height": 0})["height"])


def decided(node: Orderer) -> int:
    """How many blocks a consenter has decided with the others since it started.

    Blocks that it copied from others while it was behind do not count; it does not vote on those.
    """
    name = f'consensus_smartbft_view_count_batch_all{{channel="{CHANNEL}"}}'
    return int(node.operator.metrics(node.ports[1]).get(name, 0))


def gets_there(node: Orderer, there: Callable[[], bool]) -> bool:
    """Wait for a consenter for as long as it makes progress."""
    last, moved = height(node), time.monotonic()

    def state() -> bool | None:
        nonlocal last, moved
        if there():
            return True
        now = height(node)
        if now > last:
            last, moved = now, time.monotonic()
        return False if time.monotonic() - moved > SECONDS_WITHOUT_PROGRESS else None

    return until(state, float("inf"), interval=0.2) is True


def ensure_it_takes_part(network: Network, node: Orderer, others: list[Orderer]) -> bool:
    """Check that a consenter keeps up with the others and decides further blocks; payments must be running.

    Returns:
        Whether it had fallen silent, as SmartBFT 1.0.1 still can while it synchronises: `status` must name
        it then, and `up` must bring it back.
    """
    before, target = decided(node), max(map(height, others))
    if gets_there(node, lambda: height(node) >= target and decided(node) > before):
        return False
    assert node.node in [finding.place for finding in network.status().findings]
    network.up()
    assert gets_there(node, lambda: height(node) >= target and decided(node) > 0), (
        f"{node.node} has {height(node)} blocks, others have {max(map(height, others))}: see its log"
    )
    return True


async def void_all(network: Network, calls: dict[str, Submission], in_flight: int) -> None:
    """Submit the calls, and remove those that are certainly done; stop at the first unknown outcome."""
    profile = Profile.load(network.profile(MUNICIPALITY))
    clerk = Identity.from_msp(network.user(MUNICIPALITY, "clerk"), profile.mspid)
    async with aio.connect(profile, clerk) as gateway:
        contract = gateway.network(CHANNEL).contract(CHAINCODE)
        submissions = list(calls.values())
        async with contract.submit_all(
            submissions, at_once=in_flight, conflict_attempts=8, deadlines=PATIENT
        ) as bulk:
            async for outcome in bulk:
                if outcome.unknown:
                    print(f"with {len(calls)} left: {outcome.error}")
                    return
                outcome.get()
                del calls[str(outcome.submission.key)]


def test_the_orderer_that_runs_is_built_with_the_patched_smartbft() -> None:
    programs = cached_programs()
    assert programs is not None
    command = ["go", "version", "-m", programs.path("orderer")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = [
        line.split()[1:] for line in answer.stdout.splitlines() if line.startswith(("\tdep\t", "\t=>\t"))
    ]
    at = modules.index(["github.com/hyperledger-labs/SmartBFT", "v1.0.1"])
    assert modules[at + 1][0] == "./patched/SmartBFT"


@pytest.mark.parametrize("in_flight", [100, 300])
def test_every_request_of_a_heavy_load_is_on_the_auditors_peer_once(loaded: Town, in_flight: int) -> None:
    """If load stops ordering, `up` restores it, and the same requests are sent again."""
    network = loaded.desk.network
    office, auditor = loaded.desk.ledger(MUNICIPALITY, "clerk"), loaded.desk.ledger(AUDITOR, "auditor")
    first = office.ledger_height()
    calls = {}  # voiding unused ids is the cheapest transaction that writes
    for request in [new_id() for _ in range(TRANSACTIONS)]:
        argument = json.dumps({"request_id": request, "void": new_id()})
        calls[request] = Submission("request:Void", (argument,), key=request)
    healed = False
    while calls:
        left = len(calls)
        asyncio.run(void_all(network, calls, in_flight))
        if calls:
            assert len(calls) < left or not healed, "nothing is ordered, even after `up`"
            network.up()
            healed = True
    with auditor.filtered_blocks(first, office.ledger_height() - 1) as blocks:
        transactions = [transaction for block in blocks for transaction in block.transactions]
    voided = [
        transaction.transaction_id
        for transaction in transactions
        if transaction.code == "VALID" and [event.name for event in transaction.events] == ["RequestVoided"]
    ]
    assert len(voided) == len(set(voided)) == TRANSACTIONS


@dataclass
class Sales:
    """What a till took.

    Attributes:
        paid: the number of payments.
        again: how often it sent an order again, because it did not learn the outcome.
    """

    paid: int = 0
    again: int = 0

    def go_on(self) -> bool:
        """Whether three more payments were taken within some seconds."""
        target = self.paid + 3
        return until(lambda: self.paid >= target or None, SECONDS_WITHOUT_PROGRESS) is not None


@contextmanager
def selling(town: Town, wallets: Sequence[Wallet]) -> Iterator[Sales]:
    """Have a till take small payments until the end, sending each until its outcome is certain."""
    sales, over = Sales(), threading.Event()

    def sell() -> None:
        for wallet in cycle(wallets):
            if over.is_set():
                return
            deadline = int(time.time()) + 900
            order = town.till.shop.order(town.scheme.id, wallet.voucher, books(CENTS), deadline=deadline)
            proof = wallet.authorise(order)
            while True:
                try:
                    town.till.shop.pay(order, proof)
                    break
                except UnknownOutcome:
                    sales.again += 1
            sales.paid += 1

    with ThreadPoolExecutor(1) as pool:
        till = pool.submit(sell)
        try:
            yield sales
        finally:
            over.set()
        till.result()


def test_each_consenter_is_stopped_in_turn_and_payments_go_on(loaded: Town) -> None:
    """With one of four stopped, the other three must all vote, including those that were stopped before.

    If one of the three has fallen silent, nothing is ordered until `up` has brought all four back.
    """
    network, nodes = loaded.desk.network, consenters_of(loaded.desk.network)
    wallets = [next(loaded.keys) for _ in range(WALLETS)]
    with selling(loaded, wallets) as sales:
        for node in nodes:
            if ensure_it_takes_part(network, node, nodes):
                print(f"{node.node} fell silent under load, and `up` restarted it")
        for node in nodes:
            network.stop(node.node)
            if sales.go_on():
                network.start(node.node)
            else:
                print(f"with {node.node} stopped nothing was paid, until `up`")
                network.up()
                assert sales.go_on(), "nothing is paid, even after `up`"
            if ensure_it_takes_part(network, node, [other for other in nodes if other != node]):
                print(f"{node.node} fell silent after its start, and `up` restarted it")
    print(f"{sales.paid} payments, {sales.again} orders sent again")
    assert sum(30_000 - loaded.available(wallet) for wallet in wallets) == CENTS * sales.paid
    assert loaded.desk.auditor.audit.totals(loaded.scheme.id)["spent_cents"] == CENTS * sales.paid
    assert network.status().findings == ()
