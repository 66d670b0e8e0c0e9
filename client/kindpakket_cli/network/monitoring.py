"""The commands for those who watch a network with Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option
from kindpakket_cli.network.support import FILE, FOLDER, on_network
from kindpakket_cli.output import note, print_files

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network


@click.command()
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    required=True,
    help="The folder for the files; created if it does not exist.",
)
@json_option
@on_network
def prometheus(target: Network, output: Path, as_json: bool) -> None:
    """Write what Prometheus needs to watch this home's nodes, and a dashboard for Grafana."""
    from kindpakket_network.programs.home import write

    written = target.monitoring()
    for name, text in written.items():
        write(output / name, text)
        note(f"{output / name} is written.")
    if as_json:
        print_files(output / name for name in written)


@click.command()
@click.option(
    "-o",
    "--output",
    type=FILE,
    help="The file to write, replaced as a whole.  [default: print them]",
)
@on_network
def metrics(target: Network, output: Path | None) -> None:
    """Print metrics for Prometheus: when certificates expire, and which nodes run."""
    from kindpakket_network.programs.home import write

    text = target.metrics()
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
