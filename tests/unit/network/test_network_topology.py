"""What a topology refuses, and that it names every mistake at once."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket_network import Topology, TopologyError
from kindpakket_network.description.ports import BLOCK, free_base, is_free
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(dict(Topology.packaged("kindpakket").document))


def mistakes(document: Any) -> list[str]:
    with pytest.raises(TopologyError) as caught:
        Topology.read(document, Path("/"))
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_packaged_topology_is_four_organisations_with_a_consenter_each() -> None:
    topology = Topology.packaged("kindpakket")
    assert topology.channels[0].consenters == ("gemeente", "winkels", "auditor", "regie")
    assert [one.name for one in topology.members_with_peers(topology.channels[0])] == [
        "gemeente",
        "winkels",
        "auditor",
    ]
    assert topology.channels[0].name == "zuidhorn"
    assert topology.channels[0].chaincodes[0].source.is_absolute()


def test_every_municipality_has_a_channel_that_no_other_one_orders_or_reads() -> None:
    topology = Topology.packaged("two-municipalities")
    shared = {"winkels", "auditor", "regie"}
    for channel, own in zip(topology.channels, ("gemeente", "westerkwartier"), strict=True):
        assert set(channel.consenters) == {own, *shared}
        assert {member.organisation for member in channel.members} == {own, "winkels", "auditor"}
    assert len({channel.chaincodes[0].source for channel in topology.channels}) == 1


def test_channels_may_have_different_sources_of_one_chaincode(document: dict[str, Any]) -> None:
    document["channels"].append({**copy.deepcopy(document["channels"][0]), "name": "other"})
    document["channels"][1]["chaincodes"][0]["source"] = "elsewhere"
    channels = Topology.read(document, Path("/")).channels
    assert channels[1].chaincodes[0].source == Path("/elsewhere") != channels[0].chaincodes[0].source


def test_the_packaged_ports_leave_the_default_ones_of_fabric_alone() -> None:
    topology = Topology.packaged("kindpakket")
    assert topology.base == 17050
    assert topology.base + BLOCK * len(topology.organisations) <= 17200


def test_what_was_read_can_be_written_and_read_again() -> None:
    topology = Topology.packaged("kindpakket")
    assert Topology.read(yaml.safe_load(topology.as_yaml()), Path("/elsewhere")) == topology


def test_free_ports_are_free_and_change_nothing_else() -> None:
    topology = Topology.packaged("kindpakket")
    other = topology.with_free_ports()
    assert other.with_base(topology.base) == topology
    used = [port for port in range(other.base, other.base + BLOCK) if port != other.base + 5]
    assert all(map(is_free, used))


def test_free_ports_are_given_once_also_to_processes_that_ask_at_the_same_time() -> None:
    asking = "from kindpakket_network.description.ports import free_base; print(free_base(4)); input()"
    others = [
        subprocess.Popen([sys.executable, "-c", asking], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    bases = [free_base(4) for _ in range(10)]
    for process in others:
        assert process.stdout is not None
        bases.append(int(process.stdout.readline()))
    for process in others:
        process.communicate(b"\n")
    blocks = [base + BLOCK * number for base in bases for number in range(4)]
    assert len({block // BLOCK for block in blocks}) == len(blocks)
    assert not any(is_free(block + 5) for block in blocks[:40])


def test_each_process_of_each_chaincode_has_a_port_of_its_own(document: dict[str, Any]) -> None:
    channel, peers = document["channels"][0], [f"peer{number}" for number in range(4)]
    channel["chaincodes"] = [{**channel["chaincodes"][0], "name": f"code-{n}"} for n in range(12)]
    document["ports"]["chaincodes"] = 18000
    document["organisations"][0]["peers"] = document["organisations"][1]["peers"] = peers
    topology = Topology.read(document, Path("/here"))
    inventory = Inventory.of(topology, Home(Path("/home")))
    shared = {
        server.port for server in inventory.chaincodes if server.place == 1 and server.port < 18000
    }  # for upgrades, of the first two chaincodes
    own = [server.port for server in inventory.chaincodes if server.port not in shared]
    nodes: list[Any] = [*inventory.peers, *inventory.orderers, *inventory.authorities.values()]
    others = [port for node in nodes for port in node.ports]
    assert len(set(own)) == len(own) > 9 * 23
    assert not {*own, *shared} & set(others)
    assert max(own) < 18000 + 4 * 120
    moved = topology.with_free_ports()
    assert moved.chaincode_base is not None
    assert moved._with_ports(topology.document["ports"]) == topology


def more_organisations(count: int) -> list[dict[str, Any]]:
    admin = {"name": "admin", "type": "admin"}
    return [{"name": f"extra-{n}", "msp": f"Extra{n}MSP", "users": [admin]} for n in range(count)]


FORM: list[tuple[str, Change, str]] = [
    ("unknown member", lambda d: d.update(color="red"), "color: is not allowed here: use some of name"),
    ("no organisations", lambda d: d.pop("organisations"), "file: organisations is missing"),
    (
        "bad name",
        lambda d: d["organisations"][1].update(name="Winkels!"),
        "organisations[1].name: 'Winkels!'",
    ),
    ("bad ordering", lambda d: d["ordering"].update(type="solo"), "ordering.type: 'solo'"),
    ("low port", lambda d: d["ports"].update(base=80), "ports.base: 80"),
    ("text port", lambda d: d["ports"].update(base="17050"), "ports.base: '17050'"),
    (
        "bad role",
        lambda d: d["channels"][0]["members"][0].update(writers=["boss"]),
        "channels[0].members[0].writers[0]",
    ),
    (
        "attribute not text",
        lambda d: d["organisations"][0]["users"][1].update(attributes={"kindpakket.role": 7}),
        "organisations[0].users[1].attributes.kindpakket.role",
    ),
]

MEANING: list[tuple[str, Change, str]] = [
    ("same name", lambda d: d["organisations"][1].update(name="gemeente"), "organisations[1].name"),
    ("same MSP", lambda d: d["organisations"][1].update(msp="GemeenteMSP"), "organisations[1].msp"),
    (
        "same peer",
        lambda d: d["organisations"][0].update(peers=["peer0", "peer0"]),
        "organisations[0].peers[1]",
    ),
    ("peer called ca", lambda d: d["organisations"][0].update(peers=["ca"]), "organisations[0].peers[0]"),
    (
        "same user",
        lambda d: d["organisations"][0]["users"].append({"name": "clerk"}),
        "organisations[0].users[4]",
    ),
    (
        "no administrator",
        lambda d: d["organisations"][3].update(users=[{"name": "x"}]),
        "organisations[3].users",
    ),
    ("three for BFT", lambda d: d["organisations"][3].update(consenter=False), "ordering.type: bft with 3"),
    (
        "three for BFT on a channel",
        lambda d: d["channels"][0].update(consenters=["gemeente", "winkels", "auditor"]),
        "channels[0].consenters: bft with 3",
    ),
    (
        "stranger as consenter",
        lambda d: d["channels"][0].update(consenters=["gemeente", "winkels", "auditor", "regie", "nobody"]),
        "channels[0].consenters[4]: 'nobody'",
    ),
    (
        "same consenter",
        lambda d: d["channels"][0].update(consenters=["gemeente", "winkels", "auditor", "regie", "regie"]),
        "channels[0].consenters[4]: the consenter 'regie'",
    ),
    (
        "no consenter",
        lambda d: [one.update(consenter=False) for one in d["organisations"]],
        "organisations: no organisation is a consenter",
    ),
    (
        "ports too high",
        lambda d: (d["ports"].update(base=65000), d["organisations"].extend(more_organisations(20))),
        "ports.base: 65000 puts the last port at 65719, above 65535",
    ),
    (
        "chaincode ports among the others",
        lambda d: d["ports"].update(chaincodes=17160),
        "ports.chaincodes: its ports 17160 to 17639 overlap the nodes' 17050 to 17169: give 17170",
    ),
    (
        "stranger as member",
        lambda d: d["channels"][0]["members"][0].update(organisation="nobody"),
        "channels[0].members[0].organisation",
    ),
    (
        "writes without reading",
        lambda d: d["channels"][0]["members"][0].update(readers=["admin", "peer"], block_readers=["peer"]),
        "channels[0].members[0].writers: client may not read",
    ),
    (
        "peers that cannot fetch blocks",
        lambda d: d["channels"][0]["members"][0].update(block_readers=["admin"]),
        "channels[0].members[0].block_readers: peers",
    ),
    (
        "administrator that cannot approve",
        lambda d: d["channels"][0]["members"][2].update(writers=["client"]),
        "channels[0].members[2].writers: no one could approve",
    ),
    (
        "policy with a stranger",
        lambda d: d["channels"][0].update(lifecycle_endorsement="OR('NobodyMSP.peer')"),
        "channels[0].lifecycle_endorsement: 'NobodyMSP'",
    ),
    (
        "policy of a member without peers",
        lambda d: (
            d["channels"][0]["members"].append(
                {
                    "organisation": "regie",
                    "writers": ["admin"],
                    "readers": ["admin", "peer"],
                    "block_readers": ["peer"],
                }
            ),
            d["channels"][0]["chaincodes"][0].update(endorsement="OR('RegieMSP.peer')"),
        ),
        "channels[0].chaincodes[0].endorsement: RegieMSP has no peer",
    ),
    (
        "policy that is none",
        lambda d: d["channels"][0]["chaincodes"][0].update(endorsement="AND('GemeenteMSP.peer'"),
        "channels[0].chaincodes[0].endorsement: ",
    ),
    (
        "same collection",
        lambda d: d["channels"][0]["chaincodes"][0]["collections"][1].update(name="citizens"),
        "channels[0].chaincodes[0].collections[1].name",
    ),
    (
        "more peers required than allowed",
        lambda d: d["channels"][0]["chaincodes"][0]["collections"][0].update(required_peers=2),
        "channels[0].chaincodes[0].collections[0].required_peers: 2",
    ),
    (
        "unknown user initialises",
        lambda d: d["channels"][0]["chaincodes"][0]["initialise"].update(user="boss"),
        "channels[0].chaincodes[0].initialise.user",
    ),
    (
        "endorser without a peer",
        lambda d: d["channels"][0]["chaincodes"][0]["initialise"].update(endorsers=["regie"]),
        "channels[0].chaincodes[0].initialise.endorsers[0]",
    ),
    (
        "check of a member that is not given",
        lambda d: d["channels"][0]["chaincodes"][0]["initialise"]["check"].update(members=["mayor"]),
        "channels[0].chaincodes[0].initialise.check.members[0]",
    ),
    (
        "more chaincodes than places",
        lambda d: d["channels"].extend(
            {
                **d["channels"][0],
                "name": name,
                "chaincodes": [{**d["channels"][0]["chaincodes"][0], "name": name}],
            }
            for name in ("other", "third")
        ),
        "channels: has 3 chaincodes, but the ports of an organisation are for 2, and one for upgrades",
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in FORM + MEANING], ids=[c[0] for c in FORM + MEANING]
)
def test_a_mistake_is_named_with_its_place(document: dict[str, Any], change: Change, expected: str) -> None:
    change(document)
    found = mistakes(document)
    assert any(one.startswith(expected) for one in found), found


def test_all_mistakes_are_named_at_once(document: dict[str, Any]) -> None:
    document["organisations"][1]["msp"] = "GemeenteMSP"
    document["organisations"][3]["consenter"] = False
    document["channels"][0]["chaincodes"][0]["initialise"]["user"] = "boss"
    found = mistakes(document)
    for place in ("organisations[1].msp", "ordering.type", "channels[0].chaincodes[0].initialise.user"):
        assert any(one.startswith(place) for one in found), found


def test_a_member_written_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("name: one\nname: two\n")
    with pytest.raises(TopologyError, match=r"line 2: name: the member 'name' appears twice"):
        Topology.load(file)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- just\n- a list\n", b""])
def test_a_file_that_is_no_topology_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    with pytest.raises(TopologyError, match=r"bad\.yaml: 1 problem found"):
        Topology.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match=r"nowhere\.yaml: 1 problem found"):
        Topology.load(tmp_path / "nowhere.yaml")
