"""What a backup holds, and how it is put back: whole, marked, and never over what is there."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network
from kindpakket_network import NetworkError, Topology
from kindpakket_network.backups.archive import ArchiveError, writing
from kindpakket_network.backups.backup import Backup
from kindpakket_network.backups.contents import Contents, Manifest
from kindpakket_network.backups.restore import Restore
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import own_organisations, record_organisations
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_ordering_lost, is_restored
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.starter import Starter
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes
from kindpakket_network.reports.nodes import node_status

IDENTITY = pyrage.x25519.Identity.generate()
PUBLIC = str(IDENTITY.to_public())
OWN = "gemeente"


def made(folder: Path) -> Session:
    """A home with a file in every place where there is one."""
    home = Home(folder)
    home.create()
    topology = Topology.packaged("kindpakket")
    inventory = Inventory.of(topology, home)
    for name in inventory.authorities:
        organisation = home.organisation(name)
        for file in (
            "msp/cacerts/ca.pem",
            "tls/ca.pem",
            "users/admin/msp/keystore/key.pem",
            "secrets/ca.admin",
        ):
            write(organisation / file, f"{name} {file}", mode=0o600)
        config = organisation / "authority" / "fabric-ca-server-config.yaml"
        write(config, f"cafiles: [{organisation}/authority/ca/fabric-ca-server-config.yaml]\n")
        database(organisation / "authority" / "fabric-ca-server.db", name)
        write(organisation / "authority" / "msp" / "keystore" / "root_sk", name)
    for orderer in inventory.orderers:
        for file in (
            "msp/signcerts/cert.pem",
            "msp/keystore/key.pem",
            "tls/cert.pem",
            "tls/key.pem",
            "tls/ca.pem",
        ):
            write(orderer.folder / file, f"{orderer.node} {file}")
        for file in ("data/ledger/chains/zuidhorn/blockfile_000000", "data/wal/zuidhorn/1.wal"):
            write(orderer.folder / file, "votes")
    for peer in inventory.peers:
        for file in ("msp/keystore/key.pem", "tls/key.pem", "data/ledgersData/stateLeveldb/CURRENT"):
            write(peer.folder / file, f"{peer.node} {file}")
    for server in inventory.chaincodes:
        write(server.folder / "tls" / "key.pem", server.node)
    write(home.channel("zuidhorn") / "genesis.block", "block")
    write(home.deployed("zuidhorn", "kindpakket"), json.dumps({"binary": f"{folder}/chaincode/k/kindpakket"}))
    write(home.log("peer0.gemeente"), "log")
    write(home.topology, topology.as_yaml())
    return Session(topology, home, Processes(home), Programs(folder, folder), lambda _: None)


def database(path: Path, row: str) -> None:
    """A database of a certificate authority."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE certificates (name TEXT)")
        connection.execute("INSERT INTO certificates VALUES (?)", (row,))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return made(tmp_path / "home")


@pytest.fixture
def file(session: Session, tmp_path: Path) -> Path:
    path = tmp_path / "backup.age"
    with writing(path, [PUBLIC]) as archive:
        contents = Contents(session.home, session.inventory, [OWN])
        manifest = Manifest("id-1", "kindpakket", (OWN,), Manifest.now(), str(session.home.root))
        archive.add("manifest.json", json.dumps(manifest.as_json()).encode())
        contents.write(archive)
        for peer in session.inventory.peers_of(OWN):
            archive.add_tree(contents.name(peer.folder), peer.folder)
    return path


def restore(home: Home, file: Path, organisations: Sequence[str] = (), **options: object) -> Manifest:
    home.create()
    return Restore(home, file, [IDENTITY], lambda _: None).place(organisations, **options)  # type: ignore[arg-type]


def names_in(file: Path, folder: Path) -> set[str]:
    plain = folder / "plain.tar.gz"
    pyrage.decrypt_file(str(file), str(plain), [IDENTITY])
    with tarfile.open(plain) as tar:
        return {member.name for member in tar if member.isfile()}


def everything(root: Path) -> dict[str, bytes]:
    left_out = ("lock", "restored.json")
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in left_out
    }


def destroy(home: Home) -> None:
    for path in [home.organisation(OWN), *home.root.glob(f"nodes/*{OWN}*")]:
        shutil.rmtree(path)


def test_a_backup_holds_keys_and_ledgers_of_its_organisations_and_only_certificates_of_others(
    file: Path, tmp_path: Path
) -> None:
    names = names_in(file, tmp_path)
    assert {
        "topology.yaml",
        "channels/zuidhorn/genesis.block",
        "chaincode/zuidhorn.kindpakket.json",
        "organisations/gemeente/authority/fabric-ca-server.db",
        "organisations/gemeente/authority/msp/keystore/root_sk",
        "organisations/gemeente/users/admin/msp/keystore/key.pem",
        "nodes/orderer.gemeente/msp/keystore/key.pem",
        "nodes/peer0.gemeente/data/ledgersData/stateLeveldb/CURRENT",
        "nodes/chaincode.peer0.gemeente.kindpakket/tls/key.pem",
        "organisations/winkels/msp/cacerts/ca.pem",
        "nodes/orderer.winkels/msp/signcerts/cert.pem",
    } <= names
    foreign = {name for name in names if "gemeente" not in name}
    assert not [name for name in foreign if "key" in name or "secrets" in name or "authority" in name]
    assert not [name for name in names if name.startswith(("logs", "run", "lock"))]


def test_a_consenters_ledger_and_votes_are_in_no_backup(file: Path, tmp_path: Path) -> None:
    assert not [
        name for name in names_in(file, tmp_path) if name.startswith("nodes/orderer.") and "data" in name
    ]


def test_an_organisation_is_put_back_where_it_was_lost(session: Session, file: Path) -> None:
    before = everything(session.home.root)
    destroy(session.home)
    restore(session.home, file)
    after = everything(session.home.root)
    lost = {name for name in before if name.startswith("nodes/orderer.gemeente/data")}
    assert {name: after[name] for name in before if name not in lost and not name.endswith(".db")} == {
        name: content for name, content in before.items() if name not in lost and not name.endswith(".db")
    }
    path = session.home.organisation(OWN) / "authority" / "fabric-ca-server.db"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM certificates").fetchall() == [(OWN,)]


def test_restored_orderers_and_peers_are_marked_and_not_started(session: Session, file: Path) -> None:
    destroy(session.home)
    restore(session.home, file)
    inventory = session.inventory
    nodes: list[Orderer | Peer] = [*inventory.orderers, *inventory.peers]
    marked = [one for one in nodes if is_restored(one.folder)]
    assert [one.node for one in marked] == ["orderer.gemeente", "peer0.gemeente"]
    starter = Starter(session.home, session.processes, session.programs)
    for node in marked:
        with pytest.raises(NetworkError, match="must catch up before serving"):
            starter.start([node])


def test_the_status_tells_of_nodes_that_have_not_caught_up(session: Session, file: Path) -> None:
    destroy(session.home)
    restore(session.home, file)
    states = [
        node_status(node, session.inventory, session.home, None)
        for node in ("peer0.gemeente", "peer0.winkels")
    ]
    assert [(one.running, one.state) for one in states] == [(False, "restored"), (False, "stopped")]


def test_an_empty_home_gets_all_and_files_name_their_new_folder(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "elsewhere")
    manifest = restore(home, file)
    assert (manifest.network, manifest.organisations) == ("kindpakket", (OWN,))
    assert home.exists()
    config = home.organisation(OWN) / "authority" / "fabric-ca-server-config.yaml"
    assert str(home.root) in config.read_text()
    record = json.loads(home.deployed("zuidhorn", "kindpakket").read_text())
    assert record["binary"] == f"{home.root}/chaincode/k/kindpakket"
    assert not (home.root / "restoring").exists()
    assert own_organisations(Topology.load(home.topology), home) == (OWN,)


def test_one_node_alone_is_put_back(session: Session, file: Path) -> None:
    shutil.rmtree(session.home.node("peer0.gemeente"))
    before = everything(session.home.root)
    restore(session.home, file, nodes=["peer0.gemeente"])
    added = set(everything(session.home.root)) - set(before)
    assert {name.split("/")[1] for name in added if name.startswith("nodes")} == {"peer0.gemeente"}
    assert is_restored(session.home.node("peer0.gemeente"))
    assert not is_restored(session.home.node("orderer.gemeente"))


def test_what_was_removed_after_the_backup_is_not_put_back(session: Session, file: Path) -> None:
    home = session.home
    smaller = json.loads(json.dumps(session.topology.document))
    smaller["ordering"] = {"type": "raft"}
    next(member for member in smaller["organisations"] if member["name"] == OWN)["consenter"] = False
    write(home.topology, Topology.read(smaller, home.root).as_yaml())
    for folder in (*home.root.glob(f"nodes/*.{OWN}*"), home.organisation(OWN)):
        shutil.rmtree(folder)
    messages: list[str] = []
    Restore(home, file, [IDENTITY], messages.append).place((OWN,))
    assert is_restored(home.node(f"peer0.{OWN}"))
    assert not home.node(f"orderer.{OWN}").exists()
    assert [message for message in messages if f"orderer.{OWN} is not restored: " in message]
    with pytest.raises(ArchiveError, match=f"orderer.{OWN} cannot be restored alone"):
        restore(home, file, nodes=[f"orderer.{OWN}"])


def test_a_node_is_not_put_where_the_rest_is_not(session: Session, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="and a home that has the rest"):
        restore(Home(tmp_path / "elsewhere"), file, nodes=["peer0.gemeente"])
    with pytest.raises(ArchiveError, match=r"peer0\.winkels cannot be restored alone"):
        restore(session.home, file, nodes=["peer0.winkels"])


def test_of_a_backup_of_several_only_the_chosen_ones_keys_come_back(session: Session, tmp_path: Path) -> None:
    path, home = tmp_path / "several.age", Home(tmp_path / "elsewhere")
    Backup(session, [OWN, "winkels"]).run(path, [PUBLIC])
    restore(home, path, [OWN])
    foreign = [name for name in everything(home.root) if "winkels" in name and "keystore" in name]
    assert foreign == []
    assert (home.organisation("winkels") / "msp" / "cacerts" / "ca.pem").is_file()
    assert own_organisations(Topology.load(home.topology), home) == (OWN,)


def test_a_home_that_acts_for_others_is_left_alone(session: Session, file: Path) -> None:
    destroy(session.home)
    record_organisations(session.home, ["winkels"])
    with pytest.raises(ArchiveError, match="acts for winkels"):
        restore(session.home, file)


def test_what_is_there_is_not_overwritten_unless_it_is_moved_aside(session: Session, file: Path) -> None:
    before = everything(session.home.root)
    with pytest.raises(ArchiveError, match=r"already has nodes/peer0\.gemeente"):
        restore(session.home, file)
    assert everything(session.home.root) == before
    restore(session.home, file, replace=True)
    (aside,) = (session.home.root / "replaced").iterdir()
    assert (aside / "nodes" / "orderer.gemeente" / "data" / "wal" / "zuidhorn" / "1.wal").is_file()
    assert not (session.home.node("orderer.gemeente") / "data").exists()


def test_keys_of_chaincode_processes_that_are_left_do_not_stand_in_the_way(
    session: Session, file: Path
) -> None:
    left = session.home.node("chaincode.peer0.gemeente.kindpakket") / "tls" / "key.pem"
    write(left, "newer")
    shutil.rmtree(session.home.organisation(OWN))
    for node in ("peer0.gemeente", "orderer.gemeente"):
        shutil.rmtree(session.home.node(node))
    restore(session.home, file)
    assert left.read_text() == "newer"
    assert not (session.home.root / "replaced").exists()


def test_a_refused_backup_leaves_the_home_as_it_was(session: Session, file: Path, tmp_path: Path) -> None:
    destroy(session.home)
    before = everything(session.home.root)
    changed = tmp_path / "changed.age"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    other = Topology.packaged("two-municipalities")
    attempts: list[tuple[Path, dict[str, object], str]] = [
        (changed, {}, "damaged, modified or incomplete"),
        (file, {"sha256": "00"}, "has the SHA-256 hash .* not 00"),
        (file, {"organisations": ["winkels"]}, "contains gemeente, not winkels"),
    ]
    for backup, options, words in attempts:
        with pytest.raises(ArchiveError, match=words):
            restore(session.home, backup, **options)  # type: ignore[arg-type]
        assert everything(session.home.root) == before
    write(session.home.topology, other.as_yaml())
    with pytest.raises(ArchiveError, match="use another home"):
        restore(session.home, file)


@pytest.mark.parametrize("step", range(4))
def test_a_restore_that_was_interrupted_anywhere_is_repeated(
    session: Session, file: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    destroy(session.home)
    rename, count = Path.rename, 0

    def interrupted(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > step:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(session.home, file)
    monkeypatch.undo()
    restore(session.home, file)
    assert is_restored(session.home.node("peer0.gemeente"))
    assert (session.home.organisation(OWN) / "authority" / "fabric-ca-server.db").is_file()


def test_a_service_manager_does_not_start_what_has_not_caught_up(session: Session, file: Path) -> None:
    destroy(session.home)
    kept, restored = session.home.environment("peer0.winkels"), session.home.environment("peer0.gemeente")
    for switch in (kept, restored):
        write(switch, "A=1\n")
    restore(session.home, file)
    assert (kept.exists(), restored.exists()) == (True, False)


def test_a_restore_that_is_done_again_changes_nothing(session: Session, file: Path) -> None:
    destroy(session.home)
    restore(session.home, file)
    before = everything(session.home.root)
    restore(session.home, file)
    assert everything(session.home.root) == before
    restore(session.home, file, ordering_lost=True)
    assert is_ordering_lost(session.home.node("orderer.gemeente"))


def test_a_backup_of_an_organisation_that_is_not_here_is_refused(session: Session, tmp_path: Path) -> None:
    shutil.rmtree(session.home.organisation(OWN) / "authority")
    with pytest.raises(NetworkError, match="does not have the keys of gemeente"):
        Backup(session, [OWN]).run(tmp_path / "backup.age", [PUBLIC])


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.age"
    with writing(path, [PUBLIC]) as archive:
        archive.add("manifest.json", b'{"format": 2}')
    with pytest.raises(ArchiveError, match="the version that made it"):
        restore(Home(tmp_path / "home"), path)


def test_the_command_line_makes_keys_and_says_what_is_wrong(tmp_path: Path, file: Path) -> None:
    def call(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(network, list(arguments))
        return result.exit_code, result.output

    key = str(tmp_path / "key")
    code, public = call("backup-key", key, "--open")
    assert (code, public[:4]) == (0, "age1")
    code, words = call("backup-key", key, "--open")
    assert (code, "already exists" in words) == (1, True)
    restoring = ("restore", str(file), "--key", key, "--home", str(tmp_path / "new"))
    code, words = call(*restoring)
    assert (code, "--sha256" in words) == (2, True)
    assert not (tmp_path / "new").exists()
    code, words = call(*restoring, "--yes")
    assert (code, "cannot be decrypted with this key" in words) == (1, True)
    code, words = call("backup", str(tmp_path / "x.age"), "--home", str(tmp_path / "home"))
    assert (code, "--recipient" in words) == (2, True)
