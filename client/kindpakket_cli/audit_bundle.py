"""`kindpakket audit bundle`: what an auditor takes home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.audit_evidence import FOLDER, Evidence
from kindpakket_cli.contract import Wrong
from kindpakket_cli.output import answer, counted
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from fabric_gateway.blocks import BlockMessage


@click.command("bundle")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--blocks", "folder", type=FOLDER, help="Take the block files of this folder, offline.")
@acting_as("auditor")
def bundle(session: Session, path: Path, folder: Path | None) -> None:
    """Write all blocks of the ledger to FILE, to audit them elsewhere with `audit verify --bundle FILE`.

    A manifest names every file with its hash. The same blocks give the same bytes. What the bundle says about
    itself is not believed: take the hash of block 0, or a checkpoint, from another source.
    """
    from kindpakket.auditor.copies import write_bundle

    if path.exists():
        raise Wrong(f"{path} exists already: give another name", "FILE")
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with (
            Evidence(folder=folder).blocks(session) as source,
            counted(source.size, "Blocks" if source.auditor else "Bytes of blocks") as update,
        ):

            def taken() -> Iterator[BlockMessage]:
                for message in source.read(0):
                    yield message
                    if update is not None:
                        update(source.measure(message))

            manifest = write_bundle(partial, taken(), source.domain)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    text = (
        f"{path} has {manifest.height} blocks of channel {manifest.channel}. Block 0 has the hash "
        f"{manifest.genesis}; the head of the chain is {manifest.head}."
    )
    answer(session.as_json, {"file": str(path), **manifest.as_json()}, text)
