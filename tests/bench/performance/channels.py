"""Municipalities side by side on one network: the rate of all channels, and what channels cost at rest.

    PYTHONPATH=demo:tests:tests/network:tests/bench python -m performance.channels \\
        [--municipalities 1,2,4] [--json]

Each municipality has its own channel, peer and consenter; the shops, the auditor and the operator serve all.
All networks run at once and are loaded in turn, each with as many payments in flight in all.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from sdk.__main__ import numbers

from kindpakket_demo.desk import Desk
from kindpakket_network import Topology
from performance.load import submit_each
from performance.meter import Spent, at_rest
from performance.stage import Stage, running
from performance.variant import PACKAGED

_REST_SECONDS = 20.0


@dataclass(frozen=True)
class Side:
    """What one network did in a round.

    Attributes:
        municipalities: how many, each with a channel.
        round: the round, from 1.
        in_flight: payments in flight, over all channels.
        valid: valid payments.
        per_second: of all channels together.
        cpu_ms: CPU milliseconds of all processes and of the client for each payment.
        rest: CPU of the whole network with nothing to do, in cores.
        rest_of_orderer: the mean of an orderer's, in cores.
        rest_of_peer: the mean of a peer's, in cores.
        memory_mb: resident megabytes of all processes.
    """

    municipalities: int
    round: int
    in_flight: int
    valid: int
    per_second: float
    cpu_ms: float
    rest: float
    rest_of_orderer: float
    rest_of_peer: float
    memory_mb: float


def topology(municipalities: int) -> Topology:
    """A network of so many municipalities, each with a channel; the other three organisations are on all."""
    packaged = Topology.packaged("two-municipalities")
    document: dict[str, Any] = deepcopy(dict(packaged.document))
    model, *_, shops, auditor, operator = document["organisations"]
    channel = json.dumps(document["channels"][0])
    names = [("gemeente", "GemeenteMSP")]
    names += [(f"gemeente{number}", f"Gemeente{number}MSP") for number in range(2, municipalities + 1)]
    document["organisations"] = [
        *({**deepcopy(model), "name": name, "msp": msp} for name, msp in names),
        shops,
        auditor,
        operator,
    ]
    document["channels"] = [
        json.loads(
            channel.replace("GemeenteMSP", msp)
            .replace('"gemeente"', f'"{name}"')
            .replace('"zuidhorn"', f'"{name}"')
        )
        for name, msp in names
    ]
    return Topology.read(document, Path("/")).with_free_ports()


@contextmanager
def towns(
    municipalities: int, folder: Path, vouchers: int, progress: Callable[[str], None]
) -> Iterator[list[Stage]]:
    """A running network with a town on each of its channels."""
    with running(topology(municipalities), folder, progress) as network, ExitStack() as opened:
        runner = opened.enter_context(asyncio.Runner())
        stages = []
        for channel in network.topology.channels:
            results = folder / channel.name
            results.mkdir()
            desk = Desk(network, results, Random(1), municipality=channel.name, channel=channel.name)
            opened.enter_context(desk)
            progress(f"{municipalities} municipalities: a town on {channel.name} ...")
            stages.append(Stage(PACKAGED, network, desk, runner, 4, vouchers))
            opened.callback(stages[-1].close)
        yield stages


def measure(stages: Sequence[Stage], number: int, in_flight: int, payments: int) -> Side:
    """Let a network rest, then load all its channels at once."""
    meter, runner = stages[0].meter, stages[0].runner
    idle = at_rest(meter, _REST_SECONDS)
    shares = [stage.pays(payments // len(stages)) for stage in stages]

    async def all_channels() -> list[int]:
        several = await asyncio.gather(
            *(submit_each(calls, max(in_flight // len(stages), 1)) for calls in shares)
        )
        return [sum(one.outcome == "valid" for one in done) for done in several]

    first, started = meter.read(), time.perf_counter()
    valid = sum(runner.run(all_channels()))
    seconds = time.perf_counter() - started
    for stage in stages:
        stage.desk.in_step()
    last = meter.read()
    spent = Spent.between(first, last)

    def mean(kind: str) -> float:
        values = [value for node, value in idle.items() if node.startswith(kind)]
        return round(sum(values) / len(values), 4)

    return Side(
        municipalities=len(stages),
        round=number,
        in_flight=in_flight,
        valid=valid,
        per_second=round(valid / seconds, 1),
        cpu_ms=round(1000 * sum(spent.cpu.values()) / max(valid, 1), 2),
        rest=round(sum(idle.values()), 3),
        rest_of_orderer=mean("orderer"),
        rest_of_peer=mean("peer"),
        memory_mb=round(sum(last.memory.values()) / 1e6),
    )


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--municipalities", "counts", default="1,2,4", show_default=True, callback=numbers)
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--in-flight", type=click.IntRange(1, 400), default=100, show_default=True)
@click.option("--payments", type=click.IntRange(8, 100_000), default=600, show_default=True)
@click.option("--json", "as_data", is_flag=True, help="Print all rounds as JSON.")
def main(counts: list[int], rounds: int, in_flight: int, payments: int, as_data: bool) -> None:
    """Start the networks, measure them in turn."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    found: list[Side] = []
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as opened:
        several = []
        for count in counts:
            folder = Path(temporary) / str(count)
            folder.mkdir()
            several.append(opened.enter_context(towns(count, folder, 400 // count, console.print)))
        for number in range(1, rounds + 1):
            for stages in several if number % 2 else several[::-1]:
                found.append(measure(stages, number, in_flight, payments))
                console.print(str(found[-1]))
    if as_data:
        click.echo(json.dumps([asdict(side) for side in found], indent=1))


if __name__ == "__main__":
    main()
