"""How fast a file of children becomes vouchers, and how much memory that takes, on a network of its own.

    PYTHONPATH=demo:tests:tests/network python tests/bench/intake.py [--children 10000 --children 100000]

For each file, `kindpakket intake propose` and `issue` run as processes of their own, as the municipality
runs them; another person approves in between. With `--in-memory` there is no network: a chaincode in memory
commits at once, and what is left is what the command itself takes (add tests/unit to the path).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Protocol

import click
from rich.console import Console
from rich.table import Table

_HEADER = "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset\n"
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
PERIOD = "2026"


class Place(Protocol):
    """Where vouchers are issued.

    Attributes:
        home: the network's folder.
        scheme: an open scheme.
        preset: one of its presets.
    """

    home: Path
    scheme: str
    preset: str

    def approve(self, allocation: str) -> None:
        """Have another person approve an allocation."""

    def processor_seconds(self) -> float:
        """What the processes of the network have taken so far."""


@dataclass(frozen=True)
class Run:
    """One command on one file.

    `cpu_seconds` are those of the command's own process, and `network_cpu_seconds` those of all processes of
    the network meanwhile: where other work shares the machine, compare these. `peak_mb` is the command's most
    memory.
    """

    command: str
    children: int
    seconds: float
    per_second: float
    cpu_seconds: float
    network_cpu_seconds: float
    peak_mb: float


def numbers() -> Iterator[str]:
    """Citizen service numbers that pass the eleven-test, from those that are never given out."""
    for number in range(900_000_000, 1_000_000_000):
        digits = [int(digit) for digit in str(number)]
        if sum(map(int.__mul__, digits, _WEIGHTS)) % 11 == 0:
            yield str(number)


def write_file(path: Path, first: int, count: int, preset: str) -> None:
    """A file of so many children, two to a household, none of whom is in the files before it."""
    born = date(2012, 1, 1)
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        for at, bsn in enumerate(islice(numbers(), first, first + count), first):
            day = (born + timedelta(days=at % 3000)).isoformat()
            file.write(f"{bsn};Kind{at};van Testerdam;{day};h-{at // 2};Z-{at:07};{preset}\n")


def run(command: str, children: int, place: Place, *arguments: str) -> tuple[dict[str, Any], Run]:
    """Run `kindpakket intake` with a command; its answer, and what it took."""
    program = [sys.executable, "-m", "kindpakket_cli", "intake", command, *arguments]
    with tempfile.TemporaryFile() as answer:
        began, before = time.perf_counter(), place.processor_seconds()
        process = os.posix_spawn(
            sys.executable,
            [*program, "--home", str(place.home), "--json"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, answer.fileno(), 1)],
        )
        _, status, usage = os.wait4(process, 0)
        seconds = time.perf_counter() - began
        if status:
            raise click.ClickException(f"kindpakket intake {command} ended with {status >> 8}")
        answer.seek(0)
        took = Run(
            command,
            children,
            round(seconds, 1),
            round(children / seconds),
            round(usage.ru_utime + usage.ru_stime, 1),
            round(place.processor_seconds() - before, 1),
            round(usage.ru_maxrss / 1024),
        )
        return json.load(answer), took


def measure(place: Place, folder: Path, counts: Sequence[int]) -> Iterator[Run]:
    """Propose and issue a file of each size; the files have no child in common, and one register."""
    register = ("--register", str(folder / "register.db"))
    first = 0
    for count in counts:
        file = folder / f"kinderen-{count}.csv"
        write_file(file, first, count, place.preset)
        first += count
        options = ("--scheme", place.scheme, "--period", PERIOD, *register)
        answer, took = run("propose", count, place, str(file), *options)
        yield took
        place.approve(answer["waiting"][0]["id"])
        answer, took = run("issue", count, place, answer["batch"], *register)
        if answer["vouchers"] != count:
            raise click.ClickException(f"{answer['vouchers']} vouchers were issued, not {count}")
        yield took


@contextmanager
def on_network(folder: Path, vouchers: int, console: Console) -> Iterator[Place]:
    """A network of its own, with an open scheme."""
    import psutil

    from kindpakket_demo.desk import Desk, now
    from kindpakket_demo.schemes import PRESET, open_provision
    from kindpakket_network import Network, Topology

    network = Network(Topology.packaged("kindpakket").with_free_ports(), folder / "home")
    try:
        network.up(progress=console.print)
        with Desk(network, folder, Random(1)) as desk:
            opened = open_provision(desk, vouchers, now())

            class Live:
                home, scheme, preset = network.home, opened.id, PRESET

                def approve(self, allocation: str) -> None:
                    desk.in_step()
                    desk.manager.allocations.approve(opened.id, allocation)
                    desk.in_step()

                def processor_seconds(self) -> float:
                    pids = [node.pid for node in network.status().nodes if node.pid is not None]
                    times = [psutil.Process(pid).cpu_times() for pid in pids]
                    return sum(each.user + each.system for each in times)

            yield Live()
    finally:
        network.down()


@contextmanager
def in_memory(folder: Path) -> Iterator[Place]:
    """A chaincode in memory, behind a real gRPC server, that commits at once."""
    from desk import write_home
    from issuing_ledger import IssuingLedger
    from story import DOMAIN, SCHEME

    from fabric_gateway.testing import MemoryGateway
    from kindpakket.municipality import Municipality

    with (
        MemoryGateway({DOMAIN.chaincode: IssuingLedger()}, channel=DOMAIN.channel) as memory,
        memory.connect() as gateway,
    ):
        municipality = Municipality(gateway.network(DOMAIN.channel).contract(DOMAIN.chaincode))

        class InMemory:
            home, scheme, preset = write_home(folder / "home", memory.endpoint), SCHEME, "child"

            def approve(self, allocation: str) -> None:
                municipality.allocations.approve(SCHEME, allocation)

            def processor_seconds(self) -> float:
                return time.process_time()

        yield InMemory()


@click.command()
@click.option(
    "--children",
    "counts",
    type=click.IntRange(1, 1_000_000),
    multiple=True,
    default=(10_000, 100_000),
    show_default=True,
    help="The size of a file; repeat it for each.",
)
@click.option("--in-memory", "memory", is_flag=True, help="Without a network: what the command itself takes.")
@click.option("--json", "as_data", is_flag=True, help="Print the runs as JSON.")
def main(counts: tuple[int, ...], memory: bool, as_data: bool) -> None:
    """Start a network, propose and issue files of children, stop it."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = in_memory(folder) if memory else on_network(folder, sum(counts), console)
        with place as opened:
            runs = []
            for one in measure(opened, folder, counts):
                console.print(one)
                runs.append(one)
    if as_data:
        click.echo(json.dumps([asdict(one) for one in runs]))
        return
    table = Table("command", "children", "seconds", "per second", "CPU s", "network CPU s", "peak MB")
    for one in runs:
        table.add_row(*(str(cell) for cell in asdict(one).values()))
    console.print(table)


if __name__ == "__main__":
    main()
