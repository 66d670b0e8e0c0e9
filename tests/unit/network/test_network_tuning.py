"""What a topology may tune, and what it may not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket_network import Topology, TopologyError
from kindpakket_network.description.changes import changes
from kindpakket_network.description.schema import schema
from kindpakket_network.description.tuning import Logs
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.fabric import Programs, cache_folder
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Program

TUNING = {
    "log_level": "debug",
    "peer": {"CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE": 2000, "CORE_PEER_GOSSIP_PULLINTERVAL": "3s"},
    "orderer": {"ORDERER_GENERAL_THROTTLING_RATE": 50},
    "certificates": {"user_days": 90, "node_days": 4000, "tls_days": 400, "warning_days": 60},
}


ROTATED_FROM = "give the size from which a log is rotated, in megabytes"


def tuned(tuning: dict[str, Any]) -> Topology:
    document = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    return Topology.read({**document, "tuning": tuning}, Path("/"))


def mistakes(tuning: dict[str, Any]) -> list[str]:
    with pytest.raises(TopologyError) as caught:
        tuned(tuning)
    return [str(mistake) for mistake in caught.value.mistakes]


def program(node: Peer | Orderer, folder: Path) -> Program:
    """The process of a node, with empty files in the place of Fabric's own configuration."""
    built = Programs(folder / "fabric", folder / "fabric-ca")
    built.config.mkdir(parents=True, exist_ok=True)
    for name in ("core.yaml", "orderer.yaml"):
        (built.config / name).touch()
    node.folder.mkdir(parents=True, exist_ok=True)
    return node.program(built)


def test_settings_reach_the_nodes(tmp_path: Path) -> None:
    inventory = Inventory.of(tuned(TUNING), Home(tmp_path / "home"))
    peer = program(inventory.peers[0], tmp_path).environment
    assert peer["CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE"] == "2000"
    assert peer["CORE_PEER_GOSSIP_PULLINTERVAL"] == "3s"
    assert peer["FABRIC_LOGGING_SPEC"] == "debug:grpc=error"
    orderer = program(inventory.orderers[0], tmp_path).environment
    assert orderer["ORDERER_GENERAL_THROTTLING_RATE"] == "50"
    assert "CORE_PEER_GOSSIP_PULLINTERVAL" not in orderer


def test_who_leads_can_be_read_from_the_logs_of_any_level(tmp_path: Path) -> None:
    inventory = Inventory.of(tuned({"log_level": "warning"}), Home(tmp_path / "home"))
    environment = program(inventory.orderers[0], tmp_path).environment
    assert environment["FABRIC_LOGGING_SPEC"] == (
        "warning:grpc=error:orderer.common.broadcast=error:orderer.consensus.smartbft=info"
    )


def test_what_each_transaction_would_log_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    inventory = Inventory.of(tuned({"log_modules": {"gateway": "info"}}), Home(tmp_path / "home"))
    spec = program(inventory.peers[0], tmp_path).environment["FABRIC_LOGGING_SPEC"]
    *quiet, asked = spec.split(":")[2:]
    assert quiet == ["comm.grpc.server,endorser,gateway=warning", "orderer.common.broadcast=error"]
    assert asked == "gateway=info"  # of two levels for a module, Fabric takes the last


def test_how_often_garbage_is_collected_reaches_peers_and_orderers(tmp_path: Path) -> None:
    for tuning, percent in (({}, "200"), ({"gc_percent": 100}, "100")):
        inventory = Inventory.of(tuned(tuning), Home(tmp_path / "home"))
        for node in (inventory.peers[0], inventory.orderers[0]):
            assert program(node, tmp_path).environment["GOGC"] == percent


@pytest.mark.parametrize(
    ("tuning", "told"),
    [
        ({"gc_percent": 5}, "gc_percent: 5 is less than 25"),
        ({"log_modules": {"gateway": "loud"}}, "write debug, info, warning or error"),
        ({"log_modules": {"a=debug:b": "info"}}, "a=debug:b"),
    ],
)
def test_tunings_that_cannot_be_are_refused(tuning: dict[str, Any], told: str) -> None:
    assert told in "; ".join(mistakes(tuning))


def test_when_logs_rotate_reaches_the_nodes_and_restarts_none(tmp_path: Path) -> None:
    inventory = Inventory.of(tuned({"logs": {"megabytes": 5}}), Home(tmp_path / "home"))
    peer = inventory.peers[0]
    peer.folder.mkdir(parents=True)
    assert program(peer, tmp_path).logs == Logs(5, 4)
    (change,) = changes(tuned({}), tuned({"logs": {"megabytes": 5}}))
    assert (change.place, change.words) == (
        "tuning.logs",
        "from 32 MB, 4 kept becomes from 5 MB, 4 kept",
    )
    assert mistakes({"logs": {"megabytes": 0}}) == [
        "tuning.logs.megabytes: 0 is less than 1: " + ROTATED_FROM
    ]


def test_lifetimes_reach_the_certificate_authorities(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    authority = Inventory.of(tuned(TUNING), home).authorities["gemeente"]
    authority.program(Programs(tmp_path, tmp_path))
    inner, outer = (
        yaml.safe_load((folder / "fabric-ca-server-config.yaml").read_text("utf-8"))["signing"]
        for folder in (authority.folder / "ca", authority.folder)
    )
    assert inner["default"]["expiry"] == f"{90 * 24}h"
    assert inner["profiles"]["tls"]["expiry"] == f"{4000 * 24}h"
    assert outer["profiles"]["tls"]["expiry"] == f"{400 * 24}h"


@pytest.mark.parametrize(
    "name",
    [
        "CORE_PEER_TLS_ENABLED",
        "CORE_PEER_LOCALMSPID",
        "CORE_PEER_AUTHENTICATION_TIMEWINDOW",
        "CORE_PEER_HANDLERS_AUTHFILTERS",
        "CORE_PEER_GOSSIP_SKIPBLOCKVERIFICATION",
        "CORE_OPERATIONS_TLS_CLIENTAUTHREQUIRED",
        "CORE_CHAINCODE_EXTERNALBUILDERS",
        "CORE_CHAINCODE_MODE",
        "CORE_LEDGER_PVTDATASTORE_PURGEDKEYAUDITLOGGING",
        "FABRIC_LOGGING_SPEC",
        "LD_PRELOAD",
    ],
)
def test_what_keeps_peers_safe_is_not_tuned(name: str) -> None:
    (found,) = mistakes({"peer": {name: "1"}})
    assert found.startswith(f"tuning.peer.{name}: is not allowed here: ")


@pytest.mark.parametrize(
    "name", ["ORDERER_GENERAL_LOCALMSPID", "ORDERER_ADMIN_TLS_ENABLED", "ORDERER_CONSENSUS_WALDIR"]
)
def test_what_keeps_orderers_safe_is_not_tuned(name: str) -> None:
    (found,) = mistakes({"orderer": {name: "1"}})
    assert found.startswith(f"tuning.orderer.{name}: is not allowed here: ")


@pytest.mark.parametrize(
    ("tuning", "expected"),
    [
        (
            {"peer": {"CORE_PEER_GOSSIP_PULLINTERVAL": 3}},
            "tuning.peer.CORE_PEER_GOSSIP_PULLINTERVAL: 3 is not text (write it in quotes): give a time",
        ),
        (
            {"peer": {"CORE_PEER_GOSSIP_PULINTERVAL": "3s"}},
            "tuning.peer.CORE_PEER_GOSSIP_PULINTERVAL: is not allowed here: "
            "did you mean CORE_PEER_GOSSIP_PULLINTERVAL?",
        ),
        ({"log_level": "error"}, "tuning.log_level: 'error' is not one of debug, info, warning"),
        (
            {"certificates": {"user_days": 20}},
            "tuning.certificates.user_days: 20 days is not more than warning_days (30)",
        ),
    ],
)
def test_tuning_that_makes_no_sense_is_refused(tuning: dict[str, Any], expected: str) -> None:
    assert any(one.startswith(expected) for one in mistakes(tuning)), mistakes(tuning)


@pytest.mark.parametrize(("nodes", "file"), [("peer", "core.yaml"), ("orderer", "orderer.yaml")])
def test_every_setting_that_may_be_tuned_is_one_of_fabric(nodes: str, file: str) -> None:
    found = sorted(cache_folder().glob(f"*/config/{file}"))
    if not found:
        pytest.skip("Fabric's programs are not built here")
    prefix = {"core.yaml": "CORE", "orderer.yaml": "ORDERER"}[file]
    known = set(names(prefix, yaml.safe_load(found[-1].read_text("utf-8"))))
    assert set(schema()["$defs"][f"{nodes}_settings"]["properties"]) <= known


def names(prefix: str, members: Any) -> list[str]:
    if not isinstance(members, dict):
        return [prefix]
    return [name for key, value in members.items() for name in names(f"{prefix}_{key.upper()}", value)]
