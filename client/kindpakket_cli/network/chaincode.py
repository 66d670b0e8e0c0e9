"""The commands about chaincodes that are not this project's own."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket_cli.contract import NETWORK, group, json_option
from kindpakket_cli.network.support import FOLDER, failures
from kindpakket_cli.output import answer, note

# As in `kindpakket_network.chaincodes.sample`, which is not imported until it is needed.
LANGUAGES = ("go", "javascript", "typescript", "java")


@group("chaincode", shared=NETWORK)
def chaincode_commands() -> None:
    """Begin a chaincode of your own."""


@chaincode_commands.command()
@click.argument("language", type=click.Choice(LANGUAGES))
@click.argument("folder", type=FOLDER)
@json_option
def new(language: str, folder: Path, as_json: bool) -> None:
    """Write a small working chaincode in LANGUAGE to FOLDER."""
    with failures():
        from kindpakket_network.chaincodes.sample import write_sample

        files = write_sample(language, folder)
    members = {"folder": str(folder), "files": [str(file) for file in files]}
    answer(as_json, members, f"{folder} has a chaincode in {language} that stores values by key.")
    note("Add it to the chaincodes of a channel in your topology, and deploy it:")
    note(f'  - {{name: store, version: "1", source: {folder.resolve()}, endorsement: ...}}')
    note("  kindpakket network deploy store --topology FILE")
