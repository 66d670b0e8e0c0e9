"""What a genesis block must contain before a home accepts it."""

from __future__ import annotations

import copy
from typing import TypeAlias

import pytest
from channels import Authority, channel, put, set_value, signed_by

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.genesis_file import differences, unknown_organisations

Group: TypeAlias = m.configtx.ConfigGroup
HERE, THERE, NEW = (Authority(name) for name in ("AMSP", "BMSP", "CMSP"))


@pytest.fixture
def said() -> Group:
    """The configuration of a block."""
    return copy.deepcopy(channel(HERE, THERE).group)


@pytest.fixture
def wanted() -> Group:
    """The one that the topology leads to."""
    return channel(HERE, THERE).group


def test_what_is_alike_does_not_differ(said: Group, wanted: Group) -> None:
    assert list(differences(said, wanted)) == []


def test_the_order_of_access_rules_means_nothing(said: Group, wanted: Group) -> None:
    names = ("event/Block", "peer/Propose")
    for group, order in ((said, names), (wanted, names[::-1])):
        content = b""
        for name in order:
            one = m.peer.ACLs()
            one.acls[name].policy_ref = "/Channel/Readers"
            content += one.SerializeToString()
        set_value(group.groups["Application"], "ACLs", content)
    assert (
        said.groups["Application"].values["ACLs"].value != wanted.groups["Application"].values["ACLs"].value
    )
    assert list(differences(said, wanted)) == []


def test_every_difference_is_named_with_its_place(said: Group, wanted: Group) -> None:
    set_value(said.groups["Orderer"], "BatchSize", b"")
    put(said.groups["Application"].groups["AMSP"], "Admins", signed_by(1, [("BMSP", "admin")]))
    said.groups["Application"].groups["BMSP"].mod_policy = "Writers"
    del said.groups["Orderer"].groups["BMSP"]
    said.groups["Application"].groups["CMSP"].mod_policy = "Admins"
    assert list(differences(said, wanted)) == [
        "Application/AMSP/Admins",
        "Application/BMSP/mod_policy",
        "Application/CMSP",
        "Orderer/BatchSize",
        "Orderer/BMSP",
    ]


def test_who_joins_later_sees_that_the_founders_are_who_they_are(said: Group, wanted: Group) -> None:
    later = channel(HERE, THERE, NEW).group
    set_value(said.groups["Orderer"], "BatchSize", b"")
    assert list(unknown_organisations(said, later)) == []
    assert list(unknown_organisations(later, wanted)) == ["Application/CMSP", "Orderer/CMSP"]


def test_roots_may_have_been_renewed_where_all_founding_consenters_are_known(
    said: Group, wanted: Group
) -> None:
    for group in (said, wanted):
        place(group, "AMSP", "a.example:7050")
        place(group, "BMSP", "b.example:7050")
    set_value(said.groups["Orderer"].groups["BMSP"], "MSP", Authority("BMSP").definition())
    assert list(unknown_organisations(said, wanted)) == []
    place(said, "BMSP", "elsewhere.example:7050")
    assert list(unknown_organisations(said, wanted)) == ["Orderer/BMSP"]


def place(group: Group, msp: str, address: str) -> None:
    """Put the orderer of an organisation at an address."""
    addresses = m.configuration.OrdererAddresses(addresses=[address])
    set_value(group.groups["Orderer"].groups[msp], "Endpoints", addresses.SerializeToString())
