"""The command that writes a network down for the Kubernetes operator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Refused, json_option
from kindpakket_cli.network.support import FOLDER, on_network
from kindpakket_cli.output import note, print_files

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network

_EXECUTABLE = 0o755


@click.command()
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    required=True,
    help="The folder for the files; created if it does not exist.",
)
@click.option("--image", required=True, help="The container image of the chaincodes' processes.")
@click.option(
    "--crds",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="First check everything against the operator's definitions in this folder.",
)
@json_option
@on_network
def bevel(target: Network, output: Path, image: str, crds: Path | None, as_json: bool) -> None:
    """Write the topology as resources of the Kubernetes operator bevel-operator-fabric.

    They describe a new network, whose CAs run in the cluster. They contain no secrets: the script that
    applies them generates the secrets, and fills in what exists only then.
    """
    from kindpakket_network.exports.bevel import SCRIPT, files, resources
    from kindpakket_network.exports.bevel_check import mistakes
    from kindpakket_network.programs.home import write

    if crds is not None:
        found = mistakes(resources(target.topology, image), crds)
        if found:
            lines = "\n".join(f"  {mistake}" for mistake in found)
            raise Refused(f"the operator would reject {len(found)} of the members:\n{lines}")
    written = files(target.topology, image)
    for name, text in written.items():
        write(output / name, text, mode=_EXECUTABLE if name == SCRIPT else 0o644)
    if as_json:
        print_files(output / name for name in written)
    note(f"{output} is written: read and run {output / SCRIPT}")
