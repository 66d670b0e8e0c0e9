"""The commands that take something out of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option
from kindpakket_cli.network.growth import dry_run_option, show_plan
from kindpakket_cli.network.support import on_network, yes_option
from kindpakket_cli.output import answer, confirm, confirm_name, note, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.reports.plan import Plan
    from kindpakket_network.verbs.network import Network
    from kindpakket_network.verbs.removal import Removal

_delete = click.option(
    "--delete",
    is_flag=True,
    help="Delete its files.  [default: they are moved to the folder `removed` in the home]",
)


@click.command("remove-user")
@click.argument("organisation")
@click.argument("user")
@_delete
@dry_run_option
@yes_option
@json_option
@on_network
def remove_user(
    target: Network, organisation: str, user: str, delete: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Revoke the certificates of USER of ORGANISATION, and take USER out of the topology.

    An organisation's only administrator is not removed.
    """
    from kindpakket_network.verbs import removal

    _remove(target, removal.user(target, organisation, user, delete=delete), dry_run, yes, as_json)


@click.command("remove-peer")
@click.argument("organisation")
@click.argument("peer")
@_delete
@dry_run_option
@yes_option
@json_option
@on_network
def remove_peer(
    target: Network, organisation: str, peer: str, delete: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Take PEER of ORGANISATION out of its channels and the topology, stop it, and revoke its certificates.

    Refused if endorsements or private data need it.
    """
    from kindpakket_network.verbs import removal

    _remove(target, removal.peer(target, organisation, peer, delete=delete), dry_run, yes, as_json)


@click.command("remove-consenter")
@click.argument("organisation")
@click.option(
    "--channel",
    "channels",
    multiple=True,
    metavar="CHANNEL",
    help="Only from this channel; repeat for more.  [default: all; then it is stopped]",
)
@_delete
@dry_run_option
@yes_option
@json_option
@on_network
def remove_consenter(
    target: Network,
    organisation: str,
    channels: tuple[str, ...],
    delete: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Have channels do without ORGANISATION's orderer, which may be lost, and stop it.

    Refused if the consenters that are left would be too few, or too few of them run.
    """
    from kindpakket_network.verbs import removal

    found = removal.consenter(target, organisation, channels, delete=delete)
    _remove(target, found, dry_run, yes, as_json)


@click.command("remove-org")
@click.argument("organisation")
@click.option(
    "--keep-name",
    is_flag=True,
    help="Let chaincodes that cannot end a name go on naming it; what is its own there has been ended.",
)
@_delete
@dry_run_option
@yes_option
@json_option
@on_network
def remove_org(
    target: Network,
    organisation: str,
    *,
    keep_name: bool,
    delete: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take ORGANISATION out of policies, ordering and channels, and stop its nodes.

    Where a policy lets others sign instead, they do; refused if one requires it, it alone holds private data,
    or a chaincode names it. Exit code 5: others have to sign or approve first; then run it again.
    """
    from kindpakket_network.verbs import removal

    found = removal.organisation(target, organisation, delete=delete, keep_name=keep_name)
    _remove(target, found, dry_run, yes, as_json)


@click.command("remove-channel")
@click.argument("channel")
@_delete
@dry_run_option
@yes_option
@json_option
@on_network
def remove_channel(
    target: Network, channel: str, delete: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Have this home's peers and orderers leave CHANNEL, one after the other.

    A copy of its peers' ledgers is kept unless --delete is given. Asks for the channel's name.
    """
    from kindpakket_network.verbs import removal

    found = removal.channel(target, channel, delete=delete)
    _remove(target, found, dry_run, yes, as_json, typed=True)


def _remove(
    target: Network, found: Removal, dry_run: bool, yes: bool, as_json: bool, *, typed: bool = False
) -> None:
    from kindpakket_network.verbs import removal

    subject = found.subject
    if dry_run:
        show_plan(removal.plan(target, found), as_json)
        return
    if found.stages and not yes:
        for line in _lines(removal.plan(target, found)):
            note(line)
        if typed:
            confirm_name(f"Type {subject} to remove it", subject, yes)
        else:
            confirm(f"Remove {subject}?", yes)
    with shown_progress() as progress:
        removal.run(target, found, progress)
    words = "is removed" if found.stages else "was removed before"
    answer(as_json, {"removed": subject, "home": str(target.home)}, f"{subject} {words}.")


def _lines(found: Plan) -> Iterator[str]:
    for change in found.changes:
        yield f"{change.place}: {change.words}"
    for step in found.steps:
        yield f"{step.kind} {step.subject}: {step.words}"
