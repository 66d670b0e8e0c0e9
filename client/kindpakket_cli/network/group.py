"""The group `kindpakket network`, and the verbs that bring a network up and down."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import NETWORK, Wrong, group, json_option
from kindpakket_cli.network.backup import COMMANDS as BACKUP_COMMANDS
from kindpakket_cli.network.bevel import bevel
from kindpakket_cli.network.certificates import certificates, renew, revoke
from kindpakket_cli.network.chaincode import chaincode_commands
from kindpakket_cli.network.channel import channel_commands
from kindpakket_cli.network.export import admit, export
from kindpakket_cli.network.growth import add_consenter, add_org, add_peer, plan, upgrade
from kindpakket_cli.network.logs import logs, rotate_logs
from kindpakket_cli.network.monitoring import metrics, prometheus
from kindpakket_cli.network.removal import (
    remove_channel,
    remove_consenter,
    remove_org,
    remove_peer,
    remove_user,
)
from kindpakket_cli.network.roots import roots
from kindpakket_cli.network.shell import env
from kindpakket_cli.network.status import status
from kindpakket_cli.network.support import (
    failures,
    on_network,
    organisations_option,
    show_warnings,
    yes_option,
)
from kindpakket_cli.network.topology import draw, init, schema
from kindpakket_cli.output import answer, confirm, print_json, shown_progress

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network


def _attributes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not name or not equals or not text:
            raise click.BadParameter(f"{value!r} is not name=value, such as kindpakket.role=cashier")
        attributes[name] = text
    return attributes


@group("network", shared=NETWORK, shown=True)
def network() -> None:
    """The Fabric network: bring it up, look at it, change it, back it up."""


for _command in (
    plan,
    add_org,
    add_peer,
    add_consenter,
    upgrade,
    remove_user,
    remove_peer,
    remove_consenter,
    remove_org,
    remove_channel,
    chaincode_commands,
    channel_commands,
    certificates,
    renew,
    roots,
    revoke,
    schema,
    init,
    draw,
    status,
    logs,
    rotate_logs,
    env,
    admit,
    export,
    metrics,
    *BACKUP_COMMANDS,
):
    network.add_command(_command)
export.add_command(prometheus)
export.add_command(bevel)


@network.command()
@click.option("--build", metavar="NAME", help="Which build of Fabric's programs.  [default: 3.1.1]")
@click.option("--tokens", is_flag=True, help="With support for keys in PKCS#11 tokens.")
@json_option
def programs(build: str | None, tokens: bool, as_json: bool) -> None:
    """Build Fabric's programs, unless they are in the cache."""
    with failures(), shown_progress() as progress:
        from kindpakket_network.description.build import BUILDS, STANDARD_BUILD
        from kindpakket_network.programs.fabric import FABRIC_CA
        from kindpakket_network.programs.fabric import programs as build_programs

        if build is not None and build not in BUILDS:
            raise Wrong(f"there is no build {build!r}: use one of {', '.join(BUILDS)}", "NO_SUCH")
        chosen = BUILDS[build or STANDARD_BUILD]
        folder = build_programs(progress, chosen.name, tokens=tokens).fabric.parent
    answer(as_json, {"folder": str(folder)}, f"{chosen.title} and {FABRIC_CA.title} are built in {folder}")


@network.command()
@organisations_option
@click.option(
    "--supervised/--unsupervised",
    default=None,
    help="Whether systemd starts the nodes, with the units of `export systemd`.  [default: as it was]",
)
@click.option(
    "--free-ports",
    is_flag=True,
    help="Use ports that are free now, not the topology's; a network that is there keeps its own.",
)
@json_option
@on_network
def up(
    target: Network,
    organisations: tuple[str, ...],
    supervised: bool | None,
    free_ports: bool,
    as_json: bool,
) -> None:
    """Bring up everything that the topology describes; what is already up stays as it is.

    With --organisation the home acts for these organisations only, now and later. With --json the status is
    printed at the end. Exit code 5: this home's part is done, and another organisation has to do its part.
    """
    begun = time.monotonic()
    if free_ports:
        target.use_free_ports()
    show_warnings(target.topology.warnings)
    with shown_progress() as progress:
        target.up(progress, organisations, supervised)
    if as_json:
        print_json(target.status().as_json())
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
@yes_option
@json_option
@on_network
def reset(target: Network, yes: bool, as_json: bool) -> None:
    """Stop all processes and delete the home, with its ledgers and keys."""
    members: dict[str, object] = {"home": str(target.home), "deleted": False}
    if not target.home.is_dir():
        answer(as_json, members, f"There is nothing in {target.home}.")
        return
    confirm(f"Delete {target.home} with all its ledgers and keys?", yes)
    target.reset()
    answer(as_json, {**members, "deleted": True}, f"{target.home} is deleted.")


@network.command()
@click.argument("chaincode", required=False)
@organisations_option
@json_option
@on_network
def deploy(target: Network, chaincode: str | None, organisations: tuple[str, ...], as_json: bool) -> None:
    """Deploy all chaincodes, or only CHAINCODE; a changed source or definition is an upgrade.

    Exit code 5: approved, but not committed, because other organisations have to approve it as well.
    """
    with shown_progress() as progress:
        records = target.deploy(chaincode, progress, organisations)
    members = [{"sequence": record.sequence, "package_id": record.package_id} for record in records]
    lines = [f"sequence {record.sequence}: {record.package_id}" for record in records]
    answer(as_json, members, "\n".join(lines))


@network.command()
@click.argument("organisation")
@click.argument("user")
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_attributes,
    help="An attribute in the certificate; repeat for more.",
)
@click.option(
    "--type",
    "kind",
    type=click.Choice(["client", "admin"]),
    default="client",
    show_default=True,
    help="What USER is for Fabric.",
)
@json_option
@on_network
def enrol(
    target: Network, organisation: str, user: str, attributes: dict[str, str], kind: str, as_json: bool
) -> None:
    """Have ORGANISATION's CA issue a certificate to USER, and print the folder that contains it."""
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
@click.option("--kill", is_flag=True, help="Kill it at once, without time to shut down.")
@json_option
@on_network
def stop(target: Network, node: str, kill: bool, as_json: bool) -> None:
    """Stop NODE."""
    ran = target.stop(node, signal.SIGKILL if kill else signal.SIGTERM)
    members = {"node": node, "ran": ran, "running": False}
    answer(as_json, members, f"{node} is stopped." if ran else f"{node} was not running.")
