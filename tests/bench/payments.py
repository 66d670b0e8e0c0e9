"""How long a payment takes, and how many pass in a second, on a network of its own.

    PYTHONPATH=demo:tests:tests/network:tests/bench python tests/bench/payments.py \\
        [--payments 1000] [--in-flight 100] [--json]

Every payment spends another voucher, as on a busy day. In the same run transactions that write nothing go
through the same steps (endorse, order, validate): compare the two, not the seconds of different machines.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import click
from rich.console import Console
from rich.table import Table
from sdk.figures import latencies
from sdk.python_client import Stopwatch, submit_all
from support import issue_to

from fabric_gateway import Identity, Profile
from fabric_gateway.aio import Contract, Gateway, connect
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import CHAINCODE, CHANNEL, MUNICIPALITY, SHOPS, Desk, Till, now
from kindpakket_demo.schemes import OpenScheme, open_provision
from kindpakket_demo.shops import accredit
from kindpakket_demo.town import make_town
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology


@dataclass(frozen=True)
class Run:
    """One measured run; durations in milliseconds, from proposal to commit status of the valid ones.

    `others` are the validation codes, or errors, of those that are not valid.
    """

    name: str
    in_flight: int
    transactions: int
    valid: int
    per_second: float
    p50: float | None
    p95: float | None
    others: dict[str, int]


async def measure(
    name: str, contract: Contract, function: str, arguments: Sequence[tuple[str]], in_flight: int
) -> Run:
    """Call a function with each of the arguments, so many in flight, and wait for each commit status."""
    watch = Stopwatch()
    transactions = await submit_all(contract, function, arguments, in_flight)
    seconds, _ = watch.read()
    others = Counter(one.reason for one in transactions if one.outcome != "valid")
    valid = len(transactions) - others.total()
    p50, p95 = latencies(transactions)
    return Run(name, in_flight, len(arguments), valid, round(valid / seconds, 1), p50, p95, dict(others))


def prepare(desk: Desk, count: int) -> tuple[OpenScheme, Till, list[Wallet]]:
    """A scheme, a shop, and so many vouchers that nobody used."""
    today = now()
    scheme = open_provision(desk, count, today)
    stores = make_town(1, 1, today.date(), seed=1).shops
    till = accredit(desk, stores[:1], stores[1], today.date()).open[0]
    wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(count)]
    issue_to(desk, scheme.id, wallets)
    return scheme, till, wallets


async def run_all(network: Network, desk: Desk, payments: int, in_flight: int) -> list[Run]:
    """One at a time, then many in flight: payments, and for comparison transactions without writes."""
    single = 100
    scheme, till, wallets = prepare(desk, single + payments)
    pay: list[tuple[str]] = []
    for wallet in wallets:
        order = till.shop.order(
            scheme.id,
            wallet.voucher,
            [{"category": "books", "cents": 1_000}],
            deadline=int(time.time()) + 900,
        )
        pay.append((json.dumps(order.request(wallet.authorise(order))),))
    show = [(json.dumps({"scheme": scheme.id}),)] * payments

    def connection(organisation: str, user: str) -> Gateway:
        profile = Profile.load(network.profile(organisation))
        return connect(profile, Identity.from_msp(network.user(organisation, user), profile.mspid))

    async with connection(SHOPS, till.user) as tills, connection(MUNICIPALITY, "clerk") as office:
        contract = tills.network(CHANNEL).contract(CHAINCODE)
        nothing = office.network(CHANNEL).contract(CHAINCODE)
        return [
            await measure("without writes", nothing, "scheme:Show", show[:single], 1),
            await measure("payment", contract, "payment:Pay", pay[:single], 1),
            await measure("without writes", nothing, "scheme:Show", show, in_flight),
            await measure("payment", contract, "payment:Pay", pay[single:], in_flight),
        ]


@click.command()
@click.option("--payments", type=click.IntRange(100, 20_000), default=1000, show_default=True)
@click.option("--in-flight", type=click.IntRange(1, 400), default=100, show_default=True)
@click.option("--json", "as_data", is_flag=True, help="Print the runs as JSON.")
def main(payments: int, in_flight: int, as_data: bool) -> None:
    """Start a network, measure, stop it."""
    console = Console(stderr=as_data)
    with tempfile.TemporaryDirectory() as folder:
        network = Network(Topology.packaged("kindpakket").with_free_ports(), Path(folder) / "home")
        try:
            began = time.perf_counter()
            network.up(progress=console.print)
            up = time.perf_counter() - began
            memory = sum(node.memory_bytes or 0 for node in network.status().nodes)
            with Desk(network, Path(folder), Random(1)) as desk:
                runs = asyncio.run(run_all(network, desk, payments, in_flight))
        finally:
            network.down()
    if as_data:
        click.echo(
            json.dumps({"up_seconds": up, "memory_bytes": memory, "runs": [asdict(run) for run in runs]})
        )
        return
    table = Table("transactions", "in flight", "valid", "per second", "p50 ms", "p95 ms", "others")
    for run in runs:
        figures = (run.in_flight, f"{run.valid}/{run.transactions}", run.per_second, run.p50, run.p95)
        table.add_row(run.name, *(str(figure) for figure in figures), json.dumps(run.others))
    console.print(table)
    ratio = runs[3].per_second / runs[2].per_second
    console.print(f"payments at {ratio:.2f} of the rate of transactions that write nothing")
    console.print(f"up in {up:.1f} s; {memory / 1e6:.0f} MB resident in all processes before the load")
    sys.exit(0 if all(run.valid == run.transactions for run in runs) else 1)


if __name__ == "__main__":
    main()
