"""The commands that write files for others, and the one that takes theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import NETWORK, Wrong, group, json_option
from kindpakket_cli.network.support import FILE, FOLDER, READABLE, on_network, organisations_option
from kindpakket_cli.output import answer, note, print_files

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network

_output = click.option("-o", "--output", type=FILE, help="The file to write.  [default: print it]")


@group("export", shared=NETWORK)
def export() -> None:
    """Write files for others: partners, clients, systemd, Prometheus, Kubernetes."""


@export.command()
@click.argument("name")
@_output
@on_network
def organisation(target: Network, name: str, output: Path | None) -> None:
    """Write the certificates of organisation NAME for other organisations' `admit`, without keys."""
    bundle = target.bundle(name)
    _write(bundle.text(), output)
    for what, fingerprint in zip(("identities", "TLS"), bundle.fingerprints(), strict=True):
        note(f"{name}'s root for {what}, SHA-256: {fingerprint}")


@export.command()
@click.argument("name")
@_output
@on_network
def channel(target: Network, name: str, output: Path | None) -> None:
    """Write the genesis block of channel NAME for other organisations' `admit`; it is created if needed."""
    _write(target.first_block(name), output)


@export.command()
@click.argument("name")
@click.option(
    "--for",
    "reader",
    type=click.Choice(["gateway", "hfc"]),
    default="gateway",
    show_default=True,
    help="Who reads it: clients of the Gateway (YAML), or programs written for hfc (network.json).",
)
@_output
@on_network
def profile(target: Network, name: str, reader: str, output: Path | None) -> None:
    """Write the connection profile of organisation NAME for clients elsewhere, with certificates inside.

    For hfc it has the peers and orderers of all organisations that are known here, and the paths of the keys
    of NAME's users on this machine: -o network.json.
    """
    _write(target.hfc_profile(name) if reader == "hfc" else target.portable_profile(name), output)


@export.command()
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    required=True,
    help="The folder for the units, such as /etc/systemd/system.",
)
@organisations_option
@click.option("--host", metavar="NAME", help="Only the nodes on this host of the topology.")
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
    """Write units with which systemd runs the nodes, confined; the home need not exist yet."""
    from kindpakket_network.programs.home import write

    if host is not None:
        there = [found.name for found in target.topology.organisations if found.host.name == host]
        organisations = tuple(name for name in organisations or there if name in there)
        if not organisations:
            names = ", ".join(dict.fromkeys(found.host.name for found in target.topology.organisations))
            raise Wrong(f"no organisation has the host {host!r}: use one of {names}")
    written = target.units(organisations, user)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        write(output / name, text)
    network = target.topology.name
    if as_json:
        print_files(output / name for name in written)
    note(f"{len(written)} units are in {output}. Enable them, then bring the network up:")
    note(f"  systemctl daemon-reload && systemctl enable --now {network}.target")
    note(f"  kindpakket network up --supervised --home {target.home}    (as {user})")


@click.command()
@click.argument("files", nargs=-1, required=True, type=READABLE)
@json_option
@on_network
def admit(target: Network, files: tuple[Path, ...], as_json: bool) -> None:
    """Admit other organisations' bundles and genesis blocks, which `export` wrote, to this home.

    FILES may be given in any order: bundles are admitted before blocks. Compare the fingerprints with what
    the organisations tell you.
    """
    lines = target.admit(files)
    answer(as_json, {"admitted": lines}, "\n".join(lines))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        note(f"{output} is written.")
