"""Keep clients at work for an hour while nodes stop and start: is each request there once, is memory flat?

    make soak
    PYTHONPATH=tests/bench python -m soak [--minutes 60] [--rate 10] [--every 150] [--off 20] [--json]

Two clients, sync and asyncio, submit through an outbox, five requests at a time each, and read events and
blocks with checkpoints. Peers and consenters stop in turn, by SIGTERM and by SIGKILL. The report and the
samples are written into build/soak. The command fails if a request is not on the ledger once, if a stream
left out or repeated something, or if a client's memory grows.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import click
import yaml
from rich.console import Console

from fabric_gateway import Identity, Profile, connect
from kindpakket_network import Network, Topology
from soak import verdict
from soak.clients import Client, at_work
from soak.failovers import Failovers
from soak.job import CHANNEL, End, Job, Report
from soak.memory import Growth, Memory
from soak.table import markdown

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "build" / "soak"
TOPOLOGY = ROOT / "tests" / "scenario" / "topology.yaml"
WORKERS = 5
_TICK, _SAMPLE_EVERY = 0.5, 10.0


@contextmanager
def running(ordering: str, folder: Path, progress: Callable[[str], None]) -> Iterator[Network]:
    """The scenarios' network on free ports, always stopped at the end."""
    document = yaml.safe_load(TOPOLOGY.read_text("utf-8")) | {"ordering": {"type": ordering}}
    network = Network(Topology.read(document, TOPOLOGY.parent).with_free_ports(), folder / "home")
    try:
        network.up(progress)
        yield network
    finally:
        network.down()


def job(network: Network, style: str, folder: Path, rate: float) -> Job:
    """The task of a client in a style, which makes half of the requests."""
    own = folder / style
    own.mkdir()
    return Job(style, network.profile("org1"), network.user("org1", "user"), own, WORKERS, 2 * WORKERS / rate)


def processes(network: Network, clients: list[Client]) -> dict[str, int]:
    """The process ids of clients and nodes, by name."""
    nodes = {node.node: node.pid for node in network.status().nodes if node.pid is not None}
    return {f"{client.style} client": client.pid for client in clients} | nodes


def soak(
    network: Network, clients: list[Client], seconds: float, failovers: Failovers, memory: Memory
) -> None:
    """Let the clients work for so many seconds, and sample memory."""
    began = time.monotonic()
    known = processes(network, clients)
    sampled = -_SAMPLE_EVERY
    while (elapsed := time.monotonic() - began) < seconds:
        for client in clients:
            client.ensure_alive()
        if failovers.proceed(elapsed):
            known = processes(network, clients)
        if elapsed - sampled >= _SAMPLE_EVERY:
            memory.look(elapsed, known)
            sampled = elapsed
        time.sleep(_TICK)
    failovers.finish()


def finished(network: Network, clients: list[Client]) -> tuple[verdict.Found, list[tuple[Job, Report]]]:
    """End the work, read the ledger at an organisation that is not the clients', and end the reading."""
    for client in clients:
        client.finish_requests()
    profile = Profile.load(network.profile("org2"))
    with connect(profile, Identity.from_msp(network.user("org2", "user"), profile.mspid)) as gateway:
        found = verdict.read(gateway.network(CHANNEL))
    end = End(found.valid.total(), found.height)
    return found, [(client.job, client.finish_reading(end)) for client in clients]


def growing(growths: list[Growth], most: float) -> list[str]:
    """The clients whose memory grows by more than so many megabytes, in a sentence each."""
    return [
        f"the {growth.name} grew by {growth.grown / 1e6:.1f} MB in {growth.span / 60:.0f} minutes"
        for growth in growths
        if growth.name.endswith("client") and growth.grown > 1e6 * most
    ]


def about(minutes: float, ordering: str, rate: float, failovers: Failovers) -> list[str]:
    """What was done, and where."""
    done = failovers.done
    return [
        f"{minutes:g} minutes on {ordering}: four peers and four consenters of three organisations and an "
        f"orderer's; {rate:g} requests per second by two clients, at most {2 * WORKERS} in flight",
        f"{len(done)} nodes stopped and started again: {', '.join(map(str, done)) or 'none'}",
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}",
    ]


def ended(_: int, __: FrameType | None) -> None:
    """Turn SIGTERM into an exception, so that clients and network are stopped."""
    raise KeyboardInterrupt


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--minutes", type=click.FloatRange(1), default=60, show_default=True)
@click.option(
    "--rate", type=click.FloatRange(0.1), default=10, show_default=True, help="Requests per second."
)
@click.option(
    "--every", type=click.FloatRange(1), default=150, show_default=True, help="Seconds between two stops."
)
@click.option(
    "--off", type=click.FloatRange(0), default=20, show_default=True, help="Seconds that a node is stopped."
)
@click.option("--ordering", type=click.Choice(["bft", "raft"]), default="bft", show_default=True)
@click.option(
    "--warm-up",
    type=click.FloatRange(0),
    help="Minutes after which memory counts.  [default: a sixth of all]",
)
@click.option(
    "--growth",
    type=click.FloatRange(0),
    default=5,
    show_default=True,
    help="Megabytes by which a client may grow after the warm-up, by the slope.",
)
@click.option("--json", "as_data", is_flag=True, help="Print the figures as JSON instead of the table.")
def main(
    minutes: float,
    rate: float,
    every: float,
    off: float,
    ordering: str,
    warm_up: float | None,
    growth: float,
    as_data: bool,
) -> None:
    """Start a network, work, read the ledger, report, stop."""
    if off >= every:
        raise click.UsageError(f"--off {off:g} is not less than --every {every:g}: nodes must be up between")
    signal.signal(signal.SIGTERM, ended)
    console = Console(stderr=as_data, highlight=False, soft_wrap=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    memory = Memory(BUILD / "samples.jsonl")
    with tempfile.TemporaryDirectory() as name, running(ordering, Path(name), console.print) as network:
        failovers = Failovers(network, every, off, console.print)
        jobs = [job(network, style, Path(name), rate) for style in ("sync", "asyncio")]
        with at_work(jobs) as clients:
            soak(network, clients, 60 * minutes, failovers, memory)
            console.print("reading the ledger ...")
            found, reports = finished(network, clients)
    growths = memory.growth(60 * (minutes / 6 if warm_up is None else warm_up))
    wrong = verdict.complaints(found, reports) + growing(growths, growth)
    heading = about(minutes, ordering, rate, failovers)
    clients_by_style = {one.style: report for one, report in reports}
    table = markdown(heading, clients_by_style, found, growths, wrong)
    data = json.dumps(
        {
            "about": heading,
            "clients": {style: _figures(report) for style, report in clients_by_style.items()},
            "ledger": {"valid": found.valid.total(), "height": found.height, "invalid": found.invalid},
            "memory": [asdict(one) for one in growths],
            "wrong": wrong,
        },
        indent=1,
    )
    (BUILD / "report.md").write_text(table)
    (BUILD / "report.json").write_text(data + "\n")
    click.echo(data if as_data else table)
    console.print(f"written to {BUILD / 'report.md'}, report.json and samples.jsonl")
    sys.exit(1 if wrong else 0)


def _figures(report: Report) -> dict[str, object]:
    return {**asdict(report), "events": report.events.count}


if __name__ == "__main__":
    main()
