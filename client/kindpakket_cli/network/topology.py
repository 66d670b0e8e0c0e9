"""The commands that help to write a topology."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option
from kindpakket_cli.network.support import FILE, FOLDER, failures, on_network
from kindpakket_cli.output import answer, print_json

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network


@click.command()
def schema() -> None:
    """Print the JSON Schema of topologies, which editors use to complete and check them."""
    with failures():
        from kindpakket_network.description.schema import schema as topology_schema

        print_json(topology_schema())


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--like", default="kindpakket", show_default=True, help="The packaged topology to start from.")
@json_option
def init(folder: Path, like: str, as_json: bool) -> None:
    """Write a topology to start from to FOLDER, with its schema beside it."""
    with failures():
        from kindpakket_network.exports.skeleton import skeleton

        file = skeleton(folder, like)
    text = f"{file} describes a network: edit it, and check it with `plan --topology {file}`."
    answer(as_json, {"file": str(file)}, text)


@click.command()
@click.option("-o", "--output", type=FILE, help="The file to write.  [default: print it]")
@on_network
def draw(target: Network, output: Path | None) -> None:
    """Draw the topology as an SVG picture."""
    from kindpakket_network.programs.home import write
    from kindpakket_network.reports.diagram import diagram

    picture = diagram(target.topology)
    if output is None:
        click.echo(picture, nl=False)
    else:
        write(output, picture)
        click.echo(f"{output} shows the network {target.topology.name}.")
