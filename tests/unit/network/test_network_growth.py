"""Topologies that grow, and what a network that lives can follow."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kindpakket_network import NetworkError, Topology, TopologyError
from kindpakket_network.description.changes import changes, ensure_possible
from kindpakket_network.description.growth import (
    beside,
    with_channel,
    with_consenter,
    with_organisation,
    with_peer,
)
from kindpakket_network.errors import ChangeRefused


@pytest.fixture(scope="module")
def packaged() -> Topology:
    return Topology.packaged("kindpakket")


def changed(topology: Topology, change: Callable[[dict[str, Any]], Any]) -> Topology:
    document = copy.deepcopy(dict(topology.document))
    change(document)
    return Topology.read(document, Path("/"))


def told(present: Topology, wanted: Topology) -> dict[str, str]:
    return {one.place: one.words for one in changes(present, wanted)}


def test_a_second_shops_organisation_may_do_what_the_first_may(packaged: Topology) -> None:
    wanted = with_organisation(packaged, "buurt", "BuurtMSP", "winkels")
    first, second = (wanted.organisation(name) for name in ("winkels", "buurt"))
    assert (second.msp, second.peers, second.users) == ("BuurtMSP", first.peers, first.users)
    assert not second.consenter
    channel = wanted.channel("zuidhorn")
    members = {one.organisation: one for one in channel.members}
    assert members["buurt"].writers == members["winkels"].writers
    assert members["buurt"].block_readers == members["winkels"].block_readers
    any_but_the_municipality = "OR('WinkelsMSP.peer', 'BuurtMSP.peer', 'AuditorMSP.peer')"
    assert channel.lifecycle_endorsement == f"AND('GemeenteMSP.peer', {any_but_the_municipality})"
    (chaincode,) = channel.chaincodes
    assert chaincode.endorsement == channel.lifecycle_endorsement


def test_its_private_data_is_kept_apart_unless_it_is_to_be_shared(packaged: Topology) -> None:
    citizens, accounts = packaged.channels[0].chaincodes[0].collections
    wanted = with_organisation(packaged, "buurt", "BuurtMSP", "winkels")
    *before, own = wanted.channels[0].chaincodes[0].collections
    assert before == [citizens, accounts]
    assert (own.name, own.members) == ("shopAccounts-buurt", "OR('GemeenteMSP.member', 'BuurtMSP.member')")
    assert own.endorsement == "AND('GemeenteMSP.peer', 'BuurtMSP.peer')"
    wanted = with_organisation(packaged, "buurt", "BuurtMSP", "winkels", share_collections=True)
    first, shared = wanted.channels[0].chaincodes[0].collections
    assert first == citizens
    assert shared.members == "OR('GemeenteMSP.member', 'WinkelsMSP.member', 'BuurtMSP.member')"
    assert shared.endorsement == "AND('GemeenteMSP.peer', OR('WinkelsMSP.peer', 'BuurtMSP.peer'))"


def test_who_joins_without_an_orderer_leaves_the_consenters_as_they_are(packaged: Topology) -> None:
    wanted = with_organisation(packaged, "buurt", "BuurtMSP", "winkels", peers=2)
    assert wanted.channel("zuidhorn").consenters == packaged.channel("zuidhorn").consenters
    assert wanted.organisation("buurt").peers == ("peer0", "peer1")


def test_a_second_municipality_brings_a_channel_on_which_the_first_has_no_part(packaged: Topology) -> None:
    wanted = with_channel(packaged, "westerkwartier", "westerkwartier", "WesterkwartierMSP", "gemeente")
    first, second = wanted.channels
    assert first == packaged.channel("zuidhorn")
    assert second.consenters == ("westerkwartier", "winkels", "auditor", "regie")
    assert [one.organisation for one in second.members] == ["westerkwartier", "winkels", "auditor"]
    assert "Gemeente" not in str(second)
    initialise = second.chaincodes[0].initialise
    assert initialise is not None
    assert initialise.argument["municipality"] == "WesterkwartierMSP"
    assert (initialise.organisation, initialise.endorsers) == (
        "westerkwartier",
        ("westerkwartier", "winkels"),
    )


def test_a_further_channel_of_the_same_organisation_needs_no_new_one(packaged: Topology) -> None:
    wanted = with_channel(packaged, "sport", "gemeente", "GemeenteMSP", "gemeente")
    assert wanted.organisations == packaged.organisations
    assert wanted.channel("sport").members == packaged.channel("zuidhorn").members


def test_a_peer_takes_the_next_number(packaged: Topology) -> None:
    once = with_peer(packaged, "winkels")
    assert once.organisation("winkels").peers == ("peer0", "peer1")
    assert with_peer(once, "winkels", "kassa").organisation("winkels").peers == ("peer0", "peer1", "kassa")


def test_a_fifth_consenter_stands_last(packaged: Topology) -> None:
    grown = with_organisation(packaged, "buurt", "BuurtMSP", "winkels")
    wanted = with_consenter(grown, "buurt")
    assert wanted.organisation("buurt").consenter
    assert wanted.channel("zuidhorn").consenters == (*packaged.channel("zuidhorn").consenters, "buurt")
    assert with_consenter(wanted, "buurt") == wanted


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("OR('A.peer')", "OR('A.peer', 'B.peer')"),
        ("OR('C.peer', 'A.peer', 'D.peer')", "OR('C.peer', 'A.peer', 'B.peer', 'D.peer')"),
        ("AND('A.peer', 'C.peer')", "AND(OR('A.peer', 'B.peer'), 'C.peer')"),
        ("OutOf(2, 'A.peer', 'C.peer', 'D.peer')", "OutOf(2, OR('A.peer', 'B.peer'), 'C.peer', 'D.peer')"),
        (
            "OR(AND('C.peer', 'A.peer'), 'A.admin')",
            "OR(AND('C.peer', OR('A.peer', 'B.peer')), OR('A.admin', 'B.admin'))",
        ),
        ("AND('AA.peer', 'C.peer')", "AND('AA.peer', 'C.peer')"),
    ],
)
def test_beside_another_means_to_sign_in_its_place(policy: str, expected: str) -> None:
    assert beside(policy, "A", "B") == expected


@pytest.mark.parametrize(
    ("grown", "words"),
    [
        (lambda t: with_organisation(t, "buurt", "BuurtMSP", "nobody"), "no organisation 'nobody'"),
        (
            lambda t: with_organisation(t, "buurt", "BuurtMSP", "regie", channels=["zuidhorn"]),
            "regie is not a member",
        ),
        (lambda t: with_organisation(t, "winkels", "BuurtMSP", "winkels"), "'winkels' appears twice"),
        (lambda t: with_organisation(t, "buurt", "BuurtMSP", "winkels", channels=["x"]), "no channel 'x'"),
        (
            lambda t: with_channel(t, "x", "gemeente", "OtherMSP", "gemeente"),
            "MSP id GemeenteMSP, not OtherMSP",
        ),
        (lambda t: with_channel(t, "x", "new", "NewMSP", "regie"), "regie is not on any channel"),
        (lambda t: with_peer(t, "winkels", "peer0"), "'peer0' appears twice"),
        (lambda t: with_consenter(t, "nobody"), "no organisation 'nobody'"),
    ],
)
def test_what_cannot_be_added_is_named(
    packaged: Topology, grown: Callable[[Topology], Topology], words: str
) -> None:
    with pytest.raises(NetworkError, match=words):
        grown(packaged)


def test_a_topology_that_is_the_same_changes_nothing(packaged: Topology) -> None:
    again = Topology.packaged("kindpakket")
    assert changes(packaged, again) == []
    ensure_possible(packaged, again)


def test_all_that_a_network_can_follow_is_told(packaged: Topology) -> None:
    wanted = with_peer(with_organisation(packaged, "buurt", "BuurtMSP", "winkels"), "winkels")
    wanted = with_channel(wanted, "sport", "westerkwartier", "WesterkwartierMSP", "gemeente")
    wanted = with_consenter(wanted, "buurt", ["zuidhorn"])
    wanted = changed(wanted, lambda d: d["ordering"].update(batch_messages=100))
    ensure_possible(packaged, wanted)
    assert (
        told(packaged, wanted).items()
        >= {
            "ordering.batch_messages": "500 becomes 100",
            "organisations.winkels.peers": "peer1 added",
            "organisations.buurt": "is new, with peers peer0 and an orderer",
            "organisations.westerkwartier": "is new, with peers peer0 and an orderer",
            "channels.zuidhorn.consenters": "buurt added",
            "channels.zuidhorn.members.buurt": "joins the channel",
            "channels.sport": "is new",
        }.items()
    )
    place = "channels.zuidhorn.chaincodes.kindpakket.collections.shopAccounts-buurt"
    assert told(packaged, wanted)[place] == "is new"


def test_users_come_and_go_and_policies_and_chaincodes_change(packaged: Topology) -> None:
    def change(document: dict[str, Any]) -> None:
        document["organisations"][0]["users"][1]["name"] = "clerk-2"
        document["channels"][0]["members"][1]["block_readers"] = ["admin", "peer", "client"]
        document["channels"][0]["chaincodes"][0]["version"] = "2.0"

    wanted = changed(packaged, change)
    ensure_possible(packaged, wanted)
    assert told(packaged, wanted) == {
        "organisations.gemeente.users.clerk-2": "is new",
        "organisations.gemeente.users.clerk": "is removed; its certificate stays valid until it is revoked",
        "channels.zuidhorn.members.winkels.block_readers": "admin, peer becomes admin, peer, client",
        "channels.zuidhorn.chaincodes.kindpakket.version": "1.0 becomes 2.0",
    }


def take_out_the_auditor(document: dict[str, Any]) -> None:
    channel = document["channels"][0]
    channel["members"].pop()
    chaincode = channel["chaincodes"][0]
    for holder, name in (
        (channel, "lifecycle_endorsement"),
        (channel, "administration"),
        (chaincode, "endorsement"),
    ):
        holder[name] = "OR('GemeenteMSP.admin')" if name == "administration" else "OR('GemeenteMSP.peer')"


REFUSED: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("another name", lambda d: d.update(name="other"), "name"),
    ("other ports", lambda d: d["ports"].update(base=18000), "ports.base"),
    ("another way of ordering", lambda d: d["ordering"].update(type="raft"), "ordering.type"),
    ("organisations in another order", lambda d: d["organisations"].reverse(), "organisations"),
    (
        "no chaincode",
        lambda d: d["channels"][0].update(chaincodes=[]),
        "channels.zuidhorn.chaincodes.kindpakket",
    ),
    (
        "another administrator of the same name",
        lambda d: d["organisations"][0]["users"][1].update(type="admin"),
        "organisations.gemeente.users.clerk",
    ),
    (
        "a peer taken out",
        lambda d: d["organisations"][1].update(peers=["peer9"]),
        "organisations.winkels.peers",
    ),
    ("another channel", lambda d: d["channels"][0].update(name="other"), "channels.zuidhorn"),
    (
        "consenters in another order",
        lambda d: d["channels"][0].update(consenters=["regie", "auditor", "winkels", "gemeente"]),
        "channels.zuidhorn.consenters",
    ),
    ("a member taken out", take_out_the_auditor, "channels.zuidhorn.members.auditor"),
    (
        "a collection that forgets",
        lambda d: d["channels"][0]["chaincodes"][0]["collections"][0].update(blocks_to_live=9),
        "channels.zuidhorn.chaincodes.kindpakket.collections.citizens.blocks_to_live",
    ),
]


@pytest.mark.parametrize(("change", "place"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_a_living_network_cannot_follow_is_refused_with_advice(
    packaged: Topology, change: Callable[[dict[str, Any]], Any], place: str
) -> None:
    with pytest.raises(ChangeRefused) as caught:
        ensure_possible(packaged, changed(packaged, change))
    assert place in [one.place for one in caught.value.mistakes]
    assert isinstance(caught.value, TopologyError)


def test_everything_in_the_way_is_told_at_once(packaged: Topology) -> None:
    with pytest.raises(ChangeRefused, match="2 problems found"):
        ensure_possible(packaged, changed(packaged, lambda d: d.update(name="other", ports={"base": 18000})))
