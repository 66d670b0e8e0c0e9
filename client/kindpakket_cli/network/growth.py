"""The commands that show what `up` would change, and that let a network grow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option, not_as_it_should_be
from kindpakket_cli.network.support import on_network, show_warnings
from kindpakket_cli.output import answer, print_json, print_table, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.description.topology import Topology
    from kindpakket_network.reports.plan import Plan
    from kindpakket_network.verbs.network import Network

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only show the plan; exit code 1: there is something to do."
)
_on = click.option(
    "--channel",
    "channels",
    multiple=True,
    metavar="CHANNEL",
    help="Only on this channel; repeat for more.",
)
_host = click.option(
    "--host", metavar="HOST", help="The host of its nodes.  [default: the host of the --like organisation]"
)


@click.command()
@json_option
@on_network
def plan(target: Network, as_json: bool) -> None:
    """Show what `up` would change, and change nothing.

    Exit code 1: there is something to do.
    """
    show_plan(target.plan(), as_json)


@click.command("add-org")
@click.argument("organisation")
@click.option("--msp", required=True, metavar="MSP", help="Its MSP id, such as BuurtMSP.")
@click.option(
    "--like",
    required=True,
    metavar="ORGANISATION",
    help="The organisation whose place in policies and channels it shares.",
)
@_on
@click.option(
    "--new-channel",
    metavar="CHANNEL",
    help="It brings this channel, on which it takes the place of the --like organisation.",
)
@click.option(
    "--peers",
    type=click.IntRange(0, 4),
    help="How many peers it has.  [default: as many as the --like organisation]",
)
@click.option("--consenter", is_flag=True, help="It runs an orderer as well.")
@click.option(
    "--share-collections",
    is_flag=True,
    help="It joins the private collections of the --like organisation.  [default: it gets its own]",
)
@_host
@click.option(
    "--elsewhere", is_flag=True, help="Its keys are in a home of its own: its bundle is admitted here."
)
@dry_run_option
@json_option
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
    """Let ORGANISATION join the channels of another one, or bring a channel of its own."""
    from kindpakket_network.description.growth import with_channel, with_organisation

    if new_channel is not None:
        if channels or peers is not None or consenter or share_collections:
            raise click.UsageError(
                "--new-channel makes it like the other organisation: "
                "leave out --channel, --peers, --consenter and --share-collections"
            )
        wanted = target.topology
        if new_channel not in [channel.name for channel in wanted.channels]:
            wanted = with_channel(wanted, new_channel, organisation, msp, like, host=host)
    elif any(known.name == organisation and known.msp == msp for known in target.topology.organisations):
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
@click.option(
    "--from-snapshot",
    is_flag=True,
    help="It starts from the present state of another peer, without earlier blocks.",
)
@dry_run_option
@json_option
@on_network
def add_peer(
    target: Network, organisation: str, peer: str | None, from_snapshot: bool, dry_run: bool, as_json: bool
) -> None:
    """Give ORGANISATION another peer, on all its channels and with their chaincodes.

    With --from-snapshot it is ready sooner on a long ledger, but it cannot show what happened before: it can
    neither audit nor answer for earlier blocks. The peers of an auditor cannot be added so.
    """
    from kindpakket_network.description.growth import with_peer

    known = next((found.peers for found in target.topology.organisations if found.name == organisation), ())
    wanted = target.topology if peer in known else with_peer(target.topology, organisation, peer)
    _become(target, wanted, dry_run, as_json, by_snapshot=[organisation] if from_snapshot else [])


@click.command("add-consenter")
@click.argument("organisation")
@_on
@dry_run_option
@json_option
@on_network
def add_consenter(
    target: Network, organisation: str, channels: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Let ORGANISATION's orderer take part in ordering the channels; it is created if needed."""
    from kindpakket_network.description.growth import with_consenter

    _become(target, with_consenter(target.topology, organisation, channels or None), dry_run, as_json)


@click.command()
@click.argument("build", required=False)
@dry_run_option
@json_option
@on_network
def upgrade(target: Network, build: str | None, dry_run: bool, as_json: bool) -> None:
    """Have orderers and peers run BUILD of Fabric's programs, or what the topology says, one at a time.

    Each node must have come back before the next one is stopped; it ends at the first that does not. Going
    back is the same with the earlier build. The capabilities of channels stay: see `channel raise`.
    """
    from kindpakket_network.description.settings import with_settings
    from kindpakket_network.verbs.network import Network

    if dry_run:
        settings = {} if build is None else {"fabric.build": json.dumps(build)}
        show_plan(Network(with_settings(target.topology, settings), target.home).plan(), as_json)
        return
    with shown_progress() as progress:
        nodes = target.upgrade(build, progress)
    members = {"build": target.topology.build, "nodes": nodes}
    count = "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
    answer(as_json, members, f"{count} changed over to build {target.topology.build}.")


def _become(
    target: Network,
    wanted: Topology,
    dry_run: bool,
    as_json: bool,
    elsewhere: Sequence[str] = (),
    by_snapshot: Sequence[str] = (),
) -> None:
    from kindpakket_network.verbs.network import Network

    if dry_run:
        show_plan(Network(wanted, target.home).plan(), as_json)
        return
    with shown_progress() as progress:
        target.become(wanted, progress, elsewhere, by_snapshot)
    if as_json:
        print_json(target.status().as_json())
    else:
        click.echo(f"Done. {target.home / 'topology.yaml'} describes the network as it is now.")


def show_plan(found: Plan, as_json: bool) -> None:
    """Show a plan; exit code 1 if there is something to do."""
    show_warnings(found.warnings)
    if as_json:
        print_json(found.as_json())
    elif found.done:
        click.echo(f"Nothing to do: the network in {found.home} is as the topology says.")
    else:
        for title, rows in (
            ("the topology says", [(change.place, change.words) for change in found.changes]),
            ("`up` would", [(f"{step.kind} {step.subject}", step.words) for step in found.steps]),
        ):
            if rows:
                print_table((title, ""), rows)
    if not found.done:
        not_as_it_should_be()
