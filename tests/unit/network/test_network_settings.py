"""Settings of a topology given as `place=value`, and the access control lists of channels."""

from __future__ import annotations

import pytest

from kindpakket_network import NetworkError, Topology
from kindpakket_network.channel.access import USUAL, access
from kindpakket_network.description.settings import with_settings


@pytest.fixture
def topology() -> Topology:
    return Topology.packaged("kindpakket")


def test_a_setting_is_given_by_its_place(topology: Topology) -> None:
    found = with_settings(
        topology,
        {
            "ordering.batch_messages": "200",
            "channels.zuidhorn.members.winkels.block_readers": "[admin, peer, client]",
            "channels.zuidhorn.acls.event/FilteredBlock": "Readers",
        },
    )
    channel = found.channel("zuidhorn")
    assert found.ordering.batch_messages == 200
    assert [one.block_readers for one in channel.members if one.organisation == "winkels"] == [
        ("admin", "peer", "client")
    ]
    assert channel.acls == {"event/FilteredBlock": "Readers"}
    assert topology.ordering.batch_messages == 500


def test_an_empty_value_takes_a_setting_out(topology: Topology) -> None:
    assert topology.channel("zuidhorn").administration is not None
    found = with_settings(topology, {"channels.zuidhorn.administration": ""})
    assert found.channel("zuidhorn").administration is None


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("channels.nowhere.administration", "x", r"there is no channels\.nowhere: use one of zuidhorn"),
        ("channels", "[]", "should be non-empty|list at least one channel"),
        ("ordering.batch_messages", "many", "batch_messages"),
        ("ordering.batch_messages", "[", "is not YAML"),
        ("ordering.type.kind", "x", "is not a setting"),
        ("ordering.type.kind.of", "x", "is not a setting"),
        ("channels.zuidhorn.acls.event/Blocks", "Readers", "event/Blocks"),
        ("channels.zuidhorn.acls.event/Block", "Everybody", "Everybody"),
    ],
)
def test_a_wrong_setting_is_refused(topology: Topology, place: str, value: str, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        with_settings(topology, {place: value})


def test_a_channel_guards_a_resource_by_another_policy_than_usual() -> None:
    found = access({"event/Block": "Readers", "qscc/GetChainInfo": "Admins"})
    assert found["event/Block"] == "/Channel/Application/Readers"
    assert found["qscc/GetChainInfo"] == "/Channel/Application/Admins"
    assert found["peer/Propose"] == f"/Channel/Application/{USUAL['peer/Propose']}"
