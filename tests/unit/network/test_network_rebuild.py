"""What must be elsewhere before a ledger is deleted, and how its node comes back."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network as command
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.backups import rebuild as module
from kindpakket_network.backups.rebuild import Rebuild
from kindpakket_network.backups.recovery import Recovery
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.errors import NoSuch
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_readmitted, is_rebuilt, mark_rebuilt, note_readmitted
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes

CHANNEL = "zuidhorn"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A network of which everything runs, and every consenter has 9 blocks."""
    monkeypatch.setattr(Session, "runs", lambda *_: True)
    monkeypatch.setattr(OrderedBlocks, "height", lambda *_: 9)
    monkeypatch.setattr(Peer, "height", lambda *_: 9)
    home = Home(tmp_path)
    home.create()
    topology = Topology.packaged("kindpakket")
    return Session(topology, home, Processes(home), Programs(tmp_path, tmp_path), lambda _: None)


def rebuild(session: Session, node: str) -> Rebuild:
    found = session.inventory.find(node)
    assert isinstance(found, Orderer | Peer)
    return Rebuild(session, found)


def test_what_others_have_may_be_deleted(session: Session) -> None:
    for node in ("peer0.winkels", "peer0.gemeente", "orderer.regie"):
        rebuild(session, node).ensure_possible()


def test_packages_and_private_data_are_kept(session: Session) -> None:
    data = session.home.node("peer0.winkels") / "data"
    for name in ("lifecycle/chaincodes", "ledgersData/chains", "ledgersData/pvtdataStore", "transientstore"):
        (data / name).mkdir(parents=True)
    deleted = [str(path.relative_to(data)) for path in rebuild(session, "peer0.winkels")._deleted(False)]
    assert deleted == ["transientstore", "ledgersData/chains"]
    assert data / "ledgersData/pvtdataStore" in rebuild(session, "peer0.winkels")._deleted(True)
    assert data / "lifecycle" not in rebuild(session, "peer0.winkels")._deleted(True)


@pytest.mark.parametrize(("node", "needed"), [("orderer.regie", 3), ("peer0.auditor", 2)])
def test_enough_consenters_must_run(
    session: Session, monkeypatch: pytest.MonkeyPatch, node: str, needed: int
) -> None:
    monkeypatch.setattr(Session, "runs", lambda _, name: name == "orderer.gemeente")
    with pytest.raises(NetworkError, match=f"{needed} other consenters of zuidhorn must run, and 1 do"):
        rebuild(session, node).ensure_possible()


def test_blocks_that_no_consenter_has_are_not_deleted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OrderedBlocks, "height", lambda *_: 8)
    with pytest.raises(NetworkError, match="has 9 blocks of zuidhorn, and the consenters only 8"):
        rebuild(session, "peer0.auditor").ensure_possible()


def test_a_peer_without_ledgers_joins_before_it_catches_up(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[Path] = []
    heights: dict[str, int | None] = {"peer0.auditor": None}
    monkeypatch.setattr(Peer, "height", lambda peer, _: heights[peer.node])
    monkeypatch.setattr(Session, "admin", lambda *_: SimpleNamespace(join=joined.append))
    write(session.home.genesis(CHANNEL), b"")
    (peer,) = session.inventory.peers_of("auditor")
    Recovery(session)._join(peer)
    assert joined == [session.home.genesis(CHANNEL)]
    heights["peer0.auditor"] = 9
    Recovery(session)._join(peer)
    assert len(joined) == 1


def test_a_consenter_that_is_rebuilt_again_needs_another_new_id(tmp_path: Path) -> None:
    mark_rebuilt(tmp_path)
    note_readmitted(tmp_path, CHANNEL)
    assert is_readmitted(tmp_path, CHANNEL)
    mark_rebuilt(tmp_path)
    assert is_rebuilt(tmp_path)
    assert not is_readmitted(tmp_path, CHANNEL)


def test_a_link_to_another_disk_stays(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    write(disk / "chains" / "blockfile_000000", b"x")
    (tmp_path / "ledgersData").symlink_to(disk)
    module._delete(tmp_path / "ledgersData")
    assert (tmp_path / "ledgersData").is_symlink()
    assert list(disk.iterdir()) == []


def test_only_nodes_with_a_ledger_are_rebuilt(tmp_path: Path) -> None:
    network = Network(Topology.packaged("kindpakket"), tmp_path)
    with pytest.raises(NetworkError, match=r"ca\.winkels has no ledger: name an orderer or a peer"):
        network.rebuild("ca.winkels")
    with pytest.raises(NoSuch, match="there is no node 'peer9'"):
        network.rebuild("peer9")


def test_nothing_is_deleted_without_a_yes(tmp_path: Path) -> None:
    write(tmp_path / "topology.yaml", Topology.packaged("kindpakket").as_yaml())
    arguments = ["rebuild", "peer0.winkels", "--home", str(tmp_path)]
    asked = CliRunner().invoke(command, arguments, input="n\n")
    assert asked.exit_code == 1
    assert "Delete the ledger of peer0.winkels, and fetch it again from the network?" in asked.output
    told = CliRunner().invoke(command, [*arguments, "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stderr)["error"]["message"] == "give --yes: with --json nobody is asked"
