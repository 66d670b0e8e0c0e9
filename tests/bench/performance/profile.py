"""Where peers and orderers spend their CPU time: profiles of all of them, taken under a load.

    PYTHONPATH=demo:tests:tests/network:tests/bench python -m performance.profile --out build/profiles \\
        [--kind payment|batch|asset] [--in-flight 100]

Writes a profile of each node, and of all peers and all orderers together: `go tool pprof -top FILE` reads
them, and `go build -pgo=FILE` builds with them.
"""

from __future__ import annotations

import subprocess
import tempfile
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import click
import psutil
from rich.console import Console

from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes
from performance.load import loaded, submit_each
from performance.pair import admissible, variant, words
from performance.stage import KINDS, Stage, stage

# Port 0 is any free one; the node's other ports are known, so the remaining one is that of its profiles.
_ANY = "127.0.0.1:0"
_PEER = {"CORE_PEER_PROFILE_ENABLED": "true", "CORE_PEER_PROFILE_LISTENADDRESS": _ANY}
_ORDERER = {"ORDERER_GENERAL_PROFILE_ENABLED": "true", "ORDERER_GENERAL_PROFILE_ADDRESS": _ANY}
_PARTS_OF_A_TURN = 2
_WARM_UP = 50


def address(node: Peer | Orderer, process: psutil.Process) -> str:
    """Where a node serves its profiles.

    Raises:
        LookupError: it listens on no port but those that it always has.
    """
    known = {port for _, port in node.listening}
    for connection in process.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port not in known:
            return f"127.0.0.1:{connection.laddr.port}"
    raise LookupError(f"{node.node} serves no profiles")


def fetch(where: str, seconds: int, target: Path) -> Path:
    """Take a CPU profile of a node for so long."""
    url = f"http://{where}/debug/pprof/profile?seconds={seconds}"
    with urllib.request.urlopen(url, timeout=seconds + 60) as answer:
        target.write_bytes(answer.read())
    return target


def merge(profiles: Sequence[Path], target: Path) -> None:
    """Put profiles of the same program together."""
    command = ["go", "tool", "pprof", "-proto", *map(str, profiles)]
    made = subprocess.run(command, check=True, capture_output=True)
    target.write_bytes(made.stdout)


def take(here: Stage, seconds: int, out: Path, kind: str, in_flight: int, batch: int) -> None:
    """Load the network for as long as the profiles take, and write them."""
    inventory = Inventory.of(here.network.topology, Home(here.network.home))
    running = Processes(Home(here.network.home)).all()
    nodes: list[Peer | Orderer] = [*inventory.peers, *inventory.orderers]
    with ThreadPoolExecutor(len(nodes)) as pool:
        taken: dict[Peer | Orderer, Future[Path]] = {
            node: pool.submit(fetch, address(node, running[node.node]), seconds, out / f"{node.node}.pprof")
            for node in nodes
        }
        number = 0
        while not all(future.done() for future in taken.values()):
            number += 1
            calls = here.calls(kind, max(_PARTS_OF_A_TURN * in_flight, _WARM_UP), min(batch, in_flight))
            click.echo(words(loaded(here, kind, calls, in_flight, number)), err=True)
    for role in ("peer", "orderer"):
        merge(
            [future.result() for node, future in taken.items() if node.kind == role], out / f"{role}s.pprof"
        )


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--variant", "given", default="packaged", show_default=True, help="`packaged`, or a file.")
@click.option("--seconds", type=click.IntRange(5, 600), default=60, show_default=True)
@click.option("--kind", type=click.Choice(KINDS), default="payment", show_default=True, help="The load.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, 2_000),
    default=100,
    show_default=True,
    help="Transactions in flight, or payments in batches.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 200),
    default=50,
    show_default=True,
    help="Payments in a batch, but no more than are in flight.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(given: str, seconds: int, kind: str, in_flight: int, batch: int, out: Path) -> None:
    """Start the network, take the profiles, stop it."""
    admissible(kind, in_flight, batch)
    out.mkdir(parents=True, exist_ok=True)
    chosen = variant(given)
    chosen = replace(chosen, peer={**chosen.peer, **_PEER}, orderer={**chosen.orderer, **_ORDERER})
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder, stage(chosen, Path(folder), 4, 400, console.print) as here:
        here.runner.run(submit_each(here.pays(_WARM_UP), 10))
        take(here, seconds, out, kind, in_flight, batch)
    console.print(f"written to {out}")


if __name__ == "__main__":
    main()
