"""How many payments pass in a second with and without gathering, and what gathering adds to a lone payment.

    PYTHONPATH=demo:tests:tests/network:tests/bench python tests/bench/gathering.py [--rounds 3] [--json]

All of it in one run on one network, turn by turn: alone, gathered, alone, gathered. Each client in flight
pays with another voucher, again when it has its answer. The figures are medians over the rounds.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import click
from rich.console import Console
from rich.table import Table
from support import issue_to

from fabric_gateway import Deadlines, Identity, Profile
from fabric_gateway.aio import connect
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.ids import new_id
from kindpakket.shop.aio import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS, Desk, now
from kindpakket_demo.schemes import open_provision
from kindpakket_demo.shops import accredit
from kindpakket_demo.town import make_town
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

CENTS = 100
LONE = 40
"""Payments one after another, of each kind and round."""
MOST = 300
"""The most in flight."""


@dataclass(frozen=True)
class Turn:
    """One turn; durations in milliseconds, from the call to the answer."""

    gathered: bool
    in_flight: int
    payments: int
    per_second: float
    p50: float
    p95: float


async def turn(shop: Shop, *, at_once: int, wallets: Sequence[Wallet], scheme: str, payments: int) -> Turn:
    """Pay so often, with as many in flight as there are wallets; gathered if `at_once` is not 0."""
    left, durations = iter(range(payments)), list[float]()

    def order(wallet: Wallet) -> PaymentOrder:
        return shop.order(scheme, wallet.voucher, [{"category": "books", "cents": CENTS}])

    async def client(wallet: Wallet, target: Shop) -> None:
        for _ in left:
            asked = order(wallet)
            proof = wallet.authorise(asked)
            began = time.perf_counter()
            await target.pay(asked, proof)
            durations.append(1000 * (time.perf_counter() - began))

    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(shop.gathering(at_once=at_once)) if at_once else shop
        began = time.perf_counter()
        await asyncio.gather(*(client(wallet, target) for wallet in wallets))
        seconds = time.perf_counter() - began
    cuts = statistics.quantiles(durations, n=20)
    return Turn(
        at_once > 0,
        len(wallets),
        payments,
        round(payments / seconds, 1),
        round(cuts[9], 1),
        round(cuts[18], 1),
    )


async def turns(
    network: Network,
    user: str,
    shop_id: str,
    scheme: str,
    wallets: Sequence[Wallet],
    rounds: int,
    at_once: int,
) -> list[Turn]:
    """Lone payments, 100 and 300 in flight, each without and with gathering, in every round."""
    profile = Profile.load(network.profile(SHOPS))
    identity = Identity.from_msp(network.user(SHOPS, user), profile.mspid)
    made = []
    # On a busy machine a payment may take minutes: that is a figure and no failure.
    patient = Deadlines(endorse=120, submit=60, resolve=300, commit_status=600)
    async with connect(profile, identity, deadlines=patient) as gateway:
        shop = Shop(gateway.network(CHANNEL).contract(CHAINCODE), shop_id)
        for number in range(rounds):
            for in_flight, payments in ((1, LONE), (100, 500), (300, 900)):
                for transactions in (0, at_once):
                    chosen = wallets[:in_flight] if in_flight > 1 else [wallets[MOST + number]]
                    result = await turn(
                        shop, at_once=transactions, wallets=chosen, scheme=scheme, payments=payments
                    )
                    made.append(result)
                    click.echo(json.dumps(asdict(result)), err=True)
    return made


def medians(made: Sequence[Turn]) -> Iterator[Turn]:
    """One turn for each kind: the medians of its rounds."""
    kinds = dict.fromkeys((each.in_flight, each.gathered) for each in made)
    for in_flight, gathered in kinds:
        same = [each for each in made if (each.in_flight, each.gathered) == (in_flight, gathered)]
        figures = (
            statistics.median(getattr(each, name) for each in same) for name in ("per_second", "p50", "p95")
        )
        yield Turn(gathered, in_flight, sum(each.payments for each in same), *figures)


@click.command()
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option(
    "--at-once",
    type=click.IntRange(1, 20),
    default=4,
    show_default=True,
    help="Transactions in flight when payments are gathered.",
)
@click.option("--json", "as_data", is_flag=True, help="Print every turn as JSON.")
def main(rounds: int, at_once: int, as_data: bool) -> None:
    """Start a network, measure, stop it."""
    console = Console(stderr=as_data)
    count = MOST + rounds
    with tempfile.TemporaryDirectory() as folder:
        network = Network(Topology.packaged("kindpakket").with_free_ports(), Path(folder) / "home")
        try:
            network.up(progress=console.print)
            with Desk(network, Path(folder), Random(1)) as desk:
                today = now()
                scheme = open_provision(desk, count, today)
                stores = make_town(1, 1, today.date(), seed=1).shops
                till = accredit(desk, stores[:1], stores[1], today.date()).open[0]
                wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(count)]
                issue_to(desk, scheme.id, wallets)
                made = asyncio.run(
                    turns(network, till.user, till.shop.shop_id, scheme.id, wallets, rounds, at_once)
                )
        finally:
            network.down()
    if as_data:
        click.echo(json.dumps([asdict(each) for each in made]))
        return
    table = Table("payments", "in flight", "taken", "per second", "p50 ms", "p95 ms")
    for each in medians(made):
        name = "gathered" if each.gathered else "alone"
        figures = (each.in_flight, each.payments, each.per_second, each.p50, each.p95)
        table.add_row(name, *map(str, figures))
    console.print(table)


if __name__ == "__main__":
    main()
