"""The commands that write files for others, and the one that takes theirs."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket_network.commands.support import answer, json_option, on_network, show_files
from kindpakket_network.programs.home import write
from kindpakket_network.verbs.network import Network

_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; not given: print it."
)


@click.group()
def export() -> None:
    """Write what others need: partners, service managers, clients."""


@export.command()
@click.argument("name")
@_output
@on_network
def organisation(target: Network, name: str, output: Path | None) -> None:
    """The certificates of organisation NAME, for the others' `admit`. No key is in it."""
    bundle = target.bundle(name)
    _write(bundle.text(), output)
    for what, fingerprint in zip(("identities", "TLS"), bundle.fingerprints(), strict=True):
        click.echo(f"{name}'s root for {what}, SHA-256: {fingerprint}", err=True)


@export.command()
@click.argument("name")
@_output
@on_network
def channel(target: Network, name: str, output: Path | None) -> None:
    """The first block of channel NAME, for the others' `admit`; it is made when there is none."""
    _write(target.first_block(name), output)


@export.command()
@click.argument("name")
@_output
@on_network
def profile(target: Network, name: str, output: Path | None) -> None:
    """The connection profile of organisation NAME, with its certificates inside, for clients elsewhere."""
    _write(target.portable_profile(name), output)


@export.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder of the units, such as /etc/systemd/system.",
)
@click.option(
    "--organisation",
    "organisations",
    multiple=True,
    metavar="NAME",
    help="The nodes of this organisation only; may be given several times. Not given: of all of the home.",
)
@click.option("--host", metavar="NAME", help="The nodes on this host of the topology only.")
@click.option("--user", default="kindpakket", show_default=True, help="The account that runs nodes and tool.")
@json_option
@on_network
def systemd(
    target: Network,
    output: Path,
    organisations: tuple[str, ...],
    host: str | None,
    user: str,
    as_json: bool,
) -> None:
    """Units with which systemd runs the nodes, confined; the home need not exist yet."""
    if host is not None:
        there = [one.name for one in target.topology.organisations if one.host.name == host]
        organisations = tuple(name for name in organisations or there if name in there)
        if not organisations:
            names = ", ".join(dict.fromkeys(one.host.name for one in target.topology.organisations))
            raise click.UsageError(f"none of them has the host {host!r}: use one of {names}")
    written = target.units(organisations, user)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        write(output / name, text)
    network = target.topology.name
    if as_json:
        show_files(output / name for name in written)
    click.echo(
        f"{len(written)} units are in {output}. Have systemd use them, then bring the network up:", err=True
    )
    click.echo(f"  systemctl daemon-reload && systemctl enable --now {network}.target", err=True)
    click.echo(f"  kindpakket network up --supervised --home {target.home}    (as {user})", err=True)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@json_option
@on_network
def admit(target: Network, files: tuple[Path, ...], as_json: bool) -> None:
    """Take other organisations' bundles and first blocks, which `export` made, into this home.

    Bundles come before blocks, in whatever order they are named. Compare the fingerprints with what the
    organisations say.
    """
    lines = target.admit(files)
    answer(as_json, {"admitted": lines}, "\n".join(lines))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"{output} is written.", err=True)
