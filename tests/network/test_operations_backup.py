"""Restoring a backup: an organisation is lost with everything it had, and comes back complete."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from disaster import destroy, document
from support import Town, doubted_votes, end_shop, found_town, running

from fabric_gateway import FabricError
from kindpakket.ledger.refusals import AccountMissing, Refusal
from kindpakket_demo.desk import CHAINCODE, CHANNEL, MUNICIPALITY, Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import CommandFailed, Network, Topology
from kindpakket_network.backups import key as backup_key
from kindpakket_network.backups.archive import ArchiveError, extract
from kindpakket_network.backups.backup import Taken
from kindpakket_network.backups.verification import Verified, check
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import until
from patience import PATIENCE

PASSPHRASE = "niet op een briefje"
PEERS = ("peer0.gemeente", "peer1.gemeente")
OTHER_IBAN = "NL02ABNA0123456789"
CENTS = 100


@dataclass
class Story:
    """What happened to the network, one thing after another.

    Attributes:
        network: the network; the municipality has two peers.
        folder: where backups and the key are.
        town: the town on it; its desk is closed.
        public: the public key of the backups.
        closed: a shop whose account was purged after the backup.
        buyer: the voucher that pays.
        paid: the buyer's payments, in cents.
        failed: the errors of payments that failed.
        account: the account of the closed shop before the purge.
        backup: the municipality's backup, made while payments ran.
        during: the result of a verification while payments ran.
        restored: the networks that restores opened; each stops what it started.
    """

    network: Network
    folder: Path
    town: Town
    public: str
    closed: str
    buyer: Wallet
    paid: list[int] = field(default_factory=list)
    failed: list[object] = field(default_factory=list)
    account: str = ""
    backup: Taken | None = None
    during: Verified | None = None
    restored: list[Network] = field(default_factory=list)

    def restore(self, file: Path, **options: Any) -> None:
        """Restore a backup in the network's place, and continue with the restored network."""
        home = self.network.home
        self.network, _ = Network.restore(home, file, self.identities, progress=print, **options)
        self.restored.append(self.network)

    @property
    def identities(self) -> list[Any]:
        """The key that reads the backups."""
        return backup_key.load(self.folder / "key.age", lambda: PASSPHRASE)

    @property
    def options(self) -> list[object]:
        """The command line's options for the key and the home."""
        files = ["--key", self.folder / "key.age", "--passphrase-file", self.folder / "passphrase"]
        return [*files, "--home", self.network.home]

    def pay(self) -> None:
        """Take a payment from the buyer."""
        order = self.town.order(self.buyer, CENTS)
        try:
            self.town.till.shop.pay(order, self.buyer.authorise(order))
        except (FabricError, Refusal) as error:
            self.failed.append(error)
        else:
            self.paid.append(CENTS)


@contextmanager
def paying(story: Story) -> Iterator[None]:
    """Keep taking payments in the background."""
    over = threading.Event()

    def sell() -> None:
        while not over.is_set():
            story.pay()

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        yield
    finally:
        over.set()
        seller.join()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A backup during payments, then a purge; at the end the municipality is lost."""
    folder = tmp_path_factory.mktemp("backup")
    description = document("bft")
    description["organisations"][0]["peers"] = [peer.partition(".")[0] for peer in PEERS]
    with running(Topology.read(description, folder), folder) as network:
        with Desk(network, folder, Random(1)) as desk:
            town = found_town(desk, 6)
            closed = town.street.open[3].shop.shop_id
            public = backup_key.create(folder / "key.age", PASSPHRASE)
            made = Story(network, folder, town, public, closed, next(town.keys))
            with paying(made):
                made.backup = network.backup(folder / "gemeente.age", [public], [MUNICIPALITY], print)
                made.during = network.verify(progress=print)
            desk.in_step()
            made.account = desk.treasurer.shops.account(closed)["iban"]
            end_shop(desk, closed, "moved")
            desk.in_step()
            purge_account(desk, closed)
            made.pay()
        destroy(network, MUNICIPALITY)
        yield made
        for restored in made.restored:
            restored.down()


def purge_account(desk: Desk, shop: str) -> None:
    """Purge the account of a shop that has ended."""
    ordered = desk.clerk.erasures.order("shopAccounts", [shop], "retention")
    desk.in_step()
    desk.manager.erasures.approve(ordered["id"])
    desk.in_step()
    desk.manager.erasures.purge(ordered["id"])
    desk.in_step()
    desk.clerk.erasures.certify(ordered["id"])
    desk.in_step()


@pytest.fixture(scope="module")
def watched(story: Story) -> set[str]:
    """Restore the municipality; return its nodes that accepted connections too early."""
    network = story.network
    home = Home(network.home)
    peers = Inventory.of(network.topology, home).peers_of(MUNICIPALITY)
    over, early = threading.Event(), set[str]()

    def look() -> None:
        while not over.wait(0.02):
            for peer in peers:
                if (peer.folder / "restored.json").exists() and listens(peer.ports[0], peer.host):
                    early.add(peer.node)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        assert story.backup is not None
        story.restore(story.backup.file, sha256=story.backup.sha256)
    finally:
        over.set()
        watcher.join()
    return early


def test_payments_go_on_while_two_peers_are_backed_up_one_after_the_other(story: Story) -> None:
    assert story.failed == []
    assert len(story.paid) > 10


def test_peers_hold_the_same_state_while_payments_go_on(story: Story) -> None:
    assert story.during is not None
    assert story.during.findings == ()
    assert len({(state.block, state.state) for state in story.during.states}) == 1
    assert len(story.during.states) == len(story.during.committed) == 4
    assert len({(last.block, last.commit) for last in story.during.committed}) == 1


def test_a_changed_backup_and_a_wrong_passphrase_are_refused_and_nothing_is_done(story: Story) -> None:
    assert story.backup is not None
    home = story.network.home
    content = bytearray(story.backup.file.read_bytes())
    content[-5_000] ^= 1
    changed = story.folder / "changed.age"
    changed.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged, modified or incomplete"):
        Network.restore(home, changed, story.identities)
    with pytest.raises(ArchiveError, match="passphrase for"):
        backup_key.load(story.folder / "key.age", lambda: "geraden")
    assert list(home.glob("nodes/*gemeente*")) == []
    assert not (home / "organisations" / "gemeente").exists()
    assert not (home / "restoring").exists()


def test_a_backup_is_verified_and_a_changed_block_is_found(story: Story) -> None:
    assert story.backup is not None
    verified = story.network.verify_backup(story.backup.file, story.identities)
    assert verified.findings == ()
    assert {ledger.node for ledger in verified.ledgers} == set(PEERS)
    unpacked = story.folder / "unpacked"
    extract(story.backup.file, story.identities, unpacked)
    data = unpacked / "nodes" / PEERS[0] / "data"
    (blocks,) = data.glob("ledgersData/chains/chains/*/blockfile_000000")
    content = bytearray(blocks.read_bytes())
    content[len(content) // 2] ^= 1
    blocks.write_bytes(content)
    assert [ledger.errors for ledger in check(story.network.session().programs, PEERS[0], data)] != [()]
    shutil.rmtree(unpacked)


def test_a_restored_peer_answers_nobody_before_it_has_caught_up(watched: set[str], story: Story) -> None:
    assert watched == set()
    assert [node.node for node in story.network.status().nodes if not node.running] == []


@pytest.mark.usefixtures("watched")
def test_what_was_purged_after_the_backup_is_gone(story: Story) -> None:
    assert story.account
    with Desk(story.network, story.folder, Random(2)) as desk:
        desk.in_step()
        with pytest.raises(AccountMissing):
            desk.treasurer.shops.account(story.closed)
        assert desk.treasurer.shops.account(story.town.till.shop.shop_id)["iban"]


@pytest.mark.usefixtures("watched")
def test_the_restored_state_equals_that_of_the_others_and_the_blocks_are_whole(story: Story) -> None:
    verified = story.network.verify(ledgers=True, progress=print)
    assert verified.findings == ()
    assert {state.node for state in verified.states} >= set(PEERS)
    assert len({state.state for state in verified.states}) == 1
    assert {ledger.node for ledger in verified.ledgers} >= set(PEERS)


@pytest.mark.usefixtures("watched")
def test_payments_go_on_and_the_restored_consenter_takes_part(story: Story) -> None:
    town = story.town
    with Desk(story.network, story.folder, Random(3)) as desk:
        paid = sum(story.paid)
        desk.in_step()
        held = desk.clerk.vouchers.show(town.scheme.id, story.buyer.voucher)["available_cents"]
        till = desk.here(town.till)
        order = till.shop.order(town.scheme.id, story.buyer.voucher, [{"category": "books", "cents": CENTS}])
        till.shop.pay(order, story.buyer.authorise(order))
        desk.in_step()
        left = desk.clerk.vouchers.show(town.scheme.id, story.buyer.voucher)["available_cents"]
        assert (held - left, paid % CENTS) == (CENTS, 0)
        audit = desk.auditor.verify()
        assert audit.passed, (audit.findings, audit.differences)
    (channel,) = story.network.status().channels
    assert len(set(channel.heights.values())) == 1
    assert doubted_votes(story.network) == []


@pytest.mark.usefixtures("watched")
def test_a_lost_peer_gets_private_data_of_after_the_backup_from_its_neighbour(story: Story) -> None:
    """Its restore is killed while it catches up, and `up` carries on."""
    network, lost = story.network, PEERS[1]
    till = story.town.till
    with Desk(network, story.folder, Random(5)) as desk:
        shop = desk.here(till).shop
        changed = shop.registration.change_account(
            "another-bank", iban=OTHER_IBAN, holder="Winkel", kvk=till.store.kvk, contact="administratie"
        )
        desk.in_step()
        desk.manager.shops.approve_account(shop.shop_id, changed["account_change"]["id"])
        desk.in_step()
    network.stop(lost, signal.SIGKILL)
    shutil.rmtree(network.home / "nodes" / lost)
    assert story.backup is not None
    (story.folder / "passphrase").write_text(PASSPHRASE)
    kill_at("catches up", "restore", story.backup.file, "--node", lost, "--yes", *story.options)
    assert (network.home / "nodes" / lost / "restored.json").exists()
    network.up(print)
    session = network.session()
    peer = next(peer for peer in session.inventory.peers if peer.node == lost)
    treasurer = PeerCommands(session.programs, session.home, peer, "treasurer")

    def account() -> bool | None:
        argument = json.dumps({"shop": till.shop.shop_id})
        try:
            shown = json.loads(treasurer.query(CHANNEL, CHAINCODE, "shop:Account", argument))
        except CommandFailed:
            return None
        return shown["iban"] == OTHER_IBAN or None

    assert until(account, PATIENCE, interval=1.0)


def kill_at(text: str, *arguments: object) -> None:
    """Run a command, and kill it when a line that it prints contains a text."""
    program = [sys.executable, "-c", "from kindpakket_cli.main import main; main()", "network"]
    with subprocess.Popen([*program, *map(str, arguments)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        printed = next((line for line in process.stderr if text in line), None)
        process.kill()
        assert printed is not None


@pytest.mark.usefixtures("watched")
def test_a_network_of_which_nothing_is_left_begins_anew_where_its_peers_were(story: Story) -> None:
    network = story.network
    taken = network.backup(story.folder / "all.age", [story.public], progress=print)
    before = network.status().channels[0].heights["peer0.winkels"]
    network.down()
    shutil.rmtree(network.home)
    story.restore(taken.file, ordering_lost=True)
    network = story.network
    with Desk(network, story.folder, Random(4)) as desk:
        desk.clerk.vouchers.block(story.town.scheme.id, story.buyer.voucher, "device-lost")
        desk.in_step()
        assert desk.auditor.verify().passed
    heights = network.status().channels[0].heights
    assert before is not None
    assert set(heights.values()) == {before + 1}
    assert doubted_votes(network) == []
