"""The command that lets Fabric's own programs act on a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option
from kindpakket_cli.network.support import on_network
from kindpakket_cli.output import answer

if TYPE_CHECKING:
    from kindpakket_network.verbs.network import Network


@click.command()
@click.argument("organisation")
@click.argument("user")
@click.option("--peer", metavar="PEER", help="The peer to call.  [default: the organisation's first]")
@json_option
@on_network
def env(target: Network, organisation: str, user: str, peer: str | None, as_json: bool) -> None:
    """Print the variables with which Fabric's `peer` command acts as USER of ORGANISATION.

    A shell takes them with eval "$(kindpakket network env gemeente admin)".
    """
    from kindpakket_network.exports.shell import as_exports

    variables = target.shell_variables(organisation, user, peer)
    answer(as_json, variables, as_exports(variables))
