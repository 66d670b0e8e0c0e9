"""The commands that show what `up` would change, and that let a network grow."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich import box
from rich.table import Table

from kindpakket_network.commands.support import on_network, out, show_warnings, shown_progress
from kindpakket_network.description.growth import (
    with_channel,
    with_consenter,
    with_organisation,
    with_peer,
)
from kindpakket_network.description.topology import Topology
from kindpakket_network.reports.plan import Plan
from kindpakket_network.verbs.network import Network

_SOMETHING_TO_DO = 3
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_dry_run = click.option(
    "--dry-run", is_flag=True, help="Only show the plan. Exit code 3: there is something to do."
)
_on = click.option(
    "--channel",
    "channels",
    multiple=True,
    metavar="CHANNEL",
    help="Only on this channel; may be given several times.",
)
_host = click.option("--host", metavar="HOST", help="The host of its nodes; not given: that of the other.")


@click.command()
@_as_json
@on_network
def plan(target: Network, as_json: bool) -> None:
    """Show what `up` would change, and change nothing. Exit code 3: there is something to do."""
    _show(target.plan(), as_json)


@click.command("add-org")
@click.argument("organisation")
@click.option("--msp", required=True, metavar="MSP", help="Its MSP id, such as BuurtMSP.")
@click.option("--like", required=True, metavar="ORGANISATION", help="The organisation that it stands beside.")
@_on
@click.option(
    "--new-channel", metavar="CHANNEL", help="It brings this channel, where it takes the other's place."
)
@click.option(
    "--peers", type=click.IntRange(0, 4), help="How many peers it has; not given: as many as the other."
)
@click.option("--consenter", is_flag=True, help="It runs an orderer as well.")
@click.option(
    "--share-collections",
    is_flag=True,
    help="It joins the other's private collections; not given: it gets such collections of its own.",
)
@_host
@click.option(
    "--elsewhere", is_flag=True, help="Its keys are in a home of its own: its bundle is admitted here."
)
@_dry_run
@_as_json
@on_network
def add_org(
    target: Network,
    organisation: str,
    msp: str,
    like: str,
    channels: tuple[str, ...],
    new_channel: str | None,
    peers: int | None,
    consenter: bool,
    share_collections: bool,
    host: str | None,
    elsewhere: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let ORGANISATION join the channels of another one beside it, or bring a channel of its own."""
    if new_channel is not None:
        if channels or peers is not None or consenter or share_collections:
            raise click.UsageError(
                "--new-channel makes it as the other: "
                "leave --channel, --peers, --consenter and --share-collections out"
            )
        wanted = target.topology
        if new_channel not in [one.name for one in wanted.channels]:
            wanted = with_channel(wanted, new_channel, organisation, msp, like, host=host)
    elif any(one.name == organisation and one.msp == msp for one in target.topology.organisations):
        wanted = target.topology
    else:
        wanted = with_organisation(
            target.topology,
            organisation,
            msp,
            like,
            channels=channels or None,
            peers=peers,
            consenter=consenter,
            host=host,
            share_collections=share_collections,
        )
    _become(target, wanted, dry_run, as_json, [organisation] if elsewhere else [])


@click.command("add-peer")
@click.argument("organisation")
@click.argument("peer", required=False)
@_dry_run
@_as_json
@on_network
def add_peer(target: Network, organisation: str, peer: str | None, dry_run: bool, as_json: bool) -> None:
    """Give ORGANISATION a further peer, on all its channels and with their chaincodes."""
    known = next((one.peers for one in target.topology.organisations if one.name == organisation), ())
    wanted = target.topology if peer in known else with_peer(target.topology, organisation, peer)
    _become(target, wanted, dry_run, as_json)


@click.command("add-consenter")
@click.argument("organisation")
@_on
@_dry_run
@_as_json
@on_network
def add_consenter(
    target: Network, organisation: str, channels: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Have ORGANISATION's orderer take part in ordering the channels; it is made when there is none."""
    _become(target, with_consenter(target.topology, organisation, channels or None), dry_run, as_json)


def _become(
    target: Network, wanted: Topology, dry_run: bool, as_json: bool, elsewhere: Sequence[str] = ()
) -> None:
    if dry_run:
        _show(Network(wanted, target.home).plan(), as_json)
        return
    with shown_progress() as progress:
        target.become(wanted, progress, elsewhere)
    if as_json:
        click.echo(json.dumps(target.status().as_json(), indent=1))
    else:
        click.echo(f"Done. {target.home / 'topology.yaml'} describes the network as it is now.")


def _show(found: Plan, as_json: bool) -> None:
    show_warnings(found.warnings)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
    elif found.done:
        click.echo(f"Nothing to do: the network in {found.home} is as the topology says.")
    else:
        for title, rows in (
            ("the topology says", [(one.place, one.words) for one in found.changes]),
            ("`up` would", [(f"{one.kind} {one.subject}", one.words) for one in found.steps]),
        ):
            table = Table(title, "", box=box.SIMPLE_HEAD)
            for row in rows:
                table.add_row(*row)
            if rows:
                out.print(table)
    if not found.done:
        raise click.exceptions.Exit(_SOMETHING_TO_DO)
