"""The command `kindpakket`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from kindpakket_cli.any_transaction import invoke, query
from kindpakket_cli.audit import audit
from kindpakket_cli.erasure import erasure
from kindpakket_cli.organisation import organisation
from kindpakket_cli.payment import payment
from kindpakket_cli.scheme import scheme
from kindpakket_cli.settlement import settlement
from kindpakket_cli.shop import shop
from kindpakket_cli.voucher import voucher
from kindpakket_network.commands.cli import network


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 refused, or the audit found something; 2 the call, a file or the folder is "
    "wrong; 3 the network failed, nothing was changed; 4 it is not known whether it was done.",
)
@click.version_option(version("kindpakket"), prog_name="kindpakket", message="%(prog)s %(version)s")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="The network's folder.")
@click.option("--organisation", help="Act as a user of this organisation.")
@click.option("--user", help="Act as this user.")
@click.option("--channel", help="The channel.")
@click.option("--chaincode", help="The chaincode.")
@click.option("--json", "as_json", is_flag=True, default=None, help="Answer in JSON.")
@click.pass_context
def main(context: click.Context, /, **options: object) -> None:
    """Vouchers of public bodies on Hyperledger Fabric.

    Commands act as the first user in the network's folder whose certificate carries the role that is needed;
    --organisation and --user choose another one. These options may also stand after the command.
    """
    given = {name: value for name, value in options.items() if value is not None}
    context.default_map = {name: _defaults(command, given) for name, command in main.commands.items()}


def _defaults(command: click.Command, given: Mapping[str, object]) -> dict[str, Any]:
    """What was given before the command's name, as the defaults of every command below."""
    if isinstance(command, click.Group):
        return {name: _defaults(below, given) for name, below in command.commands.items()}
    return dict(given)


for _command in (
    network,
    organisation,
    scheme,
    shop,
    voucher,
    payment,
    settlement,
    erasure,
    audit,
    query,
    invoke,
):
    main.add_command(_command)
