"""A peer that joins by a snapshot has the present state, and no history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from disaster import document
from support import Town, found_town, in_step, running

from kindpakket_demo.desk import AUDITOR, CHANNEL, MUNICIPALITY, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.description.growth import with_peer
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.peer_program import peer_command
from kindpakket_network.programs.command import run
from kindpakket_network.programs.wait import until
from patience import PATIENCE


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Network]:
    with running(Topology.read(document("raft"), tmp_path), tmp_path) as made:
        yield made


@pytest.fixture
def town(live: Network, tmp_path: Path) -> Iterator[Town]:
    with Desk(live, tmp_path / "results", Random(1)) as desk:
        yield found_town(desk, 6)


def fetch(network: Network, peer: Peer, block: str, folder: Path) -> None:
    """Fetch a block from a peer."""
    command = peer_command(
        "fetch",
        ["channel", "fetch", block, str(folder / "block"), "-c", CHANNEL],
        programs=network.session().programs,
        msp=peer.msp,
        folder=network.user(peer.organisation, "admin"),
        peer=peer,
    )
    run(command)


def test_it_has_all_that_the_others_have_now(live: Network, town: Town, tmp_path: Path) -> None:
    shop = town.till.shop.shop_id
    account = town.desk.treasurer.shops.account(shop)

    live.become(with_peer(live.topology, MUNICIPALITY), progress=print, by_snapshot=[MUNICIPALITY])

    session = live.session()
    first, second = session.inventory.peers_of(MUNICIPALITY)
    in_step(live, CHANNEL)
    assert live.plan().done
    assert not list((second.folder / "data").glob("joining-*"))

    treasurer = PeerCommands(session.programs, session.home, second, "treasurer")

    def private_data() -> object:
        try:
            return json.loads(treasurer.query(CHANNEL, "kindpakket", "shop:Account", f'{{"shop":"{shop}"}}'))
        except CommandFailed:
            return None

    assert until(private_data, PATIENCE) == account

    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    in_step(live, CHANNEL)
    assert live.verify().findings == ()
    fetch(live, second, "newest", tmp_path)
    fetch(live, first, "1", tmp_path)
    with pytest.raises(CommandFailed):
        fetch(live, second, "1", tmp_path)

    live.down()
    live.up()
    assert live.status().findings == ()


def test_who_needs_history_is_refused(live: Network) -> None:
    before = (live.home / "topology.yaml").read_text("utf-8")
    with pytest.raises(NetworkError, match=r"auditor audits, .*: add its peer without --from-snapshot"):
        live.become(with_peer(live.topology, AUDITOR), by_snapshot=[AUDITOR])
    with pytest.raises(NetworkError, match="regie has no other peer"):
        live.become(with_peer(live.topology, "regie"), by_snapshot=["regie"])
    assert (live.home / "topology.yaml").read_text("utf-8") == before
    assert live.plan().done
