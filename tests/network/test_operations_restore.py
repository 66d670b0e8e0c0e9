"""One organisation or consenter is restored from its backup, and takes part again."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

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


def test_a_raft_consenter_gets_what_was_ordered_without_it_and_goes_on(tmp_path: Path) -> None:
    """The leader relies on what the lost consenter had acknowledged, until the next election."""
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    with (
        running(Topology.read(document("raft"), tmp_path), tmp_path) as network,
        Desk(network, tmp_path, Random(1)) as desk,
    ):
        lost = next(name for name in ("regie", "auditor") if network.leader(CHANNEL) != f"orderer.{name}")
        taken = network.backup(tmp_path / "lost.age", [public], [lost])
        network.stop(f"orderer.{lost}", signal.SIGKILL)
        shutil.rmtree(network.home / "nodes" / f"orderer.{lost}")
        open_provision(desk, 2, now())
        nodes = [f"orderer.{lost}"]
        with kept(
            Network.restore(network.home, taken.file, identities, nodes=nodes, progress=print)
        ) as restored:
            assert in_step(restored)
            open_provision(desk, 2, now())
            assert in_step(restored)


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
