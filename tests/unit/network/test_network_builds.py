"""Builds of Fabric's programs, and the capabilities of channels that they must know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from kindpakket_cli.network import group
from kindpakket_network import NetworkError, Topology, TopologyError
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.capabilities import (
    capabilities_of,
    ensure_known,
    keep_capabilities,
    raised,
    with_raised,
)
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.description.build import BUILDS, CAPABILITIES, STANDARD_BUILD, Build
from kindpakket_network.description.changes import changes
from kindpakket_network.description.channel import CHOSEN
from kindpakket_network.description.schema import schema
from kindpakket_network.description.settings import with_settings
from kindpakket_network.errors import UpgradeStopped
from kindpakket_network.programs.fabric import FABRIC, cache_key, fabric

APPLICATION_PLACE = "channels.zuidhorn.capabilities.application"
OLD = Build("2.5", "Fabric 2.5", patched=False, capabilities={**CHOSEN, "channel": "V2_0"})


def town(**settings: str) -> Topology:
    return with_settings(Topology.packaged("kindpakket"), settings)


def group_with(channel: str, application: str) -> Any:
    """A configuration with these capabilities."""
    found = m.configtx.ConfigGroup()
    parts = {channel: found, "V2_0": found.groups[ORDERER], application: found.groups[APPLICATION]}
    for name, part in parts.items():
        message = m.configuration.Capabilities()
        message.capabilities[name].SetInParent()
        part.values["Capabilities"].value = message.SerializeToString()
    return found


def test_the_schema_offers_the_builds_and_capabilities_that_there_are() -> None:
    fabric_build = schema()["properties"]["fabric"]["properties"]["build"]
    assert fabric_build["enum"] == list(BUILDS)
    assert fabric_build["default"] == STANDARD_BUILD == Topology.packaged("kindpakket").build
    offered = schema()["$defs"]["channel"]["properties"]["capabilities"]["properties"]
    assert {name: tuple(member["enum"]) for name, member in offered.items()} == CAPABILITIES
    assert {name: member["default"] for name, member in offered.items()} == CHOSEN


def test_every_build_has_a_folder_of_its_own_and_says_its_name() -> None:
    assert fabric() == FABRIC
    keys = {cache_key(fabric(name), "go1.26.1") for name in BUILDS}
    assert len(keys) == len(BUILDS)
    assert all(fabric(name).version.endswith(f"=3.1.1{name.removeprefix('3.1.1')}") for name in BUILDS)


def test_a_build_may_change_in_both_directions() -> None:
    before, after = town(), town(**{"fabric.build": "3.1.1-unpatched"})
    for present, wanted in ((before, after), (after, before)):
        (change,) = changes(present, wanted)
        assert (change.place, change.advice) == ("fabric.build", None)
    with pytest.raises(TopologyError, match=r"write 3[.]1[.]1"):
        town(**{"fabric.build": "9"})


def test_capabilities_only_go_up() -> None:
    low, high = town(**{APPLICATION_PLACE: "V2_0"}), town()
    (up,), (down,) = changes(low, high), changes(high, low)
    assert (up.place, up.words, up.advice) == (APPLICATION_PLACE, "V2_0 becomes V2_5", None)
    assert down.advice is not None


def test_bft_needs_its_capability() -> None:
    with pytest.raises(TopologyError, match="bft needs V3_0"):
        town(**{"channels.zuidhorn.capabilities.channel": "V2_0"})


def test_a_build_that_is_too_old_for_a_channel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILDS, "3.1.1-unpatched", replace(OLD, name="3.1.1-unpatched"))
    with pytest.raises(TopologyError, match="unpatched know V2_0 at most"):
        town(**{"fabric.build": "3.1.1-unpatched"})
    ensure_known(OLD, "zuidhorn", {"channel": "V2_0"})
    with pytest.raises(NetworkError, match="has the channel capability V3_0, but build"):
        ensure_known(OLD, "zuidhorn", {"channel": "V3_0"})
    with pytest.raises(NetworkError, match="V9_9"):
        ensure_known(BUILDS[STANDARD_BUILD], "zuidhorn", {"channel": "V9_9"})


def test_settings_keep_the_capabilities_and_their_own_step_raises_them() -> None:
    present, wanted = group_with("V3_0", "V2_0"), group_with("V3_0", "V2_5")
    keep_capabilities(present, wanted)
    assert capabilities_of(wanted) == {"channel": "V3_0", "orderer": "V2_0", "application": "V2_0"}
    channel = town().channel("zuidhorn")
    assert raised(channel, present) == {"application": ("V2_0", "V2_5")}
    assert capabilities_of(with_raised(channel, present))["application"] == "V2_5"
    assert capabilities_of(present)["application"] == "V2_0"


def test_what_a_channel_has_beyond_the_topology_is_left_alone() -> None:
    present = group_with("V3_0", "V2_5")
    channel = town(**{APPLICATION_PLACE: "V2_0"}).channel("zuidhorn")
    assert raised(channel, present) == {}
    assert with_raised(channel, present) is present
    assert raised(town().channel("zuidhorn"), group_with("V3_0", "V7_7")) == {}


def test_an_upgrade_that_stopped_says_how_to_go_on_and_back() -> None:
    cause = NetworkError("orderer.regie exited")
    stopped = UpgradeStopped("orderer.regie", "3.2", "3.1.1", ["orderer.gemeente"], cause)
    text = str(stopped)
    assert text.startswith(
        "orderer.regie exited\nThe upgrade to build 3.2 stopped at orderer.regie, which did"
    )
    assert "orderer.gemeente already runs it. Repair what is wrong and run" in text
    assert text.endswith(", or go back with `kindpakket network upgrade 3.1.1`")
    before = UpgradeStopped("orderer.regie", "3.2", None, [], cause, untouched=True)
    assert "stopped before orderer.regie. Repair what is wrong" in str(before)


def test_an_unknown_build_is_told_before_anything_is_built() -> None:
    answer = CliRunner().invoke(group.network, ["programs", "--build", "9"])
    assert answer.exit_code == 2
    assert "there is no build '9': use one of 3.1.1, 3.1.1-unpatched" in answer.stderr
