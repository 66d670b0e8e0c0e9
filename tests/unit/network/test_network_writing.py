"""What helps to write a topology: the schema for editors, a skeleton, and a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from kindpakket_cli.network.group import network
from kindpakket_network import Topology
from kindpakket_network.description.channel import FIRST_CONSENTER
from kindpakket_network.description.numbering import numbered
from kindpakket_network.description.schema import schema
from kindpakket_network.description.topology import packaged_file
from kindpakket_network.reports.diagram import diagram

DOCS = Path(__file__).parents[3] / "docs"
HINT = "# yaml-language-server: $schema="


def members(rules: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """All members that the schema describes, by their place in it, with what `$ref` leads to."""
    if not isinstance(rules, dict):
        return
    for name, inner in rules.get("properties", {}).items():
        reference = inner.get("$ref", "").rpartition("/")[2]
        yield ".".join((*path, name)), {**schema()["$defs"].get(reference, {}), **inner}
        yield from members(inner, (*path, name))
    for name, inner in rules.get("$defs", {}).items():
        yield from members(inner, (*path, name))


MEMBERS = [one for one in members(schema()) if "_settings." not in one[0]]


@pytest.mark.parametrize(("place", "rules"), MEMBERS, ids=[place for place, _ in MEMBERS])
def test_editors_learn_what_every_member_is_and_what_to_write(place: str, rules: dict[str, Any]) -> None:
    assert rules.get("title"), f"{place} has no title"
    assert rules.get("description") or rules.get("properties"), f"{place} has no description"
    validator = jsonschema.Draft202012Validator({"$defs": schema()["$defs"], **rules})
    for example in (*rules.get("examples", ()), *([rules["default"]] if "default" in rules else ())):
        validator.validate(example)


def test_the_examples_of_the_documentation_can_be_written() -> None:
    document: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    text = (DOCS / "topology.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    hosts, places, tuning, lists = (yaml.safe_load(example) for example in examples)
    for one in document["organisations"]:
        one["host"] = hosts["organisations"][0]["host"]
    document["channels"][0] |= lists["channels"][0]
    (auditor,) = (one for one in document["organisations"] if one["name"] == "auditor")
    auditor |= places["organisations"][0]
    read = Topology.read({**document, "hosts": hosts["hosts"], **tuning}, Path("/"))
    assert read.organisation("auditor").place == places["organisations"][0]["place"]
    channel = places["channels"][0]
    assert numbered(channel["consenters"], channel["consenter_ids"], FIRST_CONSENTER) == {
        "gemeente": 1,
        "auditor": 3,
        "regie": 4,
        "buurt": 5,
    }


def test_the_picture_of_the_documentation_is_drawn_anew() -> None:
    """After a change that is meant: `kindpakket network draw --topology kindpakket -o docs/topology.svg`."""
    assert (DOCS / "topology.svg").read_text("utf-8") == diagram(Topology.packaged("kindpakket"))


def test_the_schema_is_printed() -> None:
    result = CliRunner().invoke(network, ["schema"])
    assert json.loads(result.stdout) == schema()


@pytest.mark.parametrize("name", ["kindpakket", "two-municipalities"])
def test_editors_find_the_schema_of_packaged_topologies(name: str) -> None:
    file = packaged_file(name)
    first = file.read_text("utf-8").partition("\n")[0]
    assert first.startswith(HINT)
    assert json.loads((file.parent / first.removeprefix(HINT)).read_text("utf-8")) == schema()


def test_a_skeleton_is_the_packaged_topology_with_its_schema_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = CliRunner().invoke(network, ["init", str(folder)])
    assert result.exit_code == 0, result.output
    assert Topology.load(folder / "topology.yaml") == Topology.packaged("kindpakket")
    text = (folder / "topology.yaml").read_text("utf-8")
    assert text.startswith(f"{HINT}topology.schema.json\n# Kindpakket's network")
    assert json.loads((folder / "topology.schema.json").read_text("utf-8")) == schema()


def test_a_skeleton_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "topology.yaml").write_text("mine")
    result = CliRunner().invoke(network, ["init", str(tmp_path)])
    assert result.exit_code == 1
    assert "topology.yaml already exists" in result.stderr
    assert (tmp_path / "topology.yaml").read_text() == "mine"


def test_a_skeleton_of_nothing_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(network, ["init", str(tmp_path), "--like", "nothing"])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["kindpakket", "two-municipalities"])
def test_the_picture_names_every_organisation_node_channel_and_policy(name: str, tmp_path: Path) -> None:
    file = tmp_path / "topology.svg"
    call = ["draw", "--home", str(tmp_path / "home"), "--topology", name, "-o", str(file)]
    result = CliRunner().invoke(network, call)
    assert result.exit_code == 0, result.output
    words = {element.text for element in ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}text")}
    topology = Topology.packaged(name)
    for organisation in topology.organisations:
        assert {organisation.name, organisation.msp, f"orderer.{organisation.name}"} <= words
    for channel in topology.channels:
        assert {f"channel {channel.name}", f"definitions: {channel.lifecycle_endorsement}"} <= words
        assert {f"holds {one.name}" for one in channel.chaincodes[0].collections} <= words
