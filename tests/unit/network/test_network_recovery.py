"""How restored nodes come back: who has to say where the network is, and what must not be done."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from kindpakket_network import CommandFailed, NetworkError, Topology
from kindpakket_network.backups.recovery import Recovery
from kindpakket_network.backups.rejoining import Rejoining
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_restored, mark_restored, note_readmitted
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.starter import Starter
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes, Program

CHANNEL = "zuidhorn"
BLOCKS = f"data/ledgersData/chains/chains/{CHANNEL}/blockfile_000000"


class Nodes:
    """Stands in for processes, consenters and peers.

    Attributes:
        ordered: the number of blocks that a consenter says, by node; one that is not in it does not answer.
        started: what was started, with its environment.
        stopped: what was stopped.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ordered: dict[str, int] = {}
        self.heights: dict[str, int] = {}
        self.started: list[tuple[str, dict[str, str]]] = []
        self.stopped: list[str] = []
        monkeypatch.setattr("kindpakket_network.channel.ordered_blocks.PATIENCE", 0.05)
        monkeypatch.setattr("kindpakket_network.channel.ordered_blocks.AdminCommands", lambda *_: self)
        monkeypatch.setattr(
            "kindpakket_network.backups.recovery.RevocationRecovery", lambda *_: SimpleNamespace(run=list)
        )
        monkeypatch.setattr(Processes, "start", lambda _, program: self.start(program))
        monkeypatch.setattr(Processes, "stop", lambda _, node: self.stopped.append(node))
        monkeypatch.setattr(Starter, "start", lambda _, nodes: self.start_all(nodes))
        monkeypatch.setattr(Starter, "await_ready", lambda *_: None)
        monkeypatch.setattr(Peer, "program", lambda peer, _: self.program(peer))
        monkeypatch.setattr(Peer, "height", lambda peer, _: self.heights.get(peer.node))
        monkeypatch.setattr(Orderer, "active", lambda *_: True)
        monkeypatch.setattr(Orderer, "heard", lambda *_: True)
        monkeypatch.setattr("kindpakket_network.backups.rejoining._STEADY", 0.0)
        monkeypatch.setattr(Rejoining, "_is_named", lambda *_: True)
        monkeypatch.setattr(Session, "runs", lambda *_: True)
        monkeypatch.setattr(
            Orderer, "participation", lambda one, _: {"height": self.ordered.get(one.node, 0)}
        )

    def height(self, _: object, orderer: Orderer) -> int:
        if orderer.node not in self.ordered:
            raise CommandFailed("does not answer", "")
        return self.ordered[orderer.node]

    def program(self, peer: Peer) -> Program:
        return Program(peer.node, ["peer"], {"CORE_PEER_LISTENADDRESS": peer.endpoint}, peer.folder)

    def start(self, program: Program) -> int:
        self.started.append((program.node, dict(program.environment)))
        return 1

    def start_all(self, nodes: list[Orderer]) -> None:
        self.started += [(node.node, {}) for node in nodes]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    return Nodes(monkeypatch)


def site_of(folder: Path, ordering: str = "bft") -> Session:
    home = Home(folder)
    home.create()
    document = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    document["ordering"] = {"type": ordering}
    topology = Topology.read(document, folder)
    return Session(topology, home, Processes(home), Programs(folder, folder), lambda _: None)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return site_of(tmp_path)


def restored(session: Session, *names: str, ordering_lost: bool = False) -> list[Path]:
    """Mark nodes as those that came out of a backup; peers have blocks."""
    folders = [session.home.node(name) for name in names]
    for folder in folders:
        if folder.name.startswith("peer"):
            write(folder / BLOCKS, folder.name)
        mark_restored(folder, "id", ordering_lost=ordering_lost)
    return folders


def test_without_restored_nodes_nothing_is_done(session: Session, nodes: Nodes) -> None:
    Recovery(session).run()
    assert (nodes.started, nodes.stopped) == ([], [])


def test_a_peer_catches_up_where_nobody_finds_it_and_is_stopped_again(session: Session, nodes: Nodes) -> None:
    (folder,) = restored(session, "peer0.gemeente")
    nodes.ordered = {"orderer.gemeente": 9, "orderer.regie": 9}
    nodes.heights = {"peer0.gemeente": 9}
    Recovery(session).run()
    ((_, environment),) = [one for one in nodes.started if one[0] == "peer0.gemeente"]
    known = session.inventory.peers_of("gemeente")[0].endpoint
    assert environment["CORE_PEER_LISTENADDRESS"] != known
    assert environment["CORE_PEER_LISTENADDRESS"].startswith("127.0.0.1:")
    assert environment["CORE_PEER_GATEWAY_ENABLED"] == "false"
    assert environment["CORE_PEER_GOSSIP_MAXCONNECTIONATTEMPTS"] == "-1"
    assert nodes.stopped[-1] == "peer0.gemeente"
    assert not is_restored(folder)


def test_one_consenter_alone_does_not_say_where_the_network_is(session: Session, nodes: Nodes) -> None:
    (folder,) = restored(session, "peer0.gemeente")
    nodes.ordered = {"orderer.gemeente": 3}
    nodes.heights = {"peer0.gemeente": 9}
    with pytest.raises(NetworkError, match="fewer than 2 of the consenters"):
        Recovery(session).run()
    assert is_restored(folder)


@pytest.mark.parametrize("height", [0, 8])
def test_a_peer_that_stays_behind_stays_marked(session: Session, nodes: Nodes, height: int) -> None:
    """Zero is also what a peer looks like that does not tell its height."""
    (folder,) = restored(session, "peer0.gemeente")
    nodes.ordered = {"orderer.gemeente": 8, "orderer.winkels": 9}
    nodes.heights = {"peer0.gemeente": height} if height else {}
    with pytest.raises(NetworkError, match=f"is stalled at height {height} of 9 on zuidhorn"):
        Recovery(session).run()
    assert is_restored(folder)
    assert nodes.stopped[-1] == "peer0.gemeente"


def test_when_nothing_is_left_every_consenter_gets_the_blocks_of_the_highest_peer(
    session: Session, nodes: Nodes
) -> None:
    orderers = restored(session, *(one.node for one in session.inventory.orderers), ordering_lost=True)
    for folder in orderers:
        write(folder / "data" / "wal" / "old", "votes")
    restored(session, "peer0.gemeente", "peer0.winkels", ordering_lost=True)
    nodes.heights = {"peer0.gemeente": 8, "peer0.winkels": 9}
    nodes.ordered = {folder.name: 9 for folder in orderers}
    with pytest.raises(NetworkError, match=r"peer0\.gemeente is stalled at height 8 of 9"):
        Recovery(session).run()
    for folder in orderers:
        assert (folder / f"data/ledger/chains/{CHANNEL}/blockfile_000000").read_text() == "peer0.winkels"
        assert not (folder / "data" / "wal").exists()
        assert not is_restored(folder)


def test_while_a_consenter_is_left_ordering_does_not_begin_anew(session: Session, nodes: Nodes) -> None:
    (folder,) = restored(session, "orderer.gemeente", ordering_lost=True)
    restored(session, "peer0.gemeente", ordering_lost=True)
    nodes.ordered = {one.node: 9 for one in session.inventory.orderers}
    nodes.heights = {"peer0.gemeente": 9}
    Recovery(session).run()
    assert not (folder / "data").exists()
    assert not is_restored(folder)


def test_a_consenter_does_not_join_while_another_lacks_a_block(tmp_path: Path, nodes: Nodes) -> None:
    session = site_of(tmp_path, "raft")
    (folder,) = restored(session, "orderer.gemeente")
    nodes.ordered = {"orderer.winkels": 9, "orderer.auditor": 9, "orderer.regie": 7}
    with pytest.raises(NetworkError, match=r"orderer\.regie did not catch up on zuidhorn"):
        Recovery(session).run()
    assert is_restored(folder)
    assert "orderer.gemeente" not in [node for node, _ in nodes.started]


def test_when_too_few_are_left_to_ask_it_is_said_at_once(session: Session, nodes: Nodes) -> None:
    restored(session, *(one.node for one in session.inventory.orderers))
    with pytest.raises(NetworkError, match="has only 0 of the 2 consenters, not restored themselves"):
        Recovery(session).run()


PANIC = "panic: tocommit(8) is out of range [lastIndex(4)]. Was the raft log corrupted, truncated, or lost?"


def counted_on(monkeypatch: pytest.MonkeyPatch, nodes: Nodes, leading: Orderer | None) -> None:
    """The restored consenter ends itself until the leader was restarted."""
    monkeypatch.setattr(Processes, "last_words", lambda *_: PANIC)
    monkeypatch.setattr(Session, "leading", lambda *_: leading)
    monkeypatch.setattr(Session, "runs", lambda _, node: node in nodes.ordered)
    start_all = nodes.start_all

    def started(them: list[Orderer]) -> None:
        start_all(them)
        if leading in them and leading is not None and leading.node in nodes.stopped:
            nodes.ordered["orderer.gemeente"] = 9

    monkeypatch.setattr(Starter, "start", lambda _, them: started(them))


def changes(monkeypatch: pytest.MonkeyPatch, nodes: Nodes) -> list[str]:
    """Stand in for the changes of a channel, which are noted in the list that is returned."""
    made: list[str] = []

    def note(what: str, *_: object, **__: object) -> bool:
        made.append(f"{what}, {len(nodes.started)} started")
        return True

    for name in ("take_out", "reconcile"):
        monkeypatch.setattr(f"kindpakket_network.backups.rejoining.{name}", partial(note, name))
    return made


def test_a_raft_consenter_is_taken_out_and_added_again_before_it_starts(
    tmp_path: Path, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = site_of(tmp_path, "raft")
    (folder,) = restored(session, "orderer.gemeente")
    nodes.ordered = {one.node: 9 for one in session.inventory.orderers}
    made = changes(monkeypatch, nodes)
    Recovery(session).run()
    before = len(session.inventory.orderers) - 1
    assert made == [f"take_out, {before} started", f"reconcile, {before} started"]
    assert nodes.started[before][0] == "orderer.gemeente"
    assert not is_restored(folder)


def test_a_raft_consenter_that_was_taken_out_is_not_taken_out_again(
    tmp_path: Path, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was interrupted goes on: the channel may name it already, by its new id."""
    session = site_of(tmp_path, "raft")
    (folder,) = restored(session, "orderer.gemeente")
    note_readmitted(folder, CHANNEL)
    mark_restored(folder, "id")  # the same restore, again
    nodes.ordered = {one.node: 9 for one in session.inventory.orderers}
    made = changes(monkeypatch, nodes)
    Recovery(session).run()
    assert [what.split(",")[0] for what in made] == ["reconcile"]


@pytest.mark.parametrize(("ends", "words"), [(True, "exited unexpectedly"), (False, "heard no leader")])
def test_a_consenter_that_hears_no_leader_is_not_said_to_have_come_back(
    session: Session, nodes: Nodes, monkeypatch: pytest.MonkeyPatch, ends: bool, words: str
) -> None:
    (folder,) = restored(session, "orderer.gemeente")
    nodes.ordered = {one.node: 9 for one in session.inventory.orderers}
    monkeypatch.setattr("kindpakket_network.backups.rejoining._JOINED", 0.05)
    monkeypatch.setattr(Orderer, "heard", lambda *_: False)
    monkeypatch.setattr(Session, "runs", lambda _, node: not ends or node != "orderer.gemeente")
    monkeypatch.setattr(Processes, "last_words", lambda *_: "")
    monkeypatch.setattr("kindpakket_network.backups.rejoining.await_height", lambda *_: None)
    with pytest.raises(NetworkError, match=words):
        Recovery(session).run()
    assert is_restored(folder)


def test_without_a_quorum_of_others_a_raft_consenter_joins_after_an_election(
    tmp_path: Path, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = site_of(tmp_path, "raft")
    (folder,) = restored(session, "orderer.gemeente")
    others = session.inventory.orderers[1:3]
    nodes.ordered = {one.node: 9 for one in others}
    counted_on(monkeypatch, nodes, others[0])
    Recovery(session).run()
    assert nodes.stopped == [others[0].node]
    assert not is_restored(folder)


def test_when_another_organisation_leads_it_is_asked_to_restart(
    tmp_path: Path, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = site_of(tmp_path, "raft")
    (folder,) = restored(session, "orderer.gemeente")
    nodes.ordered = {one.node: 9 for one in session.inventory.orderers[1:3]}
    counted_on(monkeypatch, nodes, None)
    with pytest.raises(NetworkError, match="have that one restarted"):
        Recovery(session).run()
    assert nodes.stopped == []
    assert is_restored(folder)


def test_raft_does_not_begin_anew(tmp_path: Path, nodes: Nodes) -> None:
    session = site_of(tmp_path, "raft")
    restored(session, *(one.node for one in session.inventory.orderers), ordering_lost=True)
    with pytest.raises(NetworkError, match="cannot be restarted from blocks on Raft"):
        Recovery(session).run()
    assert nodes.started == []
