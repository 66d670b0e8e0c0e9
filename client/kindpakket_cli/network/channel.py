"""The commands that change a live channel's configuration: at once, or by a file that goes round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from kindpakket_network.channel.proposal import Proposal, Review
from kindpakket_network.commands.support import on_network, shown_progress
from kindpakket_network.description.settings import with_settings
from kindpakket_network.verbs import channels
from kindpakket_network.verbs.network import Network

_UNFINISHED = 3
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


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
    help="Change the topology first, such as ordering.batch_messages=200; may be given several times.",
)


@click.group("channel")
def channel_commands() -> None:
    """The configuration of live channels: change it, or propose, sign and submit a change."""


@channel_commands.command()
@_set
@click.option("--dry-run", is_flag=True, help="Only show what would change. Exit code 3: something would.")
@_as_json
@on_network
def update(target: Network, settings: dict[str, str], dry_run: bool, as_json: bool) -> None:
    """Have all channels follow the topology: batch sizes, policies, roles, access control lists.

    Exit code 3: organisations have to sign that this home does not act for.
    """
    wanted = with_settings(target.topology, settings)
    if dry_run:
        found = channels.differences(Network(wanted, target.home))
        if as_json:
            shown = {name: [vars(one) for one in each] for name, each in found.items()}
            click.echo(json.dumps(shown, indent=1))
        else:
            for name, each in found.items():
                click.echo(f"{name}:" if each else f"{name}: nothing to change")
                for one in each:
                    click.echo(f"  {one}")
        raise click.exceptions.Exit(_UNFINISHED if any(found.values()) else 0)
    with shown_progress() as progress:
        changed = channels.update(target, wanted, progress)
    if as_json:
        click.echo(json.dumps({"changed": changed}, indent=1))
    else:
        click.echo(f"Changed: {', '.join(changed)}." if changed else "Nothing to change.")


@channel_commands.command()
@click.argument("channel")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file that goes round.",
)
@_set
@_as_json
@on_network
def propose(target: Network, channel: str, output: Path, settings: dict[str, str], as_json: bool) -> None:
    """Write the next change that CHANNEL needs to follow the topology; nobody has signed it yet."""
    found = channels.propose(target, channel, with_settings(target.topology, settings))
    if found is None:
        words = f"{channel} is as the topology says: there is nothing to propose."
        click.echo(json.dumps(None) if as_json else words)
        return
    found.save(output)
    _show(channels.review(target, found), as_json)
    if not as_json:
        click.echo(f"Written to {output}: have it signed with `kindpakket network channel sign`.")


@channel_commands.command()
@_file
@_as_json
@on_network
def show(target: Network, file: Path, as_json: bool) -> None:
    """Show what a proposed change would do, who signed it, and who has to yet.

    Exit code 3: it cannot be submitted as it is.
    """
    found = channels.review(target, Proposal.load(file))
    _show(found, as_json)
    if not (found.complete or found.done):
        raise click.exceptions.Exit(_UNFINISHED)


@channel_commands.command()
@_file
@click.option(
    "--organisation",
    "organisations",
    multiple=True,
    metavar="ORGANISATION",
    help="Sign for this one only; may be given several times. Not given: for all that the home acts for.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_as_json
@on_network
def sign(target: Network, file: Path, organisations: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Sign a proposed change as administrator, and write it back to FILE."""
    proposal = Proposal.load(file)
    if not yes:
        for line in _lines(channels.review(target, proposal)):
            click.echo(line, err=True)
        click.confirm("Sign this?", abort=True, err=True)
    signed = channels.sign(target, proposal, organisations)
    signed.save(file)
    _show(channels.review(target, signed), as_json)


@channel_commands.command()
@_file
@_as_json
@on_network
def submit(target: Network, file: Path, as_json: bool) -> None:
    """Have a signed change ordered, and wait until it stands in the channel."""
    proposal = Proposal.load(file)
    with shown_progress() as progress:
        changed = channels.submit(target, proposal, progress)
    if as_json:
        click.echo(json.dumps({"channel": proposal.channel, "changed": changed}, indent=1))
    else:
        click.echo(f"{proposal.channel} {'is changed' if changed else 'has this change already'}.")


def _show(found: Review, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Review) -> Iterator[str]:
    """The lines to show. What others wrote cannot move the cursor or imitate other lines."""
    for line in _sentences(found):
        yield "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)


def _sentences(found: Review) -> Iterator[str]:
    yield f"A change of {found.channel}:"
    yield from (f"  {difference}" for difference in found.differences)
    if found.done:
        yield "The channel has this change."
        return
    for path in found.outdated:
        yield f"Outdated: {path} was changed since; propose it again."
    for signature in found.signatures:
        words = f", but {signature.problem}" if signature.problem else ""
        yield f"Signed by {signature.name} ({signature.role}) of {signature.msp}{words}."
    for demand in found.demands:
        yield f"{demand.policy} ({demand.words}): {'' if demand.satisfied else 'not '}satisfied."
    if found.complete:
        yield "It can be submitted."
    elif any(found.lacking):
        yield f"Still to sign: {' or '.join(' and '.join(each) for each in found.lacking)}."
