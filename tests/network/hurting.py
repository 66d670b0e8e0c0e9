"""Signals behind the tool's back, what a node does after them, and a payment to see that all is well."""

from __future__ import annotations

import os
import signal

from support import Town

from kindpakket_network import Network, NodeStatus
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes


def send(network: Network, node: str, number: signal.Signals) -> None:
    """Send a signal to a node's process."""
    process = Processes(Home(network.home)).find(node)
    assert process is not None
    os.kill(process.pid, number)


def state_of(network: Network, node: str) -> NodeStatus:
    """What a node is doing."""
    return next(one for one in network.status().nodes if one.node == node)


def pay(town: Town) -> None:
    """A payment of a voucher that nobody used."""
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    assert town.available(wallet) == 30_000 - order.cents
