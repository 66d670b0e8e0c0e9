"""`python -m kindpakket_demo`: bring the network up, run the day, print the results."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from fabric_gateway import FabricError
from kindpakket.backoffice.citizens import CitizensError
from kindpakket.ledger.refusals import Refusal
from kindpakket_demo.day import Day, run
from kindpakket_demo.desk import DemoFailed, Desk, now
from kindpakket_demo.summary import as_json, show
from kindpakket_demo.town import make_town
from kindpakket_network import Network, NetworkError, Topology

CHILDREN_PER_HOUSEHOLD = 2.5


class Display:
    """Shows steps on the terminal, each with a spinner or a bar, and the time that it took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str, total: int | None) -> Iterator[Callable[[], None]]:
        """Show a step while it runs."""
        columns = [SpinnerColumn(), TextColumn("{task.description}")]
        if total is not None:
            columns += [BarColumn(), MofNCompleteColumn()]
        began = time.monotonic()
        with Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True) as progress:
            task = progress.add_task(title, total=total)
            yield lambda: progress.advance(task)
        self._console.print(f"[green]✓[/green] {title} [dim]{time.monotonic() - began:.1f} s[/dim]")

    def say(self, line: str) -> None:
        """Show a line."""
        self._console.print(f"  [dim]{line}[/dim]")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".kindpakket"),
    show_default=True,
    help="Folder of the network.",
)
@click.option("--children", type=click.IntRange(20, 5000), default=200, show_default=True, help="Children.")
@click.option(
    "--payments", type=click.IntRange(50, 100_000), default=600, show_default=True, help="Payments."
)
@click.option(
    "--seed", type=int, default=2017, show_default=True, help="The same seed plans the same day again."
)
@click.option(
    "--json", "as_data", is_flag=True, help="Print the summary as JSON, and nothing else, on standard output."
)
def main(home: Path, children: int, payments: int, seed: int, as_data: bool) -> None:
    """Run one Kindpakket day on a real network of four organisations, which then stays up.

    If the network is already up, another day is run, with its own schemes, shops and vouchers.
    """
    console = Console(stderr=as_data, highlight=False)
    display = Display(console)
    began = time.monotonic()
    try:
        network = _up(home, display)
        results = network.home / "results" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        results.mkdir(mode=0o700, parents=True)
        town = make_town(children, round(children / CHILDREN_PER_HOUSEHOLD), now().date(), seed)
        with Desk(network, results, Random(seed)) as desk:
            day = run(desk, town, payments, display.step)
    except (DemoFailed, NetworkError, FabricError, Refusal, CitizensError) as error:
        console.print(f"[red]The demo failed:[/red] {error}", markup=True, soft_wrap=True)
        console.print(
            f"The network in {home} is left as it is. Look at it: `kindpakket network status --home {home}`"
        )
        sys.exit(1)
    _finish(day, time.monotonic() - began, home, console, as_data)


def _up(home: Path, display: Display) -> Network:
    with display.step("A network of four organisations is brought up", None):
        exists = (home / "topology.yaml").exists()
        network = Network.open(home) if exists else Network(Topology.packaged("kindpakket"), home)
        network.up(progress=display.say)
    return network


def _finish(day: Day, seconds: float, home: Path, console: Console, as_data: bool) -> None:
    if as_data:
        click.echo(json.dumps(as_json(day, seconds), indent=2))
    else:
        show(day, seconds, home, console)
    sys.exit(0 if day.report.passed else 1)


if __name__ == "__main__":
    main()
