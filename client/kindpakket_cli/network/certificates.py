"""`kindpakket network certificates`, `renew` and `revoke`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Wrong, json_option, not_as_it_should_be
from kindpakket_cli.network.support import on_network, yes_option
from kindpakket_cli.output import Cell, complain, confirm, print_json, print_table, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network


@click.command()
@click.option(
    "--within",
    "days",
    type=click.IntRange(min=0),
    help="Warn of certificates that expire within so many days.  [default: the topology's warning_days]",
)
@json_option
@on_network
def certificates(target: Network, days: int | None, as_json: bool) -> None:
    """Show when certificates expire.

    Exit code 1: one expires soon, one or its key cannot be used, or a key can be read by others.
    """
    from kindpakket_network.certificates.damage import damages
    from kindpakket_network.certificates.expiry import certificate_warnings, expiries
    from kindpakket_network.nodes.inventory import Inventory
    from kindpakket_network.programs.home import Home

    home = Home(target.home)
    if not home.exists():
        raise Wrong(f"there is no network in {target.home}: bring one up, or name another home", "NO_SUCH")
    days = target.topology.tuning.warning_days if days is None else days
    found = expiries(home)
    damaged = damages(target.topology, home, Inventory.of(target.topology, home))
    unfinished = target.unfinished_roots()
    warnings = [*map(str, damaged), *unfinished, *certificate_warnings(home, days, found)]
    if as_json:
        members = [
            {"holder": expiry.holder, "use": expiry.use, "expires": expiry.expires.isoformat()}
            for expiry in found
        ]
        print_json({"certificates": members, "warnings": warnings})
    else:
        now = datetime.now(UTC)
        rows = [
            (
                expiry.holder,
                expiry.use,
                f"{expiry.expires:%Y-%m-%d}",
                Cell(str((expiry.expires - now).days), "red" if expiry.within(days, now) else "default"),
            )
            for expiry in found
        ]
        print_table(("holder", "certificate", "expires", "days"), rows)
        for warning in warnings:
            complain(warning)
    if warnings:
        not_as_it_should_be()


@click.command()
@click.argument("holders", nargs=-1, metavar="[NODE|USER@ORGANISATION|ORGANISATION]...")
@click.option(
    "--expiring-within",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only certificates that expire within so many days.  [default if no holder is given: warning_days]",
)
@click.option("--all", "everything", is_flag=True, help="All certificates, whenever they expire.")
@click.option("--dry-run", is_flag=True, help="Only show which certificates would be renewed.")
@json_option
@on_network
def renew(
    target: Network,
    holders: tuple[str, ...],
    days: int | None,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Renew certificates while the network goes on, one node after the other.

    Holders that are given get new ones, whenever their present ones expire.
    """
    if everything and days is not None:
        raise click.UsageError("give --all or --expiring-within, and not both")
    if days is None and not everything and not holders:
        days = target.topology.tuning.warning_days
    with shown_progress() as progress:
        found = target.renew(holders, days, progress, dry_run=dry_run)
    if as_json:
        members = [
            {
                "holder": expiry.holder,
                "use": expiry.use,
                "expired": None if expiry.expires is None else expiry.expires.isoformat(),
                "restarts": expiry.node,
            }
            for expiry in found
        ]
        print_json(members)
        return
    for expiry in found if dry_run else ():
        restarts = f"; restarts {expiry.node}" if expiry.node else ""
        until = "cannot be read" if expiry.expires is None else f"expires on {expiry.expires:%Y-%m-%d}"
        click.echo(f"{expiry.holder}: {expiry.use}, {until}{restarts}")
    count = "1 certificate" if len(found) == 1 else f"{len(found)} certificates"
    click.echo(f"{count} {'to renew' if dry_run else 'renewed'}.")


@click.command()
@click.argument("holder", metavar="NODE|USER@ORGANISATION")
@click.option("--superseded", is_flag=True, help="Only certificates that have been renewed since.")
@yes_option
@json_option
@on_network
def revoke(target: Network, holder: str, superseded: bool, yes: bool, as_json: bool) -> None:
    """Revoke certificates permanently; every channel of the organisation then refuses them."""
    which = "the superseded certificates" if superseded else "all certificates"
    confirm(f"Revoke {which} of {holder} permanently?", yes)
    with shown_progress() as progress:
        count = target.revoke(holder, superseded=superseded, progress=progress)
    if as_json:
        print_json({"holder": holder, "superseded": superseded, "listed": count})
        return
    click.echo(f"Revoked {which} of {holder}; {count} certificates are on the list.")
