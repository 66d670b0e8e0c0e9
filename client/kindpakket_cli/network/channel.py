"""The commands that change a live channel's configuration: at once, or by a file that goes round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import NETWORK, WAITING, group, json_option, not_as_it_should_be
from kindpakket_cli.network.support import FILE, on_network, organisations_option, yes_option
from kindpakket_cli.output import answer, confirm, note, print_json, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.channel.review import Review
    from kindpakket_network.verbs.network import Network

_file = click.argument("file", type=FILE)


def _settings(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        place, equals, text = value.partition("=")
        if not place or not equals:
            raise click.BadParameter(f"{value!r} is not place=value, such as ordering.batch_messages=200")
        found[place] = text
    return found


_set = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PLACE=VALUE",
    callback=_settings,
    help="First change the topology, such as ordering.batch_messages=200; repeat for more.",
)


@group("channel", shared=NETWORK)
def channel_commands() -> None:
    """Configuration of live channels: change it, or propose, sign and submit a change."""


@channel_commands.command()
@_set
@click.option("--dry-run", is_flag=True, help="Only show what would change; exit code 1: something would.")
@json_option
@on_network
def update(target: Network, settings: dict[str, str], dry_run: bool, as_json: bool) -> None:
    """Change all channels to what the topology says: batch sizes, policies, roles, access control lists.

    Exit code 5: organisations that this home does not act for have to sign.
    """
    from kindpakket_network.description.settings import with_settings
    from kindpakket_network.verbs import channels
    from kindpakket_network.verbs.network import Network

    wanted = with_settings(target.topology, settings)
    if dry_run:
        found = channels.differences(Network(wanted, target.home))
        if as_json:
            print_json({name: [vars(change) for change in changes] for name, changes in found.items()})
        else:
            for name, changes in found.items():
                click.echo(f"{name}:" if changes else f"{name}: nothing to change")
                for change in changes:
                    click.echo(f"  {change}")
        if any(found.values()):
            not_as_it_should_be()
        return
    with shown_progress() as progress:
        changed = channels.update(target, wanted, progress)
    text = f"Changed: {', '.join(changed)}." if changed else "Nothing to change."
    answer(as_json, {"changed": changed}, text)


@channel_commands.command("raise")
@click.argument("channel")
@_set
@yes_option
@json_option
@on_network
def raise_(target: Network, channel: str, settings: dict[str, str], yes: bool, as_json: bool) -> None:
    """Raise CHANNEL's capabilities to what the topology says; nothing lowers them again.

    `up` and `upgrade` never do this. Every node must run a build that knows them. Exit code 5: organisations
    that this home does not act for have to sign.
    """
    from kindpakket_network.description.settings import with_settings
    from kindpakket_network.verbs import channels
    from kindpakket_network.verbs.network import Network

    wanted = with_settings(target.topology, settings)
    found = channels.raisable(Network(wanted, target.home), channel)
    if found:
        steps = ", ".join(f"{group} {before} -> {after}" for group, (before, after) in found.items())
        confirm(
            f"Raise the capabilities of {channel} permanently ({steps})? Older nodes cannot join it.", yes
        )
    with shown_progress() as progress:
        changed = channels.raise_capabilities(target, channel, wanted, progress)
    members = {"channel": channel, "raised": {group: after for group, (_, after) in found.items()}}
    text = f"The capabilities of {channel} are raised." if changed else "Nothing to raise."
    answer(as_json, members, text)


@channel_commands.command()
@click.argument("channel")
@click.option(
    "-o",
    "--output",
    required=True,
    type=FILE,
    help="The file to pass round for signatures.",
)
@_set
@click.option(
    "--without",
    metavar="ORDERER",
    help="Instead take out this consenter, which lost its log; the next `up` adds it anew (Raft).",
)
@click.option(
    "--capabilities", is_flag=True, help="Instead raise its capabilities; nothing lowers them again."
)
@json_option
@on_network
def propose(
    target: Network,
    channel: str,
    *,
    output: Path,
    settings: dict[str, str],
    without: str | None,
    capabilities: bool,
    as_json: bool,
) -> None:
    """Write the next change that CHANNEL needs to match the topology; nobody has signed it yet."""
    from kindpakket_network.description.settings import with_settings
    from kindpakket_network.verbs import channels

    if without is not None and (settings or capabilities):
        raise click.UsageError(
            "--without is a change of its own: propose it first, and --set or --capabilities afterwards"
        )
    if without is None:
        wanted = with_settings(target.topology, settings)
        found = channels.propose(target, channel, wanted, capabilities=capabilities)
        nothing = f"{channel} is as the topology says: there is nothing to propose."
    else:
        found = channels.propose_without(target, channel, without)
        nothing = f"{channel} does not name {without}: there is nothing to propose."
    if found is None:
        answer(as_json, None, nothing)
        return
    found.save(output)
    _show(channels.review(target, found), as_json)
    note(f"Written to {output}: have it signed with `kindpakket network channel sign`.")


@channel_commands.command()
@_file
@json_option
@on_network
def show(target: Network, file: Path, as_json: bool) -> None:
    """Show what a proposed change would do, who has signed it, and who still has to.

    Exit code 5: signatures are missing. Exit code 1: it is outdated.
    """
    from kindpakket_network.channel.proposal import Proposal
    from kindpakket_network.verbs import channels

    found = channels.review(target, Proposal.load(file))
    _show(found, as_json)
    if found.complete or found.done:
        return
    if found.outdated:
        not_as_it_should_be()
    raise click.exceptions.Exit(WAITING)


@channel_commands.command()
@_file
@organisations_option
@yes_option
@json_option
@on_network
def sign(target: Network, file: Path, organisations: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Sign a proposed change as administrator, and write it back to FILE."""
    from kindpakket_network.channel.proposal import Proposal
    from kindpakket_network.verbs import channels

    proposal = Proposal.load(file)
    if not yes:
        for line in _lines(channels.review(target, proposal)):
            note(line)
        confirm("Sign this?", yes)
    signed = channels.sign(target, proposal, organisations)
    signed.save(file)
    _show(channels.review(target, signed), as_json)


@channel_commands.command()
@_file
@json_option
@on_network
def submit(target: Network, file: Path, as_json: bool) -> None:
    """Submit a signed change, and wait until the channel has it."""
    from kindpakket_network.channel.proposal import Proposal
    from kindpakket_network.verbs import channels

    proposal = Proposal.load(file)
    with shown_progress() as progress:
        changed = channels.submit(target, proposal, progress)
    text = f"{proposal.channel} {'is changed' if changed else 'already has this change'}."
    answer(as_json, {"channel": proposal.channel, "changed": changed}, text)


def _show(found: Review, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Review) -> Iterator[str]:
    """The lines to show. What others wrote cannot move the cursor or imitate other lines."""
    for line in _sentences(found):
        yield "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)


def _sentences(found: Review) -> Iterator[str]:
    yield f"A change of {found.channel}:"
    yield from (f"  {difference}" for difference in found.differences)
    if found.done:
        yield "The channel has this change."
        return
    for path in found.outdated:
        yield f"Outdated: {path} has changed since; propose it again."
    for signature in found.signatures:
        words = f", but {signature.problem}" if signature.problem else ""
        yield f"Signed by {signature.name} ({signature.role}) of {signature.msp}{words}."
    for demand in found.demands:
        yield f"{demand.policy} ({demand.words}): {'' if demand.satisfied else 'not '}satisfied."
    if found.complete:
        yield "It can be submitted."
    elif any(found.lacking):
        yield f"Still to sign: {' or '.join(' and '.join(names) for names in found.lacking)}."
