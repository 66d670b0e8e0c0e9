"""The commands that keep a network's data: `backup`, `restore`, `rebuild`, `verify` and so on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import UNKNOWN, Wrong, home_option, in_json, json_option, not_as_it_should_be
from kindpakket_cli.network.support import (
    FILE,
    READABLE,
    failures,
    on_network,
    organisations_option,
    yes_option,
)
from kindpakket_cli.output import answer, confirm, note, print_json, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.backups.verification import Verified
    from kindpakket_network.verbs.network import Network

_passphrase = click.option(
    "--passphrase-file",
    type=READABLE,
    help="Read the passphrase from the first line of this file, instead of asking for it.",
)
_key = click.option(
    "--key",
    required=True,
    type=READABLE,
    help="The key file that `backup-key` made.",
)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does: stopped peers are started, clear copies deleted."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(UNKNOWN))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _asked(file: Path | None, confirm: bool = False) -> Callable[[], str]:
    def passphrase() -> str:
        if file is not None:
            return (file.read_text("utf-8").splitlines() or [""])[0]
        if in_json():
            raise Wrong("give --passphrase-file: with --json nobody is asked")
        if not sys.stdin.isatty():
            raise Wrong("give --passphrase-file: there is no terminal to ask for the passphrase on")
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))

    return passphrase


@click.command("backup-key")
@click.argument("file", type=FILE)
@click.option("--open", "is_open", is_flag=True, help="Do not lock the file with a passphrase.")
@_passphrase
@json_option
def backup_key_command(file: Path, is_open: bool, passphrase_file: Path | None, as_json: bool) -> None:
    """Write the key that reads backups to FILE, and print the public key that `backup` needs.

    Keep FILE away from the machines that are backed up.
    """
    with failures():
        from kindpakket_network.backups import key

        passphrase = None if is_open else _asked(passphrase_file, confirm=True)()
        if passphrase == "":
            raise click.BadParameter("the passphrase is empty", param_hint="--passphrase-file")
        public = key.create(file, passphrase)
    answer(as_json, {"file": str(file), "public_key": public}, public)


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    required=True,
    metavar="AGE1…",
    envvar="KINDPAKKET_BACKUP_RECIPIENT",
    help="A public key that can read the backup; repeat for more.",
)
@organisations_option
@json_option
@on_network
def backup(
    target: Network, file: Path, recipients: tuple[str, ...], organisations: tuple[str, ...], as_json: bool
) -> None:
    """Back up keys, certificate authorities and peers' ledgers to FILE, encrypted.

    Each peer is stopped while it is copied, one at a time. Ordering goes on: only keys and configuration of
    consenters are included.
    """
    with shown_progress() as progress, _ended_by_signal():
        taken = target.backup(file, recipients, organisations, progress)
    if as_json:
        print_json(taken.as_json())
    else:
        click.echo(f"{taken.file} contains {', '.join(taken.manifest.organisations)}, {taken.size} bytes.")
        click.echo(f"sha256 {taken.sha256}")


@click.command()
@click.argument("file", type=READABLE)
@_key
@_passphrase
@click.option(
    "--sha256", metavar="HEX", help="The hash that `backup` printed; a file with another hash is refused."
)
@click.option("--yes", is_flag=True, help="Restore FILE without comparing its hash.")
@organisations_option
@click.option(
    "--node", "nodes", multiple=True, metavar="NODE", help="Only this orderer or peer; repeat for more."
)
@click.option(
    "--ordering-lost",
    is_flag=True,
    help="No consenter is left anywhere: restart ordering from the height of the restored peers.",
)
@click.option(
    "--replace", is_flag=True, help="Move what the home already has of them aside, instead of refusing."
)
@home_option
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
    """Restore organisations from FILE into the home, and start them.

    A peer answers nobody until it has caught up with the network, so that what was purged after the backup is
    purged again first.
    """
    if sha256 is None and not yes:
        raise click.UsageError(
            f"programs from {file} would be started, and anyone who knows the public key can write such a "
            "file: give --sha256 with the hash that `backup` printed, or --yes if you know where the "
            "file was kept"
        )
    with failures(), shown_progress() as progress, _ended_by_signal():
        from kindpakket_network.backups import key as keys
        from kindpakket_network.verbs.network import Network

        identities = keys.load(key, _asked(passphrase_file))
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
        print_json(manifest.as_json())
    else:
        names = ", ".join(nodes or organisations or manifest.organisations)
        click.echo(f"{names} as of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC runs in {home}, and has caught up.")


@click.command()
@click.argument("node")
@click.option(
    "--drop-private-data",
    "drop_private",
    is_flag=True,
    help="Delete a peer's private data as well, if they cannot be read either.",
)
@yes_option
@json_option
@on_network
def rebuild(target: Network, node: str, drop_private: bool, yes: bool, as_json: bool) -> None:
    """Delete the ledger of NODE, an orderer or a peer, and have it fetch everything again.

    Refused if the rest of the network does not have its blocks. A peer serves again once it has all of them.
    It keeps its private data; with --drop-private-data it fetches them from the peers of other members of its
    collections, and what none of them has is lost.
    """
    lost = " with its private data, of which those are lost that no other peer has" if drop_private else ""
    confirm(f"Delete the ledger of {node}{lost}, and fetch it again from the network?", yes)
    with shown_progress() as progress, _ended_by_signal():
        found = target.rebuild(node, progress, drop_private=drop_private)
    if as_json:
        print_json(found.as_json())
        return
    heights = ", ".join(f"{height} blocks of {channel}" for channel, height in found.heights.items())
    click.echo(f"{node} has {heights}.")
    if found.compared == ():
        note("No other peer answered, so nothing was compared: run `kindpakket network verify` later.")
    elif found.compared:
        click.echo(f"It computed the same as {', '.join(found.compared)}.")
    if found.private_fetched or found.private_lacking:
        click.echo(f"{found.private_fetched} private write sets were fetched from other peers.")
    if found.private_lacking:
        note(
            f"{found.private_lacking} private write sets were not: they were purged or have expired, or no "
            "peer that runs has them. The peer asks for them every hour. An organisation with a single "
            "peer has lost its approvals of chaincodes: raise `version`, and deploy"
        )


@click.command()
@click.option("--ledgers", is_flag=True, help="Check the hashes of all blocks of every peer as well.")
@json_option
@on_network
def verify(target: Network, ledgers: bool, as_json: bool) -> None:
    """Compare what the peers computed from the same block and what is on their disks.

    Exit code 1: they differ. With --ledgers each peer is stopped while its blocks are copied, one at a time.
    """
    with shown_progress() as progress, _ended_by_signal():
        found = target.verify(ledgers=ledgers, progress=progress)
    _report(found, as_json)


@click.command("verify-backup")
@click.argument("file", type=READABLE)
@_key
@_passphrase
@json_option
@on_network
def verify_backup_command(
    target: Network, file: Path, key: Path, passphrase_file: Path | None, as_json: bool
) -> None:
    """Check that FILE can be read, and the hashes of the blocks in it.

    Exit code 1: some are wrong. FILE is unpacked into the network's folder meanwhile.
    """
    with shown_progress() as progress, _ended_by_signal():
        from kindpakket_network.backups import key as keys

        identities = keys.load(key, _asked(passphrase_file))
        found = target.verify_backup(file, identities, progress)
    _report(found, as_json)


def _report(found: Verified, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
    else:
        for commit in found.committed:
            click.echo(
                f"{commit.node} computed {commit.commit[:16]} for block {commit.block} of {commit.channel}"
            )
        for node in found.silent:
            note(f"{node} does not answer: not compared")
        for state in found.states:
            click.echo(f"{state.node} has state {state.state[:16]} of {state.channel} at block {state.block}")
        for ledger in found.ledgers:
            count = f"{len(ledger.errors)} errors" if ledger.errors else "all hashes agree"
            click.echo(f"{ledger.node} has the blocks of {ledger.channel}: {count}")
        for finding in found.findings:
            note(finding)
    if found.findings:
        not_as_it_should_be()


COMMANDS = (backup_key_command, backup, restore, rebuild, verify, verify_backup_command)
