"""`kindpakket network roots`: the roots of organisations' certificate authorities, and their renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import NETWORK, group, json_option, not_as_it_should_be
from kindpakket_cli.network.support import on_network, yes_option
from kindpakket_cli.output import answer, confirm, print_json, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network

_organisations = click.argument("organisations", nargs=-1, metavar="[ORGANISATION]...")
_dry_run = click.option("--dry-run", is_flag=True, help="Only show what would be done.")


@group("roots", shared=NETWORK)
def roots() -> None:
    """Roots of certificate authorities: introduce new ones, replace the old ones, then retire them."""


@roots.command()
@json_option
@on_network
def show(target: Network, as_json: bool) -> None:
    """Show which roots are being renewed, and what to do next.

    Exit code 1: some are.
    """
    found = target.unfinished_roots()
    answer(as_json, {"unfinished": found}, "\n".join(found) or "No roots are being renewed.")
    if found:
        not_as_it_should_be()


@roots.command()
@_organisations
@_dry_run
@json_option
@on_network
def introduce(target: Network, organisations: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Make new roots, and have channels, nodes and connection profiles trust them beside the old ones.

    Nodes restart one after the other. Before `roots replace`, programs outside must load the profile again,
    and other organisations that have homes of their own must run `up`.
    """
    _take(target, "introduce", organisations, dry_run, as_json)


@roots.command()
@_organisations
@_dry_run
@yes_option
@json_option
@on_network
def replace(target: Network, organisations: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> None:
    """Reissue every certificate by the new roots, node after node.

    Programs outside must load their certificates again before `roots retire`.
    """
    if not dry_run:
        confirm("Do all programs and all other organisations' homes trust the new roots?", yes)
    _take(target, "replace", organisations, dry_run, as_json)


@roots.command()
@_organisations
@_dry_run
@yes_option
@json_option
@on_network
def retire(target: Network, organisations: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take the old roots out of channels, nodes and profiles; their certificates are refused from then on.

    Homes of other organisations no longer trust the old roots after their next `up`.
    """
    if not dry_run:
        confirm("Refuse every certificate of the old roots permanently?", yes)
    _take(target, "retire", organisations, dry_run, as_json)


def _take(target: Network, step: str, organisations: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    with shown_progress() as progress:
        steps = target.renew_roots(step, organisations, progress, dry_run=dry_run)
    found = target.unfinished_roots()
    if as_json:
        print_json({"steps": steps, "done": not dry_run, "unfinished": found})
        return
    for sentence in steps if dry_run else found:
        click.echo(sentence)
    if not steps:
        click.echo("Nothing to do.")
    elif not (dry_run or found):
        click.echo("Done: no roots are being renewed any longer.")
