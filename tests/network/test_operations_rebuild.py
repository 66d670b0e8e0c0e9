"""A damaged ledger is told, with the command that repairs it, and fetched again: peers and consenters."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from disaster import document
from faults import pay
from support import doubted_votes, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import NetworkError, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

PEER, CONSENTER = "peer0.winkels", "orderer.auditor"
BLOCKS = {
    PEER: f"data/ledgersData/chains/chains/{CHANNEL}/blockfile_000000",
    CONSENTER: f"data/ledger/chains/{CHANNEL}/blockfile_000000",
}


@pytest.mark.parametrize("ordering", ["bft", "raft"])
def test_damaged_ledgers_are_told_and_rebuilt(tmp_path: Path, ordering: str, proof: bool) -> None:
    if ordering == "raft" and not proof:
        pytest.skip("make proof damages ledgers of a Raft network, too")
    with (
        running(Topology.read(two_peers(ordering), tmp_path), tmp_path) as network,
        Desk(network, tmp_path, Random(1)) as desk,
    ):
        town = found_town(desk, 12)
        shop = town.till.shop.shop_id
        account = desk.treasurer.shops.account(shop)

        # What too few others have is not deleted.
        network.stop("orderer.gemeente")
        network.stop("orderer.regie")
        with pytest.raises(NetworkError, match=r"3 other consenters of zuidhorn must run, and 1 do"):
            network.rebuild(CONSENTER)
        network.up(progress=print)
        pay(town)

        # Flipped bytes: the peer goes on, and only its hashes tell.
        flip(network.home / "nodes" / PEER / BLOCKS[PEER])
        findings = network.verify(ledgers=True, progress=print).findings
        assert any(f"run `kindpakket network rebuild {PEER}`" in finding for finding in findings), findings
        told: list[str] = []
        rebuilt = network.rebuild(PEER, told.append)
        assert any(f"blocks of {CHANNEL}" in sentence for sentence in told), told
        assert set(rebuilt.compared or ()) == {"peer1.winkels", "peer0.gemeente", "peer0.auditor"}
        assert (rebuilt.private_lacking, rebuilt.private_fetched) == (0, 0), rebuilt
        assert network.verify(ledgers=True, progress=print).findings == ()
        pay(town)

        # The municipality's only peer keeps its private data, with the approval of the chaincode.
        network.rebuild("peer0.gemeente", print)
        assert desk.treasurer.shops.account(shop) == account
        pay(town)

        # Others' copies of private data come back: the accounts, and the organisation's approval.
        rebuilt = network.rebuild(PEER, print, drop_private=True)
        assert (rebuilt.private_lacking, rebuilt.private_fetched >= 6) == (0, True), rebuilt
        pay(town)

        # A shortened file: the nodes end themselves at their next start.
        for node in (PEER, CONSENTER):
            blocks = network.home / "nodes" / node / BLOCKS[node]
            network.stop(node, signal.SIGKILL)
            os.truncate(blocks, blocks.stat().st_size - 10)
            remedy = rf"run `kindpakket network rebuild {node}`"
            with pytest.raises(NetworkError, match=remedy):
                network.start(node)
            with pytest.raises(NetworkError, match=remedy):
                network.up(progress=print)
            status = network.status()
            assert [one.state for one in status.nodes if one.node == node] == ["damaged"]
            assert any(f"kindpakket network rebuild {node}" in one.remedy for one in status.findings)
            assert network.rebuild(node, print).heights[CHANNEL] > 1
            pay(town)
        assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
        assert network.verify(ledgers=True, progress=print).findings == ()
        assert doubted_votes(network) == []
        assert network.plan().done


def two_peers(ordering: str) -> dict[str, Any]:
    """The packaged topology with a second peer of the shops' organisation."""
    made = document(ordering)
    made["organisations"][1]["peers"] = ["peer0", "peer1"]
    return made


def flip(file: Path) -> None:
    """Flip some bytes in the middle of a file."""
    content = bytearray(file.read_bytes())
    for at in range(len(content) // 2, len(content) // 2 + 8):
        content[at] ^= 0xFF
    with file.open("r+b") as opened:
        opened.write(content)
