"""Fault injection: signals behind the tool's back, a node's status, and a payment as a check."""

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
    """A node's status."""
    return next(status for status in network.status().nodes if status.node == node)


def pay(town: Town) -> None:
    """Pay with an unused voucher."""
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    assert town.available(wallet) == 30_000 - order.cents
