"""What is found when peers differ, and how snapshots of peers are brought to one block."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from kindpakket_network import CommandFailed, NetworkError, Topology
from kindpakket_network.backups.snapshot import PeerState, Snapshots
from kindpakket_network.backups.verification import LedgerCheck, Verified, findings
from kindpakket_network.chaincodes.commit_hashes import CommitHash
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes

CHANNEL = "zuidhorn"


def committed(node: str, header: str = "h", commit: str = "c") -> CommitHash:
    return CommitHash(node, CHANNEL, 7, header, commit)


def state(node: str, digest: str = "s") -> PeerState:
    return PeerState(node, CHANNEL, 7, digest, {"public_state.data": digest, "txids.data": "t"})


def test_peers_that_agree_are_no_finding() -> None:
    both = [committed("a"), committed("b")]
    assert findings(both, [state("a"), state("b")], [LedgerCheck("a", CHANNEL, ())]) == ()


@pytest.mark.parametrize(("header", "commit", "words"), [("x", "c", "block"), ("h", "x", "state")])
def test_the_peer_that_differs_from_most_is_named(header: str, commit: str, words: str) -> None:
    (found,) = findings([committed("a"), committed("b", header, commit), committed("c")], [], [])
    assert found.startswith(f"b has a different {words} at block 7 of {CHANNEL} than a")


def test_a_state_on_disk_that_differs_is_named_with_its_files() -> None:
    (found,) = findings([], [state("a"), state("b"), state("c", "x")], [])
    assert found.startswith("c has a different state")
    assert "public_state.data" in found
    assert "txids.data" not in found


def test_wrong_blocks_are_named() -> None:
    (found,) = findings([], [], [LedgerCheck("a", CHANNEL, ("block 3: DataHash mismatch",))])
    assert found == (
        f"a has a damaged ledger of {CHANNEL} (block 3: DataHash mismatch): "
        "run `kindpakket network rebuild a`"
    )


def test_many_wrong_blocks_are_one_sentence() -> None:
    (found,) = findings([], [], [LedgerCheck("a", CHANNEL, tuple(f"block {n}: wrong" for n in range(9)))])
    assert "(block 0: wrong; block 1: wrong; block 2: wrong and 6 more)" in found


def test_a_result_is_plain_json() -> None:
    found = Verified((committed("a"),), ("b",), (state("a"),), (LedgerCheck("a", CHANNEL, ()),), ("x",))
    assert json.loads(json.dumps(found.as_json()))["states"][0]["node"] == "a"


class FakePeers:
    """Peers that commit blocks as they are told, and write snapshots."""

    def __init__(self, session: Session, heights: Sequence[int | None], per_question: int = 0) -> None:
        self.session = session
        self.peers = session.inventory.peers[: len(heights)]
        self.heights = dict(zip(self.peers, heights, strict=True))
        self.per_question = per_question
        self.pending: dict[Peer, set[int]] = {peer: set() for peer in self.peers}

    def height(self, peer: Peer) -> int | None:
        height = self.heights[peer]
        for _ in range(self.per_question):
            self.heights[peer] = self._blocks(peer) + 1
            self._write(peer)
        return height

    def snapshot(self, peer: Peer, action: str, block: int) -> None:
        if action == "cancelrequest":
            self.pending[peer].discard(block)
        elif block < self._blocks(peer) - 1:
            raise CommandFailed("no", "cannot be less than the last committed block number")
        else:
            self.pending[peer].add(block)
            self._write(peer)

    def _blocks(self, peer: Peer) -> int:
        height = self.heights[peer]
        assert height is not None
        return height

    def _write(self, peer: Peer) -> None:
        for block in self.pending[peer]:
            if self._blocks(peer) > block:
                content = {"snapshot_files_raw_hashes": {"public_state.data": f"{block}"}}
                folder = peer.folder / "data" / "snapshots" / "completed" / CHANNEL / str(block)
                write(folder / "_snapshot_signable_metadata.json", json.dumps(content))
        self.pending[peer] = {block for block in self.pending[peer] if self._blocks(peer) <= block}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    home = Home(tmp_path)
    home.create()
    topology = Topology.packaged("kindpakket")
    return Session(topology, home, Processes(home), Programs(tmp_path, tmp_path), lambda _: None)


def states(fake: FakePeers, monkeypatch: pytest.MonkeyPatch) -> list[PeerState]:
    class Commands:
        def __init__(self, peer: Peer) -> None:
            self.peer = peer

        def snapshot(self, action: str, _: str, block: int) -> None:
            fake.snapshot(self.peer, action, block)

    monkeypatch.setattr(Peer, "height", lambda peer, _: fake.height(peer))
    monkeypatch.setattr(Session, "admin", lambda _, peer: Commands(peer))
    return Snapshots(fake.session, fake.session.topology.channel(CHANNEL)).states(fake.peers)


@pytest.mark.parametrize("per_question", [0, 1, 3])
def test_peers_meet_at_one_block_whether_blocks_come_or_not(
    session: Session, monkeypatch: pytest.MonkeyPatch, per_question: int
) -> None:
    fake = FakePeers(session, [9, 9, 9], per_question)
    found = states(fake, monkeypatch)
    assert len({(one.block, one.state) for one in found}) == 1
    content = {"snapshot_files_raw_hashes": {"public_state.data": str(found[0].block)}}
    assert found[0].state == hashlib.sha256(json.dumps(content).encode()).hexdigest()
    assert not list(session.home.root.rglob("_snapshot_signable_metadata.json"))


def test_a_peer_that_does_not_answer_is_no_finding_but_a_failure(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakePeers(session, [9, None, 9])
    with pytest.raises(NetworkError, match=r"peer0\.winkels does not answer"):
        states(fake, monkeypatch)
