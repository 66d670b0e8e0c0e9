"""What is questionable in a topology: it is told, and does not stop anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network
from kindpakket_network import Topology
from kindpakket_network.description.warnings import failures_tolerated

Change = Callable[[dict[str, Any]], Any]
CHAINCODE = "channels[0].chaincodes[0]"


@pytest.fixture
def sound() -> dict[str, Any]:
    """A topology in which nothing is questionable: the packaged one with two peers at the municipality."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["organisations"][0]["peers"] = ["peer0", "peer1"]
    return document


def warnings(document: dict[str, Any]) -> list[str]:
    return [str(one) for one in Topology.read(document, Path("/")).warnings]


def spread(document: dict[str, Any], shared: str | None = None) -> dict[str, Any]:
    """Give every organisation a host of its own, or two of them the same one."""
    document["hosts"] = {}
    for number, one in enumerate(document["organisations"]):
        one["host"] = shared if shared and number < 2 else f"{one['name']}-host"
        address = {"address": f"{one['host']}.example", "listen": f"10.0.0.{number}"}
        document["hosts"].setdefault(one["host"], address)
    return document


def more_consenters(document: dict[str, Any], count: int) -> None:
    for number in range(count):
        document["organisations"].append(
            {
                "name": f"extra-{number}",
                "msp": f"Extra{number}MSP",
                "consenter": True,
                "users": [{"name": "admin", "type": "admin"}],
            }
        )


def channel(document: dict[str, Any]) -> Any:
    return document["channels"][0]


def chaincode(document: dict[str, Any]) -> Any:
    return document["channels"][0]["chaincodes"][0]


CASES: list[tuple[str, Change, str]] = [
    (
        "one peer that every payment needs",
        lambda d: d["organisations"][0].update(peers=["peer0"]),
        f"{CHAINCODE}.endorsement: no transaction is endorsed while peer0.gemeente is down or restarting",
    ),
    (
        "one peer that holds the collection",
        lambda d: d["organisations"][0].update(peers=["peer0"]),
        f"{CHAINCODE}.collections[0]: only peer0.gemeente holds citizens",
    ),
    (
        "a copy that is not made",
        lambda d: chaincode(d)["collections"][0].update(max_peers=0),
        f"{CHAINCODE}.collections[0].max_peers: no other peer receives the data",
    ),
    (
        "a collection that no client reads",
        lambda d: chaincode(d)["collections"][0].update(members="OR('GemeenteMSP.peer')"),
        f"{CHAINCODE}.collections[0].members: with member_only_read no client can read it",
    ),
    (
        "an organisation that decides alone",
        lambda d: chaincode(d).update(endorsement="OR('WinkelsMSP.peer', 'AuditorMSP.peer')"),
        f"{CHAINCODE}.endorsement: WinkelsMSP or AuditorMSP alone decides what is written",
    ),
    (
        "definitions that ask for less than endorsements",
        lambda d: channel(d).update(lifecycle_endorsement="AND('WinkelsMSP.peer', 'AuditorMSP.peer')"),
        f"{CHAINCODE}.endorsement: AuditorMSP and WinkelsMSP could replace the chaincode",
    ),
    (
        "a majority that can rewrite the policies",
        lambda d: channel(d).pop("administration"),
        "channels[0]: the administrators of AuditorMSP and WinkelsMSP could change lifecycle_endorsement",
    ),
    (
        "administrators that can rewrite the policies",
        lambda d: channel(d).update(administration="OR('WinkelsMSP.admin', 'GemeenteMSP.admin')"),
        "channels[0].administration: the administrators of GemeenteMSP could change lifecycle_endorsement",
    ),
    (
        "a fifth consenter for BFT",
        lambda d: more_consenters(d, 1),
        "channels[0]: 5 consenters tolerate 1 failure, as 4 would, but more of them must agree: "
        "use 4, or 7 to tolerate 2 failures",
    ),
    (
        "a fourth consenter for Raft",
        lambda d: d["ordering"].update(type="raft"),
        "channels[0]: 4 consenters tolerate 1 failure, as 3 would",
    ),
    (
        "one consenter",
        lambda d: (d["ordering"].update(type="raft"), channel(d).update(consenters=["regie"])),
        "channels[0].consenters: ordering stops when its only consenter fails",
    ),
    (
        "more consenters on one host than may be lost",
        lambda d: spread(d, "town-hall"),
        "channels[0]: 2 of 4 consenters run on town-hall, but ordering tolerates only 1 failure",
    ),
    (
        "blocks for all readers",
        lambda d: channel(d).update(acls={"event/Block": "Readers"}),
        "channels[0].acls.event/Block: winkels's client could read blocks without being in block_readers",
    ),
    (
        "readers that cannot evaluate",
        lambda d: channel(d).update(acls={"peer/Propose": "Writers"}),
        "channels[0].acls.peer/Propose: auditor's client could not evaluate",
    ),
    (
        "an address in the certificates",
        lambda d: spread(d)["hosts"]["regie-host"].update(address="10.0.0.9"),
        "hosts.regie-host.address: certificates and channels will contain 10.0.0.9",
    ),
    (
        "a host that listens to itself",
        lambda d: spread(d)["hosts"]["regie-host"].update(listen="127.0.0.1"),
        "hosts.regie-host.listen: others connect to regie-host.example",
    ),
    (
        "administration that is open to all",
        lambda d: spread(d)["hosts"]["regie-host"].update(operations_listen="0.0.0.0"),
        "hosts.regie-host.operations_listen: metrics and administration would be reachable",
    ),
    (
        "orderers that are always being renewed",
        lambda d: d.update(tuning={"certificates": {"node_days": 90}}),
        "tuning.certificates.node_days: each orderer's renewal, every 90 days",
    ),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[one[0] for one in CASES])
def test_what_is_questionable_is_told(sound: dict[str, Any], change: Change, expected: str) -> None:
    change(sound)
    found = warnings(sound)
    assert any(one.startswith(expected) for one in found), found


def test_a_sound_topology_has_no_warnings(sound: dict[str, Any]) -> None:
    assert warnings(sound) == []
    spread(sound)
    assert warnings(sound) == []


def test_how_many_consenters_may_be_lost() -> None:
    assert [failures_tolerated(count, bft=True) for count in (4, 5, 6, 7, 10)] == [1, 1, 1, 2, 3]
    assert [failures_tolerated(count, bft=False) for count in (1, 2, 3, 4, 5)] == [0, 0, 1, 1, 2]


def test_plan_shows_warnings_with_their_lines_apart_from_its_results(tmp_path: Path) -> None:
    call = ["plan", "--home", str(tmp_path / "home"), "--topology", "kindpakket", "--json"]
    result = CliRunner().invoke(network, call)
    assert result.exit_code == 1, result.output
    assert result.stderr == ""
    plain = CliRunner().invoke(network, call[:-1])
    assert "warning: line " in plain.stderr
    assert "warning: line " not in plain.stdout
    found = json.loads(result.stdout)["warnings"]
    assert {one["place"] for one in found} == {f"{CHAINCODE}.endorsement", f"{CHAINCODE}.collections[0]"}


def test_ports_that_outgoing_connections_may_take(sound: dict[str, Any]) -> None:
    sound["ports"]["base"] = 32768 - 4 * 30
    assert warnings(sound) == []
    sound["ports"]["base"] += 1
    (line,) = warnings(sound)
    assert line.startswith("ports.base: the ports 32649 to 32768 reach into those from 32768 on")
    assert line.endswith("give at most 32648")


def test_peers_of_an_organisation_that_is_on_no_channel(sound: dict[str, Any]) -> None:
    sound["organisations"][3]["peers"] = ["peer0"]
    (line,) = warnings(sound)
    assert line.startswith(
        "organisations[3].peers: regie is a member of no channel, so its peers have nothing"
    )
