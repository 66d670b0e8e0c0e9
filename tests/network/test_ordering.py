"""Ordering goes on when its leader dies, and no consenter's vote is lost."""

from __future__ import annotations

import signal
import time

import pytest
from support import Town, doubted_votes

from kindpakket_demo.desk import CHANNEL
from kindpakket_demo.wallets import Wallet

SECONDS = 10


@pytest.mark.alone
def test_payments_go_on_within_ten_seconds_after_the_leading_consenter_is_killed(
    town: Town, wallet: Wallet
) -> None:
    network = town.desk.network
    leader = network.leader(CHANNEL)
    assert leader is not None
    order = town.order(wallet)
    assert network.stop(leader, signal.SIGKILL)
    killed = time.monotonic()
    try:
        town.till.shop.pay(order, wallet.authorise(order))
        assert time.monotonic() - killed < SECONDS
        after = town.order(wallet)
        town.till.shop.pay(after, wallet.authorise(after))
        assert network.leader(CHANNEL) not in (None, leader)
    finally:
        network.start(leader)
    assert town.available(wallet) == 30_000 - order.cents - after.cents


def test_no_consenter_doubts_anothers_votes(town: Town) -> None:
    """A policy that excludes consenters shows only as this warning, until one of them dies."""
    network = town.desk.network
    assert sum(node.startswith("orderer.") for node in network.nodes()) == 4
    assert doubted_votes(network) == []
