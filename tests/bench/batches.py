"""Payments per second alone and in batches, beside the plain transaction that they are compared with.

    PYTHONPATH=demo:tests:tests/network:tests/bench python tests/bench/batches.py [--rounds 3] [--json]

On one network and channel, in turns: CreateAsset as fabric-samples has it (`performance/chaincode`), payments
alone, and batches of 1, 10, 50, 100 and 200; many in flight, and one at a time. Every round begins with
another of them, so that what slows the machine down slows each of them down: compare the ratios, which are
those of one round, not the rates.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import click
from payments import prepare
from rich.console import Console
from rich.table import Table
from sdk.figures import latencies
from sdk.python_client import Stopwatch, submit_all

from fabric_gateway import Identity, Profile
from fabric_gateway.aio import Contract, Gateway, connect
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS, Desk, Till
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes

ASSETS, ALONE = "CreateAsset", "payment alone"
_SIZES = (1, 10, 50, 100, 200)
_SOURCE = Path(__file__).resolve().parent / "performance" / "chaincode"
_CENTS = 100
_AT_REST = 20
# The chaincode allows 900 seconds.
_DEADLINE = 890


@dataclass(frozen=True)
class Turn:
    """One load that was measured.

    Attributes:
        name: what was sent.
        round: in which round, from 1.
        in_flight: transactions under way at any time.
        done: payments, or assets, that were committed.
        transactions: transactions that were made.
        seconds: wall time.
        cpu_ms: CPU milliseconds of all processes, this one included, for each payment or asset.
        p50: milliseconds from the proposal to the commit status that half of the transactions took at most.
        p95: and that 95 in 100 took at most.
        others: what became of transactions that were not valid.
    """

    name: str
    round: int
    in_flight: int
    done: int
    transactions: int
    seconds: float
    cpu_ms: float
    p50: float | None
    p95: float | None
    others: dict[str, int]

    @property
    def per_second(self) -> float:
        """Payments, or assets, per second."""
        return self.done / self.seconds


def topology() -> Topology:
    """The packaged network with the plain chaincode on the same channel, under the same policy."""
    document: dict[str, Any] = deepcopy(dict(Topology.packaged("kindpakket").document))
    (channel,) = document["channels"]
    (kindpakket,) = channel["chaincodes"]
    plain = {"name": "assets", "version": "1.0", "source": str(_SOURCE)}
    channel["chaincodes"].append({**plain, "endorsement": kindpakket["endorsement"]})
    return Topology.read(document, Path("/")).with_free_ports()


class Stage:
    """A shop with vouchers of customers, and connections of its till."""

    def __init__(self, network: Network, desk: Desk, plain: Contract, contract: Contract) -> None:
        self._network, self._desk = network, desk
        self._plain, self._contract = plain, contract
        self.scheme: OpenScheme
        self.till: Till
        self.wallets: Iterator[Wallet]

    def hand_out(self, scheme: OpenScheme, till: Till, wallets: Sequence[Wallet]) -> None:
        """Take payments of these, each again only after all others."""
        self.scheme, self.till, self.wallets = scheme, till, cycle(wallets)

    def requests(self, count: int) -> list[dict[str, Any]]:
        """Signed payments of a euro."""
        deadline = int(time.time()) + _DEADLINE
        made = []
        for wallet in islice(self.wallets, count):
            line: Line = {"category": "books", "cents": _CENTS}
            order = self.till.shop.order(self.scheme.id, wallet.voucher, [line], deadline=deadline)
            made.append(dict(order.request(wallet.authorise(order))))
        return made

    async def take(self, name: str, size: int, count: int, in_flight: int, number: int) -> Turn:
        """Put a load of so many payments or assets on the network."""
        contract, function = self._contract, "payment:Pay"
        calls: list[tuple[str, ...]]
        if name == ASSETS:
            contract, function = self._plain, ASSETS
            calls = [(new_id(), "blue", "5", "Tomoko", "300") for _ in range(count)]
        elif name == ALONE:
            calls = [(json.dumps(request),) for request in self.requests(count)]
        else:
            function = "payment:Batch"
            items = [{"operation": "payment:Pay", "request": request} for request in self.requests(count)]
            parts = (items[start : start + size] for start in range(0, count, size))
            calls = [(json.dumps({"items": part}),) for part in parts]
        before, watch = self._cpu(), Stopwatch()
        transactions = await submit_all(contract, function, calls, in_flight)
        seconds, _ = watch.read()
        await asyncio.to_thread(self._desk.in_step)
        cpu = self._cpu() - before
        others = Counter(one.reason[:200] for one in transactions if one.outcome != "valid")
        done = (len(transactions) - others.total()) * size
        p50, p95 = latencies(transactions)
        return Turn(
            name,
            number,
            in_flight,
            done,
            len(calls),
            seconds,
            1000 * cpu / max(done, 1),
            p50,
            p95,
            dict(others),
        )

    def _cpu(self) -> float:
        """CPU seconds of all processes so far."""
        spent = time.process_time()
        for process in Processes(Home(self._network.home)).all().values():
            times = process.cpu_times()
            spent += times.user + times.system
        return spent


def loads(plain: int, payments: int) -> list[tuple[str, int, int, int]]:
    """Name, size, number of payments or assets, and transactions in flight, of each load of a round."""
    many = [(ASSETS, 1, plain, 100), (ALONE, 1, plain, 100), (f"batches of {_SIZES[0]}", 1, plain, 100)]
    many += [(f"batches of {size}", size, payments, max(3, 400 // size)) for size in _SIZES[1:]]
    rest = [(ASSETS, 1, _AT_REST, 1), (ALONE, 1, _AT_REST, 1)]
    rest += [(f"batches of {size}", size, min(_AT_REST * size, payments), 1) for size in _SIZES[1:]]
    return many + rest


async def run(
    network: Network, desk: Desk, rounds: int, plain: int, payments: int, told: Console
) -> list[Turn]:
    """All rounds."""
    scheme, till, wallets = await asyncio.to_thread(prepare, desk, max(plain, payments))

    def connection() -> Gateway:
        profile = Profile.load(network.profile(SHOPS))
        return connect(profile, Identity.from_msp(network.user(SHOPS, till.user), profile.mspid))

    turns: list[Turn] = []
    async with connection() as gateway:
        channel = gateway.network(CHANNEL)
        stage = Stage(network, desk, channel.contract("assets"), channel.contract(CHAINCODE))
        stage.hand_out(scheme, till, wallets)
        await stage.take("warm-up", 10, 100, 2, 0)
        for number in range(1, rounds + 1):
            todo = loads(plain, payments)
            for name, size, count, in_flight in todo[number % len(todo) :] + todo[: number % len(todo)]:
                turns.append(await stage.take(name, size, count, in_flight, number))
                told.print(f"{number}. {name}, {in_flight} in flight: {turns[-1].per_second:.1f} a second")
    return turns


def _order(load: tuple[str, int]) -> tuple[bool, int, str]:
    """Those of many in flight first, and in each the plain ones before batches, by size."""
    name, in_flight = load
    size = name.rpartition(" ")[2]
    return in_flight == 1, int(size) if size.isdigit() else 0, name


def table(turns: Sequence[Turn]) -> Table:
    """Medians of the rounds; ratios are those within a round."""
    made = Table(
        "load",
        "in flight",
        "per second",
        "ratio to CreateAsset",
        "CPU ms",
        "ratio",
        "p50 ms",
        "p95 ms",
        "others",
    )
    plain = {(turn.round, turn.in_flight > 1): turn for turn in turns if turn.name == ASSETS}
    for name, flying in sorted({(turn.name, turn.in_flight) for turn in turns}, key=_order):
        mine = [turn for turn in turns if (turn.name, turn.in_flight) == (name, flying)]
        bases = [plain[turn.round, flying > 1] for turn in mine]
        rates = sorted(turn.per_second / base.per_second for turn, base in zip(mine, bases, strict=True))
        costs = [turn.cpu_ms / base.cpu_ms for turn, base in zip(mine, bases, strict=True)]
        others = sum((Counter(turn.others) for turn in mine), Counter())
        made.add_row(
            name,
            str(flying),
            f"{statistics.median(turn.per_second for turn in mine):.1f}",
            f"{statistics.median(rates):.2f} ({rates[0]:.2f}-{rates[-1]:.2f})",
            f"{statistics.median(turn.cpu_ms for turn in mine):.1f}",
            f"{statistics.median(costs):.2f}",
            f"{statistics.median(turn.p50 or 0 for turn in mine):.0f}",
            f"{statistics.median(turn.p95 or 0 for turn in mine):.0f}",
            json.dumps(dict(others)),
        )
    return made


@click.command()
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option(
    "--plain",
    type=click.IntRange(100, 2_000),
    default=200,
    show_default=True,
    help="Assets, and payments alone, of a round.",
)
@click.option(
    "--payments",
    type=click.IntRange(200, 2_000),
    default=600,
    show_default=True,
    help="Payments in batches of a round, of each size: a multiple of 200.",
)
@click.option("--json", "as_data", is_flag=True, help="Print the turns as JSON.")
def main(rounds: int, plain: int, payments: int, as_data: bool) -> None:
    """Start a network, measure, stop it."""
    if payments % _SIZES[-1]:
        raise click.BadParameter(f"{payments} is not a multiple of {_SIZES[-1]}", param_hint="--payments")
    console = Console(stderr=as_data, width=160)
    with tempfile.TemporaryDirectory() as folder:
        network = Network(topology(), Path(folder) / "home")
        try:
            network.up(progress=console.print)
            with Desk(network, Path(folder), Random(1)) as desk:
                turns = asyncio.run(run(network, desk, rounds, plain, payments, console))
        finally:
            network.down()
    if as_data:
        click.echo(json.dumps([asdict(turn) for turn in turns]))
    else:
        console.print(table(turns))
    sys.exit(1 if any(turn.others for turn in turns) else 0)


if __name__ == "__main__":
    main()
