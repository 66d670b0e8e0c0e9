"""One organisation or consenter is restored from its backup, and takes part again."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from disaster import destroy, document
from support import doubted_votes, running

from kindpakket_demo.desk import AUDITOR, CHANNEL, MUNICIPALITY, SHOPS, Desk, now
from kindpakket_demo.schemes import open_provision
from kindpakket_network import Network, Topology
from kindpakket_network.backups import key as backup_key
from kindpakket_network.backups.contents import Manifest
from kindpakket_network.programs.wait import until
from patience import PATIENCE

OTHERS = (SHOPS, AUDITOR)


def test_an_organisation_comes_back_in_a_home_of_its_own(tmp_path: Path) -> None:
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    with running(Topology.read(document("bft", chaincodes=False), tmp_path), tmp_path) as network:
        taken = network.backup(tmp_path / "gemeente.age", [public], [MUNICIPALITY])
        destroy(network, MUNICIPALITY)
        with kept(
            Network.restore(tmp_path / "elsewhere", taken.file, identities, progress=print)
        ) as restored:
            restored.up(print)
            assert restored.own_organisations == (MUNICIPALITY,)
            verified = restored.verify(ledgers=True)
            assert (verified.findings, verified.silent) == ((), ())
            assert {last.node for last in verified.committed} == {
                f"peer0.{name}" for name in (MUNICIPALITY, *OTHERS)
            }
            assert in_step(network, restored)
        assert not [path for path in (tmp_path / "elsewhere").rglob("key.pem") if set(OTHERS) & {*path.parts}]


def test_a_consenter_comes_back_on_channels_that_other_organisations_may_not_read(tmp_path: Path) -> None:
    """The home's first administrator is of a municipality, and a stranger on the other one's channel."""
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    made = json.loads(json.dumps(Topology.packaged("two-municipalities").document))
    for channel in made["channels"]:
        del channel["chaincodes"]
    with running(Topology.read(made, tmp_path), tmp_path) as network:
        taken = network.backup(tmp_path / "winkels.age", [public], [SHOPS])
        destroy(network, SHOPS)
        with kept(Network.restore(network.home, taken.file, identities, progress=print)) as restored:
            restored.up(print)
            assert until(lambda: restored.status().healthy or None, PATIENCE), restored.status()


@pytest.mark.proof("restores consenters of a small Raft network, as `make test` does of the province")
@pytest.mark.parametrize("leads", [False, True], ids=["a follower", "the leader"])
def test_a_raft_consenter_that_lost_its_log_comes_back_with_a_new_id(tmp_path: Path, leads: bool) -> None:
    """Under its old id it would end itself at the first message of a leader that counts on the lost log."""
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    with (
        running(Topology.read(document("raft"), tmp_path), tmp_path) as network,
        Desk(network, tmp_path, Random(1)) as desk,
    ):
        leader = network.leader(CHANNEL)
        assert leader is not None
        lost = leader if leads else next(f"orderer.{name}" for name in OTHERS if name not in leader)
        taken = network.backup(tmp_path / "lost.age", [public], [lost.removeprefix("orderer.")])
        network.stop(lost, signal.SIGKILL)
        shutil.rmtree(network.home / "nodes" / lost)
        assert until(lambda: network.leader(CHANNEL), PATIENCE) != lost
        open_provision(desk, 2, now())
        with kept(
            Network.restore(network.home, taken.file, identities, nodes=[lost], progress=print)
        ) as restored:
            assert in_step(restored)
            open_provision(desk, 2, now())
            assert in_step(restored)
            started = starts_of(restored, lost)
            other = next(f"orderer.{name}" for name in OTHERS if f"orderer.{name}" != lost)
            restored.stop(other, signal.SIGKILL)
            open_provision(desk, 2, now())  # three of four are a quorum, and the restored one is one of them
            restored.start(other)
            assert in_step(restored)
            assert starts_of(restored, lost) == started, "it ended itself meanwhile"
            assert restored.status().findings == ()


def starts_of(network: Network, node: str) -> int:
    """How often a node has been started."""
    return next(status.starts for status in network.status().nodes if status.node == node)


def test_a_consenter_that_was_renewed_after_its_backup_is_renewed_again(tmp_path: Path) -> None:
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    with running(Topology.read(document("bft", chaincodes=False), tmp_path), tmp_path) as network:
        taken = network.backup(tmp_path / "regie.age", [public], ["regie"])
        network.renew(["orderer.regie"])
        destroy(network, "regie")
        messages: list[str] = []
        with kept(
            Network.restore(network.home, taken.file, identities, progress=messages.append)
        ) as restored:
            assert any("takes no part in ordering" in message for message in messages)
            restored.renew(["orderer.regie"])
            restored.up(print)
            assert in_step(restored)
            assert doubted_votes(restored) == []


@contextmanager
def kept(opened: tuple[Network, Manifest]) -> Iterator[Network]:
    """A restored network, stopped at the end by the object that started its processes."""
    network, _ = opened
    try:
        yield network
    finally:
        network.down()


def in_step(*homes: Network) -> bool:
    """Whether the nodes of some homes reach the same height, with a leader."""

    def equal() -> bool | None:
        channels = [channel for network in homes for channel in network.status().channels]
        heights = {
            height for channel in channels for height in channel.heights.values() if height is not None
        }
        return (len(heights) == 1 and any(channel.leader for channel in channels)) or None

    return until(equal, PATIENCE) is True
