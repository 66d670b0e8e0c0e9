"""The commands that keep a network's data: `backup-key`, `backup`, `restore`, `verify`, `verify-backup`."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kindpakket_network.backups import key as backup_key
from kindpakket_network.backups.verification import Verified
from kindpakket_network.commands.support import failures, json_option, on_network, shown_progress
from kindpakket_network.verbs.network import Network

_file = click.Path(path_type=Path, dir_okay=False)
_FOUND = 3
_passphrase = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read the passphrase from the first line of this file, instead of asking for it.",
)
_key = click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The key file that `backup-key` made.",
)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Has SIGTERM end the command as Ctrl-C does: stopped peers are started, clear copies deleted."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _asked(file: Path | None, confirm: bool = False) -> Callable[[], str]:
    def passphrase() -> str:
        if file is not None:
            return (file.read_text("utf-8").splitlines() or [""])[0]
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))

    return passphrase


@click.command("backup-key")
@click.argument("file", type=_file)
@click.option("--open", "is_open", is_flag=True, help="Lock the file with no passphrase.")
@_passphrase
def backup_key_command(file: Path, is_open: bool, passphrase_file: Path | None) -> None:
    """Make the key that reads backups, into FILE, and print the public key that `backup` needs.

    Keep FILE away from the machines that are backed up.
    """
    with failures():
        passphrase = None if is_open else _asked(passphrase_file, confirm=True)()
        if passphrase == "":
            raise click.BadParameter("the passphrase is empty", param_hint="--passphrase-file")
        click.echo(backup_key.create(file, passphrase))


@click.command()
@click.argument("file", type=_file)
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    required=True,
    metavar="AGE1…",
    envvar="KINDPAKKET_BACKUP_RECIPIENT",
    help="A public key that can read the backup; may be given several times.",
)
@click.option(
    "--organisation", "organisations", multiple=True, metavar="NAME", help="Only this one; several times."
)
@json_option
@on_network
def backup(
    target: Network, file: Path, recipients: tuple[str, ...], organisations: tuple[str, ...], as_json: bool
) -> None:
    """Back up keys, certificate authorities and peers' ledgers into FILE, encrypted.

    Each peer is stopped while it is copied, one at a time. Ordering goes on: of consenters, only keys and
    configuration are kept.
    """
    with shown_progress() as progress, _ended_by_signal():
        taken = target.backup(file, recipients, organisations, progress)
    if as_json:
        click.echo(json.dumps(taken.as_json(), indent=1))
    else:
        click.echo(f"{taken.file} holds {', '.join(taken.manifest.organisations)}, {taken.size} bytes.")
        click.echo(f"sha256 {taken.sha256}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_key
@_passphrase
@click.option("--sha256", metavar="HEX", help="The hash that `backup` printed: refuse another file.")
@click.option("--yes", is_flag=True, help="Take FILE without its hash.")
@click.option(
    "--organisation", "organisations", multiple=True, metavar="NAME", help="Only this one; several times."
)
@click.option(
    "--node", "nodes", multiple=True, metavar="NODE", help="Only this orderer or peer; several times."
)
@click.option(
    "--ordering-lost",
    is_flag=True,
    help="No consenter is left anywhere: begin ordering anew where the restored peers are.",
)
@click.option("--replace", is_flag=True, help="Move what the home has of them aside, instead of refusing.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".kindpakket"),
    show_default=True,
    help="The folder to restore into.",
)
@json_option
def restore(
    file: Path,
    key: Path,
    passphrase_file: Path | None,
    sha256: str | None,
    yes: bool,
    organisations: tuple[str, ...],
    nodes: tuple[str, ...],
    ordering_lost: bool,
    replace: bool,
    home: Path,
    as_json: bool,
) -> None:
    """Restore organisations from FILE, and start them once they have caught up with the network.

    While a peer catches up it answers nobody, so what was purged after the backup is purged again first.
    """
    if sha256 is None and not yes:
        raise click.UsageError(
            f"programs out of {file} would be started, and whoever knows the public key can write one: give "
            "--sha256 with the hash that `backup` printed, or --yes when you know where the file was kept"
        )
    with failures(), shown_progress() as progress, _ended_by_signal():
        identities = backup_key.load(key, _asked(passphrase_file))
        _, manifest = Network.restore(
            home,
            file,
            identities,
            organisations,
            nodes,
            replace=replace,
            sha256=sha256,
            ordering_lost=ordering_lost,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(manifest.as_json(), indent=1))
    else:
        names = ", ".join(nodes or organisations or manifest.organisations)
        click.echo(f"{names} as of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC runs in {home}, and has caught up.")


@click.command()
@click.option("--ledgers", is_flag=True, help="Go through the hashes of all blocks of every peer as well.")
@json_option
@on_network
def verify(target: Network, ledgers: bool, as_json: bool) -> None:
    """Compare what the peers made of the same block, and hold on their disks. Exit code 3: they differ.

    With --ledgers each peer is stopped while its blocks are copied, one at a time.
    """
    with shown_progress() as progress, _ended_by_signal():
        found = target.verify(ledgers=ledgers, progress=progress)
    _report(found, as_json)


@click.command("verify-backup")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_key
@_passphrase
@json_option
@on_network
def verify_backup_command(
    target: Network, file: Path, key: Path, passphrase_file: Path | None, as_json: bool
) -> None:
    """See that FILE can be read, and go through the hashes of the blocks in it. Exit code 3: some are wrong.

    It is unpacked into the network's folder for that time.
    """
    with shown_progress() as progress, _ended_by_signal():
        identities = backup_key.load(key, _asked(passphrase_file))
        found = target.verify_backup(file, identities, progress)
    _report(found, as_json)


def _report(found: Verified, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
    else:
        for one in found.committed:
            click.echo(f"{one.node} has made {one.commit[:16]} of block {one.block} of {one.channel}")
        for node in found.silent:
            click.echo(f"{node} does not answer: not compared", err=True)
        for state in found.states:
            click.echo(f"{state.node} holds {state.state[:16]} of {state.channel} at block {state.block}")
        for ledger in found.ledgers:
            count = f"{len(ledger.errors)} errors" if ledger.errors else "all hashes agree"
            click.echo(f"{ledger.node} has the blocks of {ledger.channel}: {count}")
        for finding in found.findings:
            click.echo(finding, err=True)
    if found.findings:
        raise click.exceptions.Exit(_FOUND)


COMMANDS = (backup_key_command, backup, restore, verify, verify_backup_command)
