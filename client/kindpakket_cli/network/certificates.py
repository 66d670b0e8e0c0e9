"""`kindpakket network certificates`, `renew` and `revoke`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
from rich import box
from rich.table import Table

from kindpakket_network.certificates.expiry import complaints, expiries
from kindpakket_network.commands.support import json_option, on_network, out, shown_progress
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import Home
from kindpakket_network.verbs.network import Network

_FOUND = 3


@click.command()
@click.option(
    "--within",
    "days",
    type=click.IntRange(min=0),
    help="Warn of certificates that expire within so many days; not given: the topology's warning_days.",
)
@json_option
@on_network
def certificates(target: Network, days: int | None, as_json: bool) -> None:
    """Show when certificates expire. Exit code 3: one does so soon, or a key can be read by others."""
    home = Home(target.home)
    if not home.exists():
        raise NetworkError(f"there is no network in {target.home}: bring one up, or name another home")
    days = target.topology.tuning.warning_days if days is None else days
    found = expiries(home)
    warnings = complaints(home, days, found)
    if as_json:
        members = [
            {"holder": one.holder, "use": one.use, "expires": one.expires.isoformat()} for one in found
        ]
        click.echo(json.dumps({"certificates": members, "warnings": warnings}, indent=1))
    else:
        table = Table(box=box.SIMPLE_HEAD)
        for title in ("holder", "certificate", "expires", "days"):
            table.add_column(title, overflow="fold")
        now = datetime.now(UTC)
        for one in found:
            colour = "red" if one.within(days, now) else "default"
            left = f"[{colour}]{(one.expires - now).days}[/{colour}]"
            table.add_row(one.holder, one.use, f"{one.expires:%Y-%m-%d}", left)
        out.print(table)
        for warning in warnings:
            out.print(f"[red]{warning}[/red]", soft_wrap=True, highlight=False)
    if warnings:
        raise click.exceptions.Exit(_FOUND)


@click.command()
@click.argument("holders", nargs=-1, metavar="[NODE|USER@ORGANISATION|ORGANISATION]...")
@click.option(
    "--expiring-within",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only certificates that expire within so many days; when nobody is named: warning_days.",
)
@click.option("--all", "everything", is_flag=True, help="All of them, whenever they expire.")
@click.option("--dry-run", is_flag=True, help="Only show which.")
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

    Who is named gets new ones, whenever the present ones expire.
    """
    if everything and days is not None:
        raise click.UsageError("--all and --expiring-within exclude one another: give one of them")
    if days is None and not everything and not holders:
        days = target.topology.tuning.warning_days
    with shown_progress() as progress:
        found = target.renew(holders, days, progress, dry_run=dry_run)
    if as_json:
        members = [
            {"holder": one.holder, "use": one.use, "expired": one.expires.isoformat(), "restarts": one.node}
            for one in found
        ]
        click.echo(json.dumps(members, indent=1))
        return
    for one in found if dry_run else ():
        restarts = f"; restarts {one.node}" if one.node else ""
        click.echo(f"{one.holder}: {one.use}, expires on {one.expires:%Y-%m-%d}{restarts}")
    click.echo(f"{len(found)} certificates {'to renew' if dry_run else 'renewed'}.")


@click.command()
@click.argument("holder", metavar="NODE|USER@ORGANISATION")
@click.option("--superseded", is_flag=True, help="Only certificates that were renewed since.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@on_network
def revoke(target: Network, holder: str, superseded: bool, yes: bool, as_json: bool) -> None:
    """Revoke certificates for good, and have every channel of the organisation refuse them."""
    which = "the superseded certificates" if superseded else "all certificates"
    if not yes:
        click.confirm(f"Revoke {which} of {holder} for good?", abort=True)
    with shown_progress() as progress:
        count = target.revoke(holder, superseded=superseded, progress=progress)
    if as_json:
        click.echo(json.dumps({"holder": holder, "superseded": superseded, "listed": count}, indent=1))
        return
    click.echo(f"Revoked {which} of {holder}; {count} certificates are on the list.")
