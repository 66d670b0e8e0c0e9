"""A maker of real signed ledgers with keys of its own and without a network, and of forged ones.

Organisations have certificate authorities, a channel has a configuration, consenters sign its blocks and
peers endorse its transactions, all as Fabric 3.1 does it. What a forger would do differently is an argument.
Nothing here uses `fabric_gateway.verification`, which it is there to test.
"""

from forge.authorities import Authority, Validity
from forge.channels import Channel
from forge.disks import write_block_files
from forge.ledgers import Ledger
from forge.transactions import Invocation, Sets

__all__ = [
    "Authority",
    "Channel",
    "Invocation",
    "Ledger",
    "Sets",
    "Validity",
    "write_block_files",
]
