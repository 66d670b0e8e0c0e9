"""The command `kindpakket network`.

Exit codes: 0 done; 1 something failed; 2 the call or the topology is wrong; 3 `status` found that not all
is up, or `up` and `deploy` have done this home's part and wait for another organisation.
"""

from __future__ import annotations

import json
import signal
import time

import click

from kindpakket_network.commands.backup import COMMANDS as BACKUP_COMMANDS
from kindpakket_network.commands.bevel import bevel
from kindpakket_network.commands.certificates import certificates, renew, revoke
from kindpakket_network.commands.channel import channel_commands
from kindpakket_network.commands.export import admit, export
from kindpakket_network.commands.growth import add_consenter, add_org, add_peer, plan
from kindpakket_network.commands.logs import logs
from kindpakket_network.commands.monitoring import metrics, prometheus
from kindpakket_network.commands.status import status
from kindpakket_network.commands.support import (
    answer,
    failures,
    json_option,
    on_network,
    show_warnings,
    shown_progress,
)
from kindpakket_network.commands.topology import draw, init, schema
from kindpakket_network.programs.built import FABRIC, FABRIC_CA
from kindpakket_network.programs.built import programs as build_programs
from kindpakket_network.verbs.network import Network

_NOT_UP = 3


def _attributes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not name or not equals or not text:
            raise click.BadParameter(f"{value!r} is not name=value, such as kindpakket.role=cashier")
        found[name] = text
    return found


@click.group()
def network() -> None:
    """The Fabric network: bring it up, look at it, take it down."""


for _command in (
    plan,
    add_org,
    add_peer,
    add_consenter,
    channel_commands,
    certificates,
    renew,
    revoke,
    schema,
    init,
    draw,
    status,
    logs,
):
    network.add_command(_command)


for _command in (admit, export, metrics):
    network.add_command(_command)
export.add_command(prometheus)
export.add_command(bevel)


for _command in BACKUP_COMMANDS:
    network.add_command(_command)


@network.command()
def programs() -> None:
    """Build Fabric's programs, unless they are in the cache."""
    with failures(), shown_progress() as progress:
        built = build_programs(progress)
    click.echo(f"{FABRIC.title} and {FABRIC_CA.title} are built in {built.fabric.parent}")


@network.command()
@click.option(
    "--organisation",
    "organisations",
    multiple=True,
    metavar="NAME",
    help="Act for this organisation only, now and later; may be given several times. Not given: for all.",
)
@click.option(
    "--supervised/--unsupervised",
    default=None,
    help="Whether systemd starts the nodes, with what `export systemd` wrote; remembered.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON at the end.")
@on_network
def up(target: Network, organisations: tuple[str, ...], supervised: bool | None, as_json: bool) -> None:
    """Bring everything up that the topology describes; what is up already stays as it is.

    Exit code 3: this home's part is done, and the rest waits for another organisation.
    """
    begun = time.monotonic()
    show_warnings(target.topology.warnings)
    with shown_progress() as progress:
        target.up(progress, organisations, supervised)
    if as_json:
        click.echo(json.dumps(target.status().as_json(), indent=1))
    else:
        seconds = time.monotonic() - begun
        click.echo(f"The network {target.topology.name} is up in {target.home} after {seconds:.1f} s.")


@network.command()
@json_option
@on_network
def down(target: Network, as_json: bool) -> None:
    """Stop all processes; ledgers, keys and certificates stay."""
    target.down()
    members = {"home": str(target.home), "up": False}
    answer(as_json, members, f"The network in {target.home} is down; its ledgers and keys stay.")


@network.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@on_network
def reset(target: Network, yes: bool, as_json: bool) -> None:
    """Stop all processes and delete the home, with ledgers and keys."""
    members: dict[str, object] = {"home": str(target.home), "deleted": False}
    if not target.home.is_dir():
        answer(as_json, members, f"There is nothing in {target.home}.")
        return
    if not yes:
        click.confirm(f"Delete {target.home} with all its ledgers and keys?", abort=True, err=True)
    target.reset()
    answer(as_json, {**members, "deleted": True}, f"{target.home} is deleted.")


@network.command()
@click.argument("chaincode", required=False)
@click.option(
    "--organisation",
    "organisations",
    multiple=True,
    metavar="NAME",
    help="Act for this organisation only; may be given several times. Not given: for all of the home.",
)
@json_option
@on_network
def deploy(target: Network, chaincode: str | None, organisations: tuple[str, ...], as_json: bool) -> None:
    """Deploy the chaincodes, or one of them; a changed source or definition is an upgrade.

    Exit code 3: approved, and not committed because other organisations have to approve it, too.
    """
    with shown_progress() as progress:
        records = target.deploy(chaincode, progress, organisations)
    if as_json:
        members = [{"sequence": one.sequence, "package_id": one.package_id} for one in records]
        click.echo(json.dumps(members, indent=1))
        return
    for one in records:
        click.echo(f"sequence {one.sequence}: {one.package_id}")


@network.command()
@click.argument("organisation")
@click.argument("user")
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_attributes,
    help="An attribute in the certificate; may be given several times.",
)
@click.option("--type", "kind", type=click.Choice(["client", "admin"]), default="client", show_default=True)
@json_option
@on_network
def enrol(
    target: Network, organisation: str, user: str, attributes: dict[str, str], kind: str, as_json: bool
) -> None:
    """Have a certificate issued to USER by ORGANISATION's CA, and print the folder that holds it."""
    folder = str(target.enrol(organisation, user, attributes, kind))
    answer(as_json, {"organisation": organisation, "user": user, "folder": folder}, folder)


@network.command()
@click.argument("node")
@json_option
@on_network
def start(target: Network, node: str, as_json: bool) -> None:
    """Start NODE and wait until it is ready."""
    target.start(node)
    answer(as_json, {"node": node, "running": True}, f"{node} runs.")


@network.command()
@click.argument("node")
@click.option("--kill", is_flag=True, help="Give it no time to end by itself.")
@json_option
@on_network
def stop(target: Network, node: str, kill: bool, as_json: bool) -> None:
    """Stop NODE."""
    ran = target.stop(node, signal.SIGKILL if kill else signal.SIGTERM)
    members = {"node": node, "ran": ran, "running": False}
    answer(as_json, members, f"{node} is stopped." if ran else f"{node} did not run.")
