"""Lost keys are told while their nodes still run, and `renew` replaces them: BFT and Raft."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from disaster import document
from support import doubted_votes, running

from kindpakket_network import NetworkError, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

LOST = {
    "peer0.winkels": "nodes/peer0.winkels/tls/key.pem",
    "orderer.auditor": "nodes/orderer.auditor/msp/keystore/key.pem",
    "orderer.regie": "nodes/orderer.regie/tls",
    "admin@gemeente": "organisations/gemeente/users/admin/msp",
    "admin@winkels": "organisations/winkels/users/admin/tls/cert.pem",
}


@pytest.mark.parametrize("ordering", ["bft", "raft"])
def test_lost_keys_are_told_before_a_start_fails_and_renewed(tmp_path: Path, ordering: str) -> None:
    topology = Topology.read(document(ordering, chaincodes=False), tmp_path)
    with running(topology, tmp_path) as network:
        for path in (network.home / place for place in LOST.values()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        # An administrator whose folder is gone is, to `up`, one who was never enrolled.
        told = [holder for holder in LOST if holder != "admin@gemeente"]
        warnings = network.status().warnings
        assert [holder for holder in LOST if any(f"renew {holder}" in line for line in warnings)] == told
        for refused in (network.plan, network.up):
            with pytest.raises(NetworkError, match="run `kindpakket network renew") as caught:
                refused()
            assert [holder for holder in LOST if f"renew {holder}" in str(caught.value)] == told
        network.stop("peer0.winkels")
        with pytest.raises(
            NetworkError, match=r"lacks key\.pem .*run `kindpakket network renew peer0\.winkels"
        ):
            network.start("peer0.winkels")
        network.renew(told, progress=print)
        network.up(progress=print)
        assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
        for node in ("peer0.winkels", "orderer.auditor", "orderer.regie"):
            network.stop(node)
            network.start(node)
        assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
        assert network.plan().done
        assert doubted_votes(network) == []
        shutil.rmtree(network.home / "organisations" / "regie")
        assert any("the certificate authority of regie is gone" in line for line in network.status().warnings)
        with pytest.raises(NetworkError, match="`kindpakket network restore` with a backup of regie"):
            network.up()
        assert not (network.home / "organisations" / "regie").exists()
