"""Topologies from which something is taken out, and what is refused because it is needed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network as command
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.chaincodes.naming import naming
from kindpakket_network.description.changes import changes, ensure_possible
from kindpakket_network.description.growth import (
    with_channel,
    with_consenter,
    with_organisation,
    with_peer,
)
from kindpakket_network.description.numbering import first_free, numbered, pinned
from kindpakket_network.description.policy import parse, without, written
from kindpakket_network.description.removal import (
    apart,
    without_channel,
    without_consenter,
    without_organisation,
    without_peer,
    without_user,
)
from kindpakket_network.errors import ChangeRefused, NoSuch, TopologyError
from kindpakket_network.nodes import departures
from kindpakket_network.nodes.departures import Departure
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import Home, write
from kindpakket_network.verbs import removal

CHANNEL = "zuidhorn"


@pytest.fixture(scope="module")
def packaged() -> Topology:
    return Topology.packaged("kindpakket")


@pytest.fixture(scope="module")
def larger(packaged: Topology) -> Topology:
    """A second shops' organisation with a fifth consenter, and a second peer of the municipality."""
    wanted = with_organisation(packaged, "buurt", "BuurtMSP", "winkels")
    return with_peer(with_consenter(wanted, "buurt"), "gemeente")


def changed(topology: Topology, change: Callable[[dict[str, Any]], Any]) -> Topology:
    document = copy.deepcopy(dict(topology.document))
    change(document)
    return Topology.read(document, Path("/"))


def ports(topology: Topology) -> dict[str, tuple[int, ...]]:
    """The ports of all nodes."""
    found = Inventory.of(topology, Home(Path("/home")))
    return {
        **{node.node: tuple(node.ports) for node in found.authorities.values()},
        **{node.node: tuple(node.ports) for node in (*found.orderers, *found.peers)},
        **{server.node: (server.port,) for server in found.chaincodes},
    }


def ensure_same_ports(before: Topology, after: Topology) -> None:
    old, new = ports(before), ports(after)
    assert {node: old[node] for node in new} == new


@pytest.mark.parametrize(
    ("numbers", "given"),
    [
        ({"a": 0, "b": 1, "c": 2}, {}),
        ({"b": 1, "c": 2}, {"b": 1}),
        ({"a": 0, "c": 2, "d": 3}, {"c": 2}),
        ({"b": 1, "d": 3, "a": 0}, {"b": 1, "d": 3, "a": 0}),
        ({}, {}),
    ],
)
def test_a_file_gives_only_the_numbers_that_do_not_follow(
    numbers: dict[str, int], given: dict[str, int]
) -> None:
    assert pinned(numbers) == given
    assert numbered(tuple(numbers), given) == numbers


def test_the_number_of_what_has_left_is_free_again() -> None:
    assert [first_free({}), first_free({"a": 0, "c": 2}), first_free({"a": 1}, 1)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("policy", "left", "even_then"),
    [
        ("OR('A.peer', 'B.peer')", "OR('A.peer')", "OR('A.peer')"),
        ("AND('A.peer', OR('B.peer', 'C.peer'))", "AND('A.peer', 'C.peer')", "AND('A.peer', 'C.peer')"),
        ("AND('A.peer', 'B.peer')", None, "OR('A.peer')"),
        ("AND('A.peer', 'B.peer', 'C.peer')", None, "AND('A.peer', 'C.peer')"),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "AND('A.peer', 'C.peer')", "AND('A.peer', 'C.peer')"),
        (
            "OutOf(2, 'A.peer', 'B.peer', 'C.peer', 'D.peer')",
            "OutOf(2, 'A.peer', 'C.peer', 'D.peer')",
            "OutOf(2, 'A.peer', 'C.peer', 'D.peer')",
        ),
        ("OR('B.peer', 'B.admin')", None, None),
        ("OR('A.peer', AND('B.peer', 'C.peer'))", "OR('A.peer')", "OR('A.peer', 'C.peer')"),
    ],
)
def test_a_policy_without_an_organisation(policy: str, left: str | None, even_then: str | None) -> None:
    for lenient, expected in ((False, left), (True, even_then)):
        found = without(parse(policy), "B", even_if_required=lenient)
        assert (None if found is None else written(found)) == expected


def test_a_user_leaves_but_the_only_administrator_does_not(packaged: Topology) -> None:
    smaller = without_user(packaged, "gemeente", "treasurer")
    assert "treasurer" not in [user.name for user in smaller.organisation("gemeente").users]
    assert without_user(packaged, "gemeente", "till") == packaged
    with pytest.raises(NetworkError, match="admin is the only administrator of gemeente"):
        without_user(packaged, "gemeente", "admin")
    with pytest.raises(NetworkError, match="gemeente has no user 'manager'"):
        without_user(packaged, "gemeente", "manager")
    with pytest.raises(NoSuch, match="no organisation 'x'"):
        without_user(packaged, "x", "clerk")


def test_a_peer_leaves_and_no_node_gets_another_port(larger: Topology) -> None:
    smaller = without_peer(larger, "gemeente", "peer0")
    assert smaller.organisation("gemeente").peers == ("peer1",)
    ensure_same_ports(larger, smaller)
    assert with_peer(smaller, "gemeente", "peer0").organisation("gemeente").peer_places == {
        "peer1": 1,
        "peer0": 0,
    }
    for name in ("peer2", "peer3"):
        smaller = with_peer(smaller, "gemeente", name)
    full = with_peer(smaller, "gemeente", "peer4")
    assert full.organisation("gemeente").peer_places == {"peer1": 1, "peer2": 0, "peer3": 2, "peer4": 3}
    ensure_same_ports(full, smaller)


@pytest.mark.parametrize(
    ("organisation", "message"),
    [
        ("gemeente", "only peer that holds the private data in citizens on zuidhorn: add another one first"),
        ("winkels", "last peer of winkels, without which no transaction of kindpakket on zuidhorn"),
    ],
)
def test_the_last_peer_does_not_leave_while_it_is_needed(
    packaged: Topology, organisation: str, message: str
) -> None:
    with pytest.raises(NetworkError, match=message):
        without_peer(packaged, organisation, "peer0")


def test_the_last_peer_does_not_leave_while_policies_need_it(packaged: Topology) -> None:
    public = changed(
        packaged,
        lambda d: (
            d["channels"][0]["chaincodes"][0].pop("collections"),
            d["channels"][0]["chaincodes"][0].pop("initialise"),
        ),
    )
    with pytest.raises(NetworkError, match="no transaction of kindpakket on zuidhorn can be endorsed"):
        without_peer(public, "gemeente", "peer0")
    definitions = changed(
        public,
        lambda d: d["channels"][0]["chaincodes"][0].update(endorsement="OR('WinkelsMSP.peer')"),
    )
    with pytest.raises(NetworkError, match="no chaincode can be deployed to zuidhorn"):
        without_peer(definitions, "gemeente", "peer0")
    with pytest.raises(NetworkError, match="AuditorMSP has no peer to sign: give it one, or remove it"):
        without_peer(public, "auditor", "peer0")
    with pytest.raises(NoSuch, match="auditor has no peer 'peer7': use one of peer0"):
        without_peer(public, "auditor", "peer7")


def test_a_consenter_leaves_and_the_others_keep_their_ids(larger: Topology) -> None:
    smaller = without_consenter(larger, "winkels")
    channel = smaller.channel(CHANNEL)
    assert channel.consenter_ids == {"gemeente": 1, "auditor": 3, "regie": 4, "buurt": 5}
    assert not smaller.organisation("winkels").consenter
    ensure_same_ports(larger, smaller)
    back = with_consenter(smaller, "winkels").channel(CHANNEL)
    assert back.consenter_ids == {**channel.consenter_ids, "winkels": 6}
    with pytest.raises(NetworkError, match="would have 3 consenters, and bft needs at least 4"):
        without_consenter(smaller, "regie")
    with pytest.raises(NoSuch, match="winkels has no orderer"):
        without_consenter(smaller, "winkels")


def test_a_consenter_may_leave_one_of_its_channels(packaged: Topology) -> None:
    two = with_channel(with_consenter(packaged, "regie"), "sport", "sport", "SportMSP", "gemeente")
    five = changed(two, lambda d: d["channels"][1]["consenters"].append("gemeente"))
    smaller = without_consenter(five, "regie", ["sport"])
    assert smaller.organisation("regie").consenter
    assert "regie" in smaller.channel(CHANNEL).consenters
    assert "regie" not in smaller.channel("sport").consenters
    with pytest.raises(NoSuch, match=r"orderer.regie does not order sport"):
        without_consenter(smaller, "regie", ["sport"])
    with pytest.raises(NoSuch, match="no channel 'x'"):
        without_consenter(five, "regie", ["x"])


def test_an_organisation_leaves_as_it_came(packaged: Topology) -> None:
    came = with_organisation(packaged, "buurt", "BuurtMSP", "winkels")
    alone = apart(came, "buurt")
    (chaincode,) = alone.channel(CHANNEL).chaincodes
    assert chaincode.endorsement == packaged.channel(CHANNEL).chaincodes[0].endorsement
    *others, kept = chaincode.collections
    assert tuple(others) == packaged.channel(CHANNEL).chaincodes[0].collections
    assert (kept.name, kept.members, kept.endorsement) == (
        "shopAccounts-buurt",
        "OR('GemeenteMSP.member')",
        "OR('GemeenteMSP.peer')",
    )
    ensure_possible(came, alone)
    left = without_organisation(alone, "buurt")
    assert left.organisations == packaged.organisations
    assert left.channel(CHANNEL).members == packaged.channel(CHANNEL).members


def test_what_requires_an_organisation_is_told_at_once(packaged: Topology) -> None:
    with pytest.raises(NetworkError) as caught:
        apart(packaged, "winkels")
    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        "channels.zuidhorn.chaincodes.kindpakket.initialise names winkels",
    ]
    with pytest.raises(NetworkError, match=r"lifecycle_endorsement requires GemeenteMSP") as caught:
        apart(packaged, "gemeente")
    assert "collections.citizens.members requires GemeenteMSP" in str(caught.value)


def test_an_organisation_in_the_middle_leaves_and_no_node_gets_another_port(larger: Topology) -> None:
    public = changed(larger, lambda d: d["channels"][0].pop("chaincodes"))
    smaller = without_organisation(without_consenter(apart(public, "winkels"), "winkels"), "winkels")
    assert [known.place for known in smaller.organisations] == [0, 2, 3, 4]
    ensure_same_ports(public, smaller)
    wider = with_organisation(smaller, "wijk", "WijkMSP", "buurt")
    assert wider.organisation("wijk").place == 5
    ensure_same_ports(wider, smaller)


def test_a_channel_leaves_but_not_the_only_one(packaged: Topology) -> None:
    two = with_channel(packaged, "sport", "sport", "SportMSP", "gemeente")
    assert [channel.name for channel in without_channel(two, CHANNEL).channels] == ["sport"]
    with pytest.raises(NetworkError, match=r"zuidhorn is the only channel: .*reset"):
        without_channel(packaged, CHANNEL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["organisations"][1].update(place=0), "gemeente and winkels both have 0"),
        (lambda d: d["organisations"][0].update(peer_places={"peer9": 1}), "peer9: is not listed"),
        (
            lambda d: d["organisations"][0].update(peers=["a", "b"], peer_places={"a": 3}),
            "b would have place 4",
        ),
        (lambda d: d["channels"][0].update(consenter_ids={"winkels": 1}), "gemeente and winkels both have 1"),
        (lambda d: d["organisations"][3].update(place=1700), "puts the last port at"),
    ],
)
def test_numbers_that_cannot_be_are_mistakes(
    packaged: Topology, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(TopologyError, match=message):
        changed(packaged, change)


def test_what_is_missing_from_a_topology_is_refused_with_the_command_that_removes_it(
    larger: Topology,
) -> None:
    wanted = without_consenter(without_peer(larger, "gemeente", "peer0"), "winkels")
    with pytest.raises(ChangeRefused) as caught:
        ensure_possible(larger, wanted)
    assert "kindpakket network remove-peer" in str(caught.value)
    assert "kindpakket network remove-consenter winkels" in str(caught.value)
    ensure_possible(larger, wanted, removing=True)
    assert {change.place: change.words for change in changes(larger, wanted)} == {
        "organisations.gemeente.peers": "peer0 removed",
        "organisations.winkels.consenter": "its orderer is removed",
        "channels.zuidhorn.consenters": "winkels removed",
    }


def answering(topology: Topology, answer: dict[str, Any]) -> Session:
    """A network whose municipality's peer runs, and whose chaincode gives this answer to its check."""
    peer = SimpleNamespace(node="peer0.gemeente", msp="GemeenteMSP")
    session = SimpleNamespace(
        own_channels=topology.channels,
        own_peers_on=lambda channel: [peer],
        runs=lambda node: True,
        admin=lambda peer: SimpleNamespace(query=lambda *arguments: json.dumps(answer)),
    )
    return cast(Session, session)


def test_a_chaincode_names_an_organisation_until_it_has_ended(packaged: Topology) -> None:
    named = {"municipality": "GemeenteMSP", "shops": ["WinkelsMSP", "BuurtMSP"], "auditors": ["AuditorMSP"]}
    ended = {**named, "shops": ["WinkelsMSP"], "ended": ["BuurtMSP"]}
    assert naming(answering(packaged, named), "BuurtMSP") == ["kindpakket on zuidhorn (organisations:Show)"]
    assert naming(answering(packaged, ended), "BuurtMSP") == []
    leaving = Departure("organisation", "buurt", "buurt", "BuurtMSP")
    removal._ensure_unnamed(answering(packaged, ended), leaving)
    with pytest.raises(
        NetworkError, match=r"names BuurtMSP: .*`kindpakket organisation propose-end BuurtMSP`"
    ):
        removal._ensure_unnamed(answering(packaged, named), leaving)


def home_of(topology: Topology, folder: Path) -> Network:
    """A network of which nothing exists but its topology."""
    write(Home(folder).topology, topology.as_yaml())
    return Network.open(folder)


def test_a_removal_that_was_interrupted_is_gone_on_with(larger: Topology, tmp_path: Path) -> None:
    network, home = home_of(larger, tmp_path), Home(tmp_path)
    found = removal.peer(network, "gemeente", "peer0")
    (stage,) = found.stages
    assert stage.departure is not None
    assert {"peer0.gemeente", "chaincode.peer0.gemeente.kindpakket"} <= set(stage.departure.nodes)
    departures.record(home, stage.departure)
    assert departures.pending(larger, home) == [], "the topology still has it, so nothing has begun"
    write(home.topology, stage.topology.as_yaml())
    begun = Network.open(tmp_path)
    (left,) = departures.pending(begun.topology, home)
    assert removal.peer(begun, "gemeente", "peer0").stages == (removal.Stage(begun.topology, left),)
    with pytest.raises(NetworkError, match=r"peer0.gemeente is being removed: finish that with"):
        begun.become(larger)
    assert [finding.place for finding in begun.status().findings if "removed" in finding.words] == [
        "peer0.gemeente"
    ]
    departures.complete(home, left)
    assert removal.peer(begun, "gemeente", "peer0").stages == ()
    assert departures.pending(begun.topology, home) == []


def test_what_never_was_there_is_told(packaged: Topology, tmp_path: Path) -> None:
    network = home_of(packaged, tmp_path)
    calls: list[Callable[[], removal.Removal]] = [
        lambda: removal.user(network, "gemeente", "nobody"),
        lambda: removal.organisation(network, "nobody"),
        lambda: removal.channel(network, "nobody"),
        lambda: removal.peer(network, "regie", "peer0"),
    ]
    for found in calls:
        with pytest.raises(NoSuch, match="in the network in"):
            found()


def test_a_second_time_is_another_removal(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = departures.record(home, Departure("peer", "peer0", "gemeente"))
    assert departures.record(home, Departure("peer", "peer0", "gemeente", delete=True)).begun == first.begun
    (only,) = departures.departures(home)
    assert only.delete
    departures.complete(home, only)
    departures.record(home, Departure("peer", "peer0", "gemeente"))
    assert [each.done is None for each in departures.departures(home)] == [False, True]


def test_another_topology_is_not_followed_by_the_way(larger: Topology, tmp_path: Path) -> None:
    network = home_of(larger, tmp_path)
    other = Network(without_consenter(larger, "winkels"), network.home)
    with pytest.raises(NetworkError, match="leave out --topology"):
        removal.run(other, removal.user(other, "gemeente", "clerk"))
    assert Network.open(network.home).topology == larger


def test_nobody_gets_the_msp_id_of_an_organisation_that_has_left(packaged: Topology, tmp_path: Path) -> None:
    network, home = home_of(packaged, tmp_path), Home(tmp_path)
    gone = departures.record(home, Departure("organisation", "buurt", "buurt", "BuurtMSP"))
    departures.complete(home, gone)
    with pytest.raises(NetworkError, match="BuurtMSP was the MSP id of buurt, which was removed"):
        network.become(with_organisation(packaged, "wijk", "BuurtMSP", "winkels"))


def test_the_name_of_a_channel_is_asked_for(packaged: Topology, tmp_path: Path) -> None:
    two = with_channel(packaged, "sport", "sport", "SportMSP", "gemeente")
    network = home_of(two, tmp_path)
    result = CliRunner().invoke(
        command, ["remove-channel", "sport", "--home", str(network.home)], input="zuidhorn\n"
    )
    assert result.exit_code == 1
    assert "'zuidhorn' is not 'sport': nothing was changed" in result.output
    assert Network.open(network.home).topology == two
