"""The command `kindpakket`."""

from __future__ import annotations

from importlib.metadata import version

import click

from kindpakket.cli_any import invoke, query
from kindpakket.cli_audit import audit
from kindpakket.cli_payment import payment
from kindpakket.cli_scheme import scheme
from kindpakket.cli_settlement import settlement
from kindpakket.cli_shop import shop
from kindpakket.cli_voucher import voucher
from kindpakket_network.cli import network


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 refused, or the audit found something; 2 the call, a file or the folder is "
    "wrong; 3 the network failed, nothing was changed; 4 it is not known whether it was done.",
)
@click.version_option(version("kindpakket"), prog_name="kindpakket", message="%(prog)s %(version)s")
def main() -> None:
    """Vouchers of public bodies on Hyperledger Fabric.

    Commands act as the first user in the network's folder whose certificate carries the role that is needed;
    --organisation and --user choose another one.
    """


for _command in (network, scheme, shop, voucher, payment, settlement, audit, query, invoke):
    main.add_command(_command)
