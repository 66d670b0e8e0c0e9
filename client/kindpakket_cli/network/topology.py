"""The commands that help to write a topology."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kindpakket_network.commands.support import failures, on_network
from kindpakket_network.description.form import schema as topology_schema
from kindpakket_network.exports.skeleton import skeleton
from kindpakket_network.programs.home import write
from kindpakket_network.reports.drawing import drawing
from kindpakket_network.verbs.network import Network


@click.command()
def schema() -> None:
    """Print the JSON Schema of topologies, by which editors complete and check them."""
    click.echo(json.dumps(topology_schema(), indent=1, ensure_ascii=False))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--like", default="kindpakket", show_default=True, help="The packaged topology to start from.")
def init(folder: Path, like: str) -> None:
    """Write a topology to start from into FOLDER, with its schema beside it."""
    with failures():
        file = skeleton(folder, like)
    click.echo(f"{file} describes a network: change it, and see with `plan --topology {file}`.")


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; not given: printed."
)
@on_network
def draw(target: Network, output: Path | None) -> None:
    """Draw the topology as an SVG picture."""
    picture = drawing(target.topology)
    if output is None:
        click.echo(picture, nl=False)
    else:
        write(output, picture)
        click.echo(f"{output} shows the network {target.topology.name}.")
