"""The commands for those who watch a network with Prometheus."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket_network.commands.support import json_option, on_network, show_files
from kindpakket_network.programs.home import write
from kindpakket_network.verbs.network import Network


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder for the files; made when it is not there.",
)
@json_option
@on_network
def prometheus(target: Network, output: Path, as_json: bool) -> None:
    """The configuration and alert rules with which Prometheus watches this home's nodes."""
    written = target.monitoring()
    for name, text in written.items():
        write(output / name, text)
        click.echo(f"{output / name} is written.", err=True)
    if as_json:
        show_files(output / name for name in written)


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file, replaced as a whole; not given: print them.",
)
@on_network
def metrics(target: Network, output: Path | None) -> None:
    """Tell in Prometheus' form when certificates end, and which nodes run."""
    text = target.metrics()
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
