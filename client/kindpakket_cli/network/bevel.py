"""The command that writes a network down for the Kubernetes operator."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket_network.commands.support import json_option, on_network, show_files
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.bevel import SCRIPT, files, resources
from kindpakket_network.exports.bevel_check import mistakes
from kindpakket_network.programs.home import write
from kindpakket_network.verbs.network import Network

_EXECUTABLE = 0o755


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder for the files; made when it is not there.",
)
@click.option("--image", required=True, help="The container image of the chaincodes' processes.")
@click.option(
    "--crds",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Check everything against the operator's definitions in this folder first.",
)
@json_option
@on_network
def bevel(target: Network, output: Path, image: str, crds: Path | None, as_json: bool) -> None:
    """The topology as resources of the Kubernetes operator bevel-operator-fabric.

    They describe a new network, whose CAs run in the cluster. No secret is in them: the script that applies
    them draws the secrets, and fills in what exists only then.
    """
    if crds is not None:
        found = mistakes(resources(target.topology, image), crds)
        if found:
            lines = "\n".join(f"  {one}" for one in found)
            raise NetworkError(f"the operator would not take {len(found)} members:\n{lines}")
    written = files(target.topology, image)
    for name, text in written.items():
        write(output / name, text, mode=_EXECUTABLE if name == SCRIPT else 0o644)
    if as_json:
        show_files(output / name for name in written)
    click.echo(f"{output} is written: read and run {output / SCRIPT}", err=True)
