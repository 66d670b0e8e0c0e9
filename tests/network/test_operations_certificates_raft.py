"""Certificates on a Raft network, which identifies its consenters by the keys of their TLS certificates."""

from __future__ import annotations

import signal
from pathlib import Path
from random import Random

import pytest
from renewal import SMALL, doubled, renew_all, serials_of
from support import found_town, running
from verified import findings

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Network
from kindpakket_network.channel.change import reconcile


@pytest.mark.proof("renews the certificates of a Raft network, too")
def test_every_certificate_is_renewed_while_payments_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    results = tmp_path_factory.mktemp("results")
    with (
        running(doubled("raft"), tmp_path_factory.mktemp("raft")) as network,
        Desk(network, results, Random(1)) as desk,
    ):
        town = found_town(desk, 9)
        keys = keys_of(network)
        renewed = renew_all(network, town)
        after = serials_of(network)
        assert [name for name in after if after[name] == renewed.serials[name]] == []
        assert keys_of(network) == keys
        assert renewed.sales.failed == []
        assert renewed.spent == SMALL * renewed.sales.paid
        assert not reconcile(network.session(), network.topology.channel(CHANNEL))
        assert {name: items for name, items in findings(network, CHANNEL).items() if items} == {}
        network.stop("orderer.regie", signal.SIGKILL)  # the other three are all needed now
        wallet = next(town.keys)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))


def keys_of(network: Network) -> dict[Path, bytes]:
    """The keys of the consenters' TLS certificates."""
    return {path: path.read_bytes() for path in network.home.glob("nodes/orderer.*/tls/key.pem")}
