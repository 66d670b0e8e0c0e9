"""The channel configuration that a topology leads to: above all, who may do what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket_network import Topology
from kindpakket_network.channel.genesis import configtx
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home


def profile(topology: Topology, home: Home, channel: int = 0) -> dict[str, Any]:
    inventory = Inventory.of(topology, home)
    text = configtx(topology, topology.channels[channel], inventory, home)
    found: dict[str, Any] = yaml.safe_load(text)["Profiles"]["channel"]
    return found


@pytest.fixture
def channel() -> dict[str, Any]:
    return profile(Topology.packaged("kindpakket"), Home(Path("/a home/of: it")))


def organisation(group: dict[str, Any], msp: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in group["Organizations"] if one["ID"] == msp)
    return found


def rules(group: dict[str, Any], msp: str) -> dict[str, str]:
    return {name: policy["Rule"] for name, policy in organisation(group, msp)["Policies"].items()}


@pytest.mark.parametrize("msp", ["GemeenteMSP", "WinkelsMSP", "AuditorMSP", "RegieMSP"])
def test_in_the_orderer_group_only_the_orderer_itself_writes(channel: dict[str, Any], msp: str) -> None:
    assert rules(channel["Orderer"], msp)["Writers"] == f"OR('{msp}.orderer')"


def test_the_auditors_clients_read_and_do_not_write(channel: dict[str, Any]) -> None:
    found = rules(channel["Application"], "AuditorMSP")
    assert found["Writers"] == "OR('AuditorMSP.admin')"
    assert found["Readers"] == "OR('AuditorMSP.admin', 'AuditorMSP.peer', 'AuditorMSP.client')"
    assert found["Endorsement"] == "OR('AuditorMSP.peer')"


def test_tills_do_not_read_blocks(channel: dict[str, Any]) -> None:
    assert (
        rules(channel["Application"], "WinkelsMSP")["BlockReaders"]
        == "OR('WinkelsMSP.admin', 'WinkelsMSP.peer')"
    )
    assert "'GemeenteMSP.client'" in rules(channel["Application"], "GemeenteMSP")["BlockReaders"]
    assert channel["Policies"]["Readers"] == {"Type": "ImplicitMeta", "Rule": "ANY BlockReaders"}


def test_the_access_control_lists_let_readers_evaluate_and_block_readers_see_blocks(
    channel: dict[str, Any],
) -> None:
    lists = channel["Application"]["ACLs"]
    readers = {name for name, policy in lists.items() if policy == "/Channel/Application/Readers"}
    assert readers >= {
        "peer/Propose",
        "_lifecycle/CheckCommitReadiness",
        "_lifecycle/QueryChaincodeDefinition",
        "_lifecycle/QueryChaincodeDefinitions",
    }
    blocks = {name for name, policy in lists.items() if policy == "/Channel/Application/BlockReaders"}
    assert blocks >= {"event/Block", "event/FilteredBlock", "gateway/ChaincodeEvents", "cscc/GetConfigBlock"}
    assert {name for name in lists if name.startswith("qscc/")} <= blocks


def test_definitions_need_the_municipality_and_another(channel: dict[str, Any]) -> None:
    policies = channel["Application"]["Policies"]
    assert policies["LifecycleEndorsement"]["Rule"] == (
        "AND('GemeenteMSP.peer', OR('WinkelsMSP.peer', 'AuditorMSP.peer'))"
    )


def test_changing_the_members_and_their_policies_needs_the_municipality_and_another(
    channel: dict[str, Any],
) -> None:
    assert channel["Application"]["Policies"]["Admins"]["Rule"] == (
        "AND('GemeenteMSP.admin', OR('WinkelsMSP.admin', 'AuditorMSP.admin'))"
    )
    document = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    del document["channels"][0]["administration"]
    made = profile(Topology.read(document, Path("/")), Home(Path("/home")))
    assert made["Application"]["Policies"]["Admins"] == {"Type": "ImplicitMeta", "Rule": "MAJORITY Admins"}


def test_consenters_have_ids_from_one_and_one_endpoint_each(channel: dict[str, Any]) -> None:
    mapping = channel["Orderer"]["ConsenterMapping"]
    assert [(one["ID"], one["MSPID"]) for one in mapping] == [
        (1, "GemeenteMSP"),
        (2, "WinkelsMSP"),
        (3, "AuditorMSP"),
        (4, "RegieMSP"),
    ]
    for one in mapping:
        found = organisation(channel["Orderer"], one["MSPID"])
        assert found["OrdererEndpoints"] == [f"127.0.0.1:{one['Port']}"]
        assert one["Identity"].startswith("/a home/of: it/nodes/orderer.")


def test_a_channel_is_ordered_by_the_consenters_that_it_names() -> None:
    topology = Topology.packaged("two-municipalities")
    orderer = profile(topology, Home(Path("/home")), 1)["Orderer"]
    msps = ["WesterkwartierMSP", "WinkelsMSP", "AuditorMSP", "RegieMSP"]
    assert [(one["ID"], one["MSPID"]) for one in orderer["ConsenterMapping"]] == list(enumerate(msps, 1))
    assert [one["ID"] for one in orderer["Organizations"]] == msps


def test_capabilities_and_anchors_are_in_the_first_block(channel: dict[str, Any]) -> None:
    assert channel["Capabilities"] == {"V3_0": True}
    assert channel["Orderer"]["Capabilities"] == {"V2_0": True}
    assert channel["Application"]["Capabilities"] == {"V2_5": True}
    assert organisation(channel["Application"], "WinkelsMSP")["AnchorPeers"] == [
        {"Host": "127.0.0.1", "Port": 17086}
    ]


def test_raft_is_a_setting() -> None:
    packaged = Topology.packaged("kindpakket")
    topology = Topology.read({**packaged.document, "ordering": {"type": "raft"}}, Path("/"))
    orderer = profile(topology, Home(Path("/home")))["Orderer"]
    assert orderer["OrdererType"] == "etcdraft"
    assert len(orderer["EtcdRaft"]["Consenters"]) == 4
    assert "ConsenterMapping" not in orderer


def test_no_two_nodes_share_a_port() -> None:
    inventory = Inventory.of(Topology.packaged("kindpakket"), Home(Path("/home")))
    taken = [port for one in inventory.authorities.values() for port in one.ports]
    taken += [port for one in (*inventory.orderers, *inventory.peers) for port in one.ports]
    taken += [one.port for one in inventory.chaincodes]
    assert len(inventory.chaincodes) == 3 * len(inventory.peers)
    assert len(set(taken)) == len(taken)
    assert all(17050 <= port < 17200 for port in taken)


def test_nodes_are_named_by_kind_and_organisation() -> None:
    nodes = Inventory.of(Topology.packaged("kindpakket"), Home(Path("/home"))).nodes()
    assert {"ca.auditor", "orderer.regie", "peer0.winkels", "chaincode.peer0.gemeente.kindpakket"} <= set(
        nodes
    )
