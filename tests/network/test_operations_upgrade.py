"""Fabric's programs exchanged node by node on a live network, and back; capabilities raised afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from renewal import FULL, SMALL, Sales, doubled, selling
from support import Town, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.description.build import BUILDS
from kindpakket_network.description.settings import with_settings
from kindpakket_network.errors import ChangeRefused, UpgradeStopped
from kindpakket_network.programs.fabric import Programs, cached_programs, programs
from kindpakket_network.reports.plan import Step
from kindpakket_network.verbs import channels, local

PATCHED, UNPATCHED = "3.1.1", "3.1.1-unpatched"
APPLICATION = f"channels.{CHANNEL}.capabilities.application"


def beginning(ordering: str) -> Topology:
    """Two peers for each organisation that payments need; the unpatched build, and an old capability."""
    return with_settings(doubled(ordering), {"fabric.build": UNPATCHED, APPLICATION: "V2_0"})


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network ordered by BFT."""
    with running(beginning("bft"), tmp_path_factory.mktemp("bft")) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 16)


def builds(network: Network) -> dict[str, str]:
    """The builds that the running nodes report."""
    return {node.node: node.build for node in network.status().nodes if node.build is not None}


def steps(network: Network, kind: str, **settings: str) -> list[Step]:
    """What a plan shows of one kind, with some settings changed."""
    places = {name.replace("__", "."): value for name, value in settings.items()}
    wanted = Network(with_settings(network.topology, places), network.home)
    return [step for step in wanted.plan().steps if step.kind == kind]


def nodes(network: Network) -> set[str]:
    """All orderers and peers."""
    inventory = network.session().inventory
    return {node.node for node in (*inventory.orderers, *inventory.peers)}


def change_over_and_back(network: Network, town: Town) -> Sales:
    """Change all nodes over to the patched build and back, while a till takes payments."""
    wallets = [next(town.keys) for _ in range(6)]
    with selling(town, wallets) as sales:
        for build in (PATCHED, UNPATCHED):
            assert set(network.upgrade(build, progress=print)) == nodes(network)
            sales.await_more(3)
            assert builds(network) == dict.fromkeys(nodes(network), build)
    spent = FULL * len(wallets) - sum(map(town.available, wallets))
    assert (sales.failed, spent) == ([], SMALL * sales.paid)
    print(f"{sales.paid} payments, {sales.resolved} sent again, the longest took {sales.longest:.1f} s")
    return sales


@pytest.mark.proof("exchanges the programs of a BFT network and brings the old ones back")
def test_all_nodes_change_over_and_back_while_tills_pay(network: Network, town: Town) -> None:
    wanted = steps(network, "upgrade", fabric__build=PATCHED)
    assert {step.subject for step in wanted} == nodes(network)
    assert {step.words for step in wanted} == {f"{UNPATCHED} -> {PATCHED}"}
    change_over_and_back(network, town)
    status = network.status()
    assert status.findings == ()
    assert status.channels[0].capabilities["application"] == "V2_0"
    assert network.plan().done
    assert network.upgrade() == []


def test_it_stops_at_the_first_node_that_does_not_come_back(
    network: Network, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = with_broken_orderer(programs(print, PATCHED), tmp_path)
    with monkeypatch.context() as patch, pytest.raises(UpgradeStopped) as stopped:
        patch.setattr(local, "programs", lambda *_, **__: broken)
        network.upgrade(PATCHED, progress=print)
    node = stopped.value.node
    assert f"or go back with `kindpakket network upgrade {UNPATCHED}`" in str(stopped.value)
    assert builds(network) == dict.fromkeys(nodes(network) - {node}, UNPATCHED)
    places = {finding.place for finding in network.status().findings}
    assert places == nodes(network) | {CHANNEL}  # one does not run, the others run another build
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    assert network.upgrade(UNPATCHED, progress=print) == [node]
    assert builds(network) == dict.fromkeys(nodes(network), UNPATCHED)
    assert network.status().findings == ()


def with_broken_orderer(built: Programs, folder: Path) -> Programs:
    """The same programs, with an orderer that exits at once."""
    shutil.copytree(built.fabric, folder / "fabric", copy_function=shutil.copyfile)
    for program in (folder / "fabric" / "bin").iterdir():
        program.chmod(0o755)
    (folder / "fabric" / "bin" / "orderer").write_text("#!/bin/sh\necho this build is broken\nexit 1\n")
    return replace(built, fabric=folder / "fabric")


def test_capabilities_are_raised_by_a_step_of_their_own(
    network: Network, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = replace(BUILDS[UNPATCHED], capabilities={**BUILDS[UNPATCHED].capabilities, "application": "V2_0"})
    wanted = with_settings(network.topology, {"fabric.build": PATCHED, APPLICATION: "V2_5"})
    with monkeypatch.context() as patch, pytest.raises(NetworkError, match=r"too old for V2_5: upgrade it"):
        patch.setitem(BUILDS, UNPATCHED, old)
        channels.raise_capabilities(network, CHANNEL, wanted)
    network.up(progress=print)  # upgrades the programs, as the topology says, and raises nothing
    assert builds(network) == dict.fromkeys(nodes(network), PATCHED)
    assert network.status().channels[0].capabilities["application"] == "V2_0"
    assert [step.subject for step in network.plan().steps] == [CHANNEL]
    assert channels.raise_capabilities(network, CHANNEL, progress=print)
    assert network.status().channels[0].capabilities == {
        "channel": "V3_0",
        "orderer": "V2_0",
        "application": "V2_5",
    }
    assert network.plan().done
    assert not channels.raise_capabilities(network, CHANNEL)
    with pytest.raises(ChangeRefused, match="nothing lowers a capability"):
        channels.raise_capabilities(network, CHANNEL, with_settings(network.topology, {APPLICATION: "V2_0"}))
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))


def test_a_plan_builds_nothing(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    other = UNPATCHED if network.topology.build == PATCHED else PATCHED
    monkeypatch.setattr(
        local, "cached_programs", lambda build, **_: None if build == other else cached_programs(build)
    )
    everything = nodes(network)
    monkeypatch.setattr(local, "programs", lambda *_, **__: pytest.fail("it builds"))
    assert {step.subject for step in steps(network, "upgrade", fabric__build=other)} == everything


@pytest.mark.proof("exchanges the programs of a Raft network, too")
def test_a_raft_network_changes_over_and_back_while_tills_pay(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    results = tmp_path_factory.mktemp("results")
    with (
        running(beginning("raft"), tmp_path_factory.mktemp("raft")) as network,
        Desk(network, results, Random(1)) as desk,
    ):
        change_over_and_back(network, found_town(desk, 9))
        assert network.status().findings == ()
