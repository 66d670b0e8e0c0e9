"""A province on Raft, on defaults: two municipalities, organisations of shops, an auditor and an operator.

It grows, loses consenters and gets them back, shrinks, and changes Fabric's programs, while a till takes
payments on one of its two channels.
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from renewal import FULL, SMALL, Sales, selling
from support import Town, found_town, running

from kindpakket_demo.desk import CHANNEL, SHOPS, Desk
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.backups import key as backup_key
from kindpakket_network.description.build import BUILDS
from kindpakket_network.description.growth import with_consenter, with_organisation, with_peer
from kindpakket_network.programs.wait import until
from kindpakket_network.verbs import removal
from patience import PATIENCE

OTHER = "westerkwartier"
BAKERS, CUTTERS = "bakkers", "kappers"


@dataclass
class Province:
    """The network as it is now, with its tills.

    Attributes:
        network: the network; another object after each restoration.
        town: a town on its first channel.
        wallets: the vouchers that pay.
        sales: what they paid.
        tills: sell until they are closed.
        opened: all objects that have started processes.
    """

    network: Network
    town: Town
    wallets: list[Wallet]
    sales: Sales
    tills: ExitStack
    opened: list[Network] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether status finds nothing to complain of."""
        return until(lambda: self.network.status().healthy or None, PATIENCE) is True

    def goes_on(self) -> bool:
        """Whether more is paid, and a plan finds nothing to do."""
        self.sales.await_more(3)
        return self.network.plan().done


def beginning() -> Topology:
    """The packaged network of two municipalities with a second organisation of shops, on Raft.

    Six organisations with a consenter each, two of them with a second peer.
    """
    document: dict[str, Any] = json.loads(json.dumps(Topology.packaged("two-municipalities").document))
    document["ordering"] = {"type": "raft"}
    for channel in document["channels"]:
        del channel["consenters"]
    topology = with_organisation(Topology.read(document, Path("/")), BAKERS, "BakkersMSP", SHOPS)
    for organisation in (SHOPS, OTHER):
        topology = with_peer(topology, organisation)
    return with_consenter(topology, BAKERS)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("province")
    with running(beginning(), folder) as network, Desk(network, folder, Random(1)) as desk:
        town = found_town(desk, 9)
        wallets = list(islice(town.keys, 6))
        with ExitStack() as tills:
            made = Province(network, town, wallets, tills.enter_context(selling(town, wallets)), tills)
            yield made
        for opened in made.opened:
            opened.down()


def test_it_comes_up_on_its_defaults(province: Province) -> None:
    network = province.network
    kinds = [node.partition(".")[0].rstrip("0123456789") for node in network.nodes()]
    assert {kind: kinds.count(kind) for kind in ("ca", "orderer", "peer")} == {
        "ca": 6,
        "orderer": 6,
        "peer": 7,
    }
    assert province.healthy, network.status().findings
    assert province.goes_on()


def test_it_grows(province: Province) -> None:
    network = province.network
    larger = with_organisation(network.topology, CUTTERS, "KappersMSP", SHOPS)
    network.become(with_consenter(larger, CUTTERS), progress=print)
    assert province.goes_on()
    assert province.healthy, network.status().findings
    for channel in network.status().channels:
        assert channel.heights[f"peer0.{CUTTERS}"] is not None
        assert f"orderer.{CUTTERS}" in channel.taking_part


@pytest.mark.parametrize("leads", [False, True], ids=["with its leader alive", "that led"])
def test_a_consenter_that_lost_its_log_is_restored(province: Province, tmp_path: Path, leads: bool) -> None:
    """Under its old id it would end itself at the first message of a leader that counts on the lost log."""
    public = backup_key.create(tmp_path / "key", None)
    identities = backup_key.load(tmp_path / "key", str)
    network = province.network
    leader = until(lambda: network.leader(CHANNEL), PATIENCE)
    assert leader is not None
    lost = leader if leads else next(f"orderer.{name}" for name in (BAKERS, SHOPS) if name not in leader)
    taken = network.backup(tmp_path / "lost.age", [public], [lost.removeprefix("orderer.")])
    network.stop(lost, signal.SIGKILL)
    shutil.rmtree(network.home / "nodes" / lost)
    assert until(lambda: network.leader(CHANNEL), PATIENCE) != lost
    restored, _ = Network.restore(network.home, taken.file, identities, nodes=[lost], progress=print)
    province.network = restored
    province.opened.append(restored)
    assert province.healthy, restored.status().findings
    starts = {status.node: status.starts for status in restored.status().nodes}
    assert province.goes_on()
    assert {status.node: status.starts for status in restored.status().nodes} == starts, "one ended itself"


def test_it_shrinks(province: Province) -> None:
    network = province.network
    removal.run(network, removal.organisation(network, CUTTERS, keep_name=True), print)
    province.network = Network.open(network.home)
    province.opened.append(province.network)
    assert not [node for node in province.network.nodes() if CUTTERS in node]
    assert province.goes_on()
    assert province.healthy, province.network.status().findings


def test_its_programs_are_exchanged(province: Province) -> None:
    network = province.network
    build = next(name for name in BUILDS if name != network.topology.build)
    changed = network.upgrade(build, progress=print)
    assert {node.partition(".")[0].rstrip("0123456789") for node in changed} == {"orderer", "peer"}
    assert {status.build for status in network.status().nodes} - {None} == {build}
    assert province.healthy, network.status().findings
    province.sales.await_more(3)


def test_every_payment_was_taken_once(province: Province) -> None:
    province.tills.close()
    sales = province.sales
    spent = FULL * len(province.wallets) - sum(map(province.town.available, province.wallets))
    assert (sales.failed, spent) == ([], SMALL * sales.paid)
    print(f"{sales.paid} payments, {sales.resolved} sent again, the longest took {sales.longest:.1f} s")
