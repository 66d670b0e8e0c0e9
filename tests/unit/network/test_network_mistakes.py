"""All mistakes of a topology at once, each with its line, of form and of meaning alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket_network import Topology, TopologyError
from kindpakket_network.description.document import Document
from kindpakket_network.errors import Mistake

PACKAGED = (
    Path(str(resources.files("kindpakket_network"))) / "data" / "topologies" / "kindpakket.yaml"
).read_text("utf-8")


def mistakes(folder: Path, *changes: tuple[str, str]) -> tuple[str, dict[str, Mistake]]:
    """The packaged topology with some changes of its text, and what is said of it by place."""
    text = PACKAGED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "changed.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(TopologyError) as caught:
        Topology.load(file)
    return text, {mistake.place: mistake for mistake in caught.value.mistakes}


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_form_and_meaning_are_judged_together_and_every_mistake_has_its_line(tmp_path: Path) -> None:
    text, found = mistakes(
        tmp_path,
        ("base: 17050", "base: eighty"),
        ("msp: WinkelsMSP", "msp: GemeenteMSP # again"),
        ("user: manager", "user: boss"),
        ("max_peers: 1", "max_peers: many"),
        ("name: shopAccounts", "name: citizens # again"),
    )
    expected = {
        "ports.base": "base: eighty",
        "organisations[1].msp": "msp: GemeenteMSP # again",
        "channels[0].chaincodes[0].initialise.user": "user: boss",
        "channels[0].chaincodes[0].collections[0].max_peers": "max_peers: many",
        "channels[0].chaincodes[0].collections[1].name": "name: citizens # again",
    }
    for place, words in expected.items():
        assert found[place].line == line_of(text, words), found[place]


def test_what_is_malformed_is_reported_once_and_judged_no_further(tmp_path: Path) -> None:
    text, found = mistakes(tmp_path, ("name: winkels", "name: Winkels!"))
    assert list(found) == ["organisations[1].name"]
    line = line_of(text, "Winkels!")
    assert str(found["organisations[1].name"]).startswith(f"line {line}: organisations[1].name: 'Winkels!'")


def test_the_mistakes_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    _, found = mistakes(tmp_path, ("user: manager", "user: boss"), ("base: 17050", "base: 80"))
    assert list(found) == ["ports.base", "channels[0].chaincodes[0].initialise.user"]


def test_a_misspelt_member_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    text, found = mistakes(tmp_path, ("consenter: true", "consentr: true"))
    assert found["organisations[0].consentr"].line == line_of(text, "consentr")
    assert "did you mean consenter?" in found["organisations[0].consentr"].words
    assert "ordering.type" not in found, "three consenters, because of the misspelling"


def test_what_is_lacking_has_the_line_of_what_it_should_be_in(tmp_path: Path) -> None:
    text, found = mistakes(tmp_path, ("    msp: WinkelsMSP\n", ""))
    assert found["organisations[1]"].line == line_of(text, "name: winkels")
    assert found["organisations[1]"].words.startswith("msp is missing: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('version: "1.0"', "version: 1.0", "1.0 is not text (write it in quotes): give a version as text"),
        ("type: bft", "type: solo", "'solo' is not one of bft, raft: "),
        ("base: 17050", "base: 80", "80 is less than 1024: "),
        ("peers: [peer0]", "peers: [a, b, c, d, e]", "this list has more items than 4: "),
        ("writers: [admin, client]", "writers: [admin, admin]", "this list has a duplicate item: "),
        ("kindpakket.role: issuer", "kindpakket role: issuer", "'kindpakket role' contains characters that "),
        ("msp: GemeenteMSP", "msp:", "nothing is not text: "),
    ],
)
def test_words_say_what_was_found_and_what_to_write(tmp_path: Path, old: str, new: str, words: str) -> None:
    _, found = mistakes(tmp_path, (old, new))
    assert any(one.words.startswith(words) for one in found.values()), found


def test_a_member_that_is_written_twice_does_not_hide_the_others(tmp_path: Path) -> None:
    _, found = mistakes(tmp_path, ("type: bft", "type: bft\n  type: raft"), ("user: manager", "user: boss"))
    assert found["ordering.type"].words == "the member 'type' appears twice: keep one"
    assert "channels[0].chaincodes[0].initialise.user" in found


def test_a_file_that_refers_to_itself_is_refused(tmp_path: Path) -> None:
    _, found = mistakes(tmp_path, ("organisations:\n", "organisations: &all\n  - *all\n"))
    assert found["organisations[0]"].words.startswith("refers to itself")


def test_a_file_that_is_not_yaml_is_refused_with_the_line(tmp_path: Path) -> None:
    _, found = mistakes(tmp_path, ("type: bft", 'type: "bft'))
    assert found["file"].line is not None


def test_dates_are_text_as_in_json() -> None:
    assert Document.parse("day: 2025-01-31").members == {"day": "2025-01-31"}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a document."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from paths(one, (*path, key))


def everything() -> dict[str, Any]:
    """A topology with all that may be written."""
    document: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    document["hosts"] = {"here": {"address": "a.example", "listen": "10.0.0.1", "operations_listen": "::1"}}
    document["tuning"] = {
        "log_level": "info",
        "peer": {"CORE_PEER_GOSSIP_PULLINTERVAL": "1s"},
        "orderer": {"ORDERER_GENERAL_THROTTLING_RATE": 5},
        "certificates": {"user_days": 90, "warning_days": 30},
    }
    document["channels"][0]["acls"] = {"event/Block": "BlockReaders"}
    document["channels"][0]["consenters"] = ["gemeente", "winkels", "auditor", "regie"]
    for one in document["organisations"]:
        one["host"] = "here"
    return document


DOCUMENTS = [everything(), dict(Topology.packaged("two-municipalities").document)]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 70000)
    | st.sampled_from(["", "gemeente", "GemeenteMSP", "OR("]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "x"]), inner),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_a_mistake_or_a_topology(data: st.DataObject) -> None:
    document = json.loads(json.dumps(data.draw(st.sampled_from(DOCUMENTS))))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(paths(document))))
        inner = document
        for part in way:
            inner = inner[part]
        what = data.draw(st.sampled_from(["replace", "add", "delete"]))
        if what == "delete":
            del inner[last]
        elif what == "add" and isinstance(inner[last], dict):
            inner[last][data.draw(st.sampled_from(["x", 7, "peers", "acls"]))] = data.draw(ANYTHING)
        else:
            inner[last] = data.draw(ANYTHING)
    try:
        Topology.read(document, Path("/"))
    except TopologyError as error:
        assert all(one.place and one.words for one in error.mistakes)
