"""A configuration in force: its policies by path, and how many consenters are a quorum."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification import Configuration, Member
from fabric_gateway.verification._consenters import quorum
from forge import Authority, Channel, policies


@pytest.fixture(scope="module")
def channel() -> Channel:
    """A channel of four organisations, whose application has a policy ALL."""
    channel = Channel()
    policies.put(channel.group.groups["Application"], "Everybody", "ALL Endorsement")
    policies.put(channel.group.groups["Application"], "Nobody", "ANY Missing")
    return channel


@pytest.fixture(scope="module")
def configuration(channel: Channel) -> Configuration:
    """Its configuration."""
    return Configuration(0, channel.genesis())


@pytest.fixture(scope="module")
def peers(channel: Channel, configuration: Configuration) -> Sequence[Member]:
    """A peer of each organisation."""
    return [
        configuration.membership.member(channel.member(mspid, "peer").serialized)
        for mspid in channel.authorities
    ]


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/Channel/Application/Endorsement", 3),
        ("/Channel/Application/LifecycleEndorsement", 3),
        ("/Channel/Application/Everybody", 4),
        ("/Channel/Application/Readers", 1),
        ("/Channel/Readers", 1),
        ("/Channel/Application/AMSP/Endorsement", 1),
        ("/Channel/Application/Nobody", 5),
        ("/Channel/Application/NotThere", 5),
        ("/Channel/Elsewhere/Readers", 5),
        ("", 5),
    ],
)
def test_policies_by_path(
    configuration: Configuration, peers: Sequence[Member], path: str, needed: int
) -> None:
    """A majority of four is three; a policy that is missing is nobody's."""
    policy = configuration.policy(path)
    assert [policy.satisfied_by(peers[:count]) for count in range(5)] == [
        count >= needed for count in range(5)
    ]


def test_what_a_configuration_says(channel: Channel, configuration: Configuration) -> None:
    """Names, numbers and consenters."""
    assert (configuration.channel, configuration.sequence, configuration.block) == ("zuidhorn", 0, 0)
    assert configuration.bft
    assert configuration.understood
    assert [(found.id, found.mspid) for found in configuration.ordering.consenters] == [
        (number, identity.mspid) for number, identity in channel.consenters.items()
    ]
    assert configuration.capabilities["Application"] == ("V2_5",)
    assert set(configuration.membership.organizations) == set(channel.authorities)


def test_one_organisation_defined_in_two_ways() -> None:
    """Fabric refuses it, and so does the reader."""
    channel = Channel()
    other = Authority("AMSP").msp()
    channel.group.groups["Orderer"].groups["AMSP"].values["MSP"].value = other.SerializeToString()
    with pytest.raises(DecodeError, match="two different definitions of the organisation AMSP"):
        Configuration(0, channel.genesis())


def test_an_organisation_that_cannot_have_members() -> None:
    """Is named, and the others are read."""
    channel = Channel()
    config = m.msp_config.FabricMSPConfig(name="AMSP", root_certs=[b"no certificate"])
    broken = m.msp_config.MSPConfig(config=config.SerializeToString())
    channel.with_msp(broken)(channel.group)
    configuration = Configuration(0, channel.genesis())
    assert list(configuration.membership.unusable) == ["AMSP"]
    assert configuration.membership.member(channel.member("BMSP").serialized).mspid == "BMSP"


@given(st.integers(1, 200))
def test_a_quorum(consenters: int) -> None:
    """Two of them share an honest consenter, and those who may fail are not needed."""
    faulty = (consenters - 1) // 3
    needed = quorum(consenters)
    assert needed == math.ceil((consenters + faulty + 1) / 2)
    assert 2 * needed - consenters > faulty
    assert needed <= consenters - faulty
