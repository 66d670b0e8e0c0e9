"""What others hand over, and folders that are not ours: nothing hides, and nothing of it is touched."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from channels import Authority, batch_change, channel, pem, set_value
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kindpakket_cli.network.channel import _lines
from kindpakket_network import Network, NetworkError, Topology, TopologyError
from kindpakket_network.backups.contents import Manifest
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.difference import differences
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.signature import Signature
from kindpakket_network.exports.bundle_rules import _load
from kindpakket_network.nodes.issue import ensure_user_name
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.programs.home import Home, write

HERE, THERE = Authority("AMSP"), Authority("BMSP")


@pytest.fixture
def present() -> Configuration:
    return channel(HERE, THERE)


def changed(present: Configuration, change: Callable[[Any], object]) -> list[str]:
    """The places that differ when the definition of an organisation was changed."""
    after = copy.deepcopy(present.group)
    value = after.groups["Application"].groups["BMSP"].values["MSP"]
    config = m.msp_config.MSPConfig.FromString(value.value)
    definition = m.msp_config.FabricMSPConfig.FromString(config.config)
    change(definition)
    config.config = definition.SerializeToString()
    value.value = config.SerializeToString()
    return [one.path for one in differences(present.group, after)]


def twin(original: x509.Certificate) -> bytes:
    """A certificate with the same names, dates and serial number, and another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return pem(
        x509.CertificateBuilder()
        .subject_name(original.subject)
        .issuer_name(original.issuer)
        .public_key(key.public_key())
        .serial_number(original.serial_number)
        .not_valid_before(original.not_valid_before_utc)
        .not_valid_after(original.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )


def test_a_root_that_only_looks_like_the_present_one_shows(present: Configuration) -> None:
    def exchange(definition: Any) -> None:
        definition.root_certs[0] = twin(THERE.certificate)

    assert changed(present, exchange) == ["/Channel/Application/BMSP/MSP/root_certs"]


def test_members_that_have_no_words_show_beside_those_that_have(present: Configuration) -> None:
    def change(definition: Any) -> None:
        definition.root_certs.append(pem(HERE.certificate))
        definition.organizational_unit_identifiers.add(organizational_unit_identifier="x")

    assert changed(present, change) == [
        f"/Channel/Application/BMSP/MSP/{one}" for one in ("other", "root_certs")
    ]


def test_a_consenter_cannot_hide_behind_another_one_with_its_id(present: Configuration) -> None:
    def orderers(*hosts: str) -> Any:
        group = copy.deepcopy(present.group)
        found = m.configuration.Orderers()
        for host in hosts:
            found.consenter_mapping.add(id=1, host=host, port=7050, msp_id="AMSP")
        set_value(group.groups["Orderer"], "Orderers", found.SerializeToString())
        return group

    found = differences(orderers("a.example"), orderers("evil.example", "a.example"))
    assert "evil.example" in str(found[0])


def test_a_change_of_what_has_no_words_at_all_shows_as_digests(present: Configuration) -> None:
    after = copy.deepcopy(present.group)
    size = after.groups["Orderer"].values["BatchSize"]
    size.value += b"\xa2\x06\x01x"  # a field that this version does not know
    (found,) = differences(present.group, after)
    assert found.path == "/Channel/Orderer/BatchSize"
    assert "bytes" in str(found)


def test_a_change_that_cannot_be_read_is_not_signed(present: Configuration) -> None:
    update = m.configtx.ConfigUpdate.FromString(batch_change(present, 5))
    update.write_set.groups["Orderer"].values["BatchSize"].value = b"\xff\xff"
    with pytest.raises(NetworkError, match="do not sign it"):
        Proposal.of(update.SerializeToString()).review(present)


@pytest.mark.parametrize(
    "header", [b"\xff\xff", m.common.SignatureHeader(creator=b"\xff").SerializeToString()]
)
def test_a_signature_of_nobody_does_not_count(present: Configuration, header: bytes) -> None:
    signature = m.configtx.ConfigSignature(signature_header=header, signature=b"x").SerializeToString()
    found = replace(Proposal.of(batch_change(present, 5)), signatures=(signature,)).review(present)
    assert [one.problem for one in found.refused] == ["signed without an identity"]


def test_what_others_wrote_cannot_imitate_lines(present: Configuration) -> None:
    found = Proposal.of(batch_change(present, 5)).review(present)
    signature = Signature("BMSP\nIt can be submitted.\x1b[2K", "admin", "admin", None)
    (line,) = [one for one in _lines(replace(found, signatures=(signature,))) if "Signed by" in one]
    assert "\\nIt can be submitted.\\x1b[2K" in line


def test_a_proposal_does_not_replace_a_device(present: Configuration) -> None:
    with pytest.raises(NetworkError, match="is not a regular file"):
        Proposal.of(batch_change(present, 5)).save(Path("/dev/null"))


def test_beside_a_certificate_in_a_bundle_is_nothing_else() -> None:
    text = pem(HERE.certificate).decode()
    assert _load(f"\n{text}\n") == HERE.certificate
    block = base64.b64encode(b"something").decode()
    with pytest.raises(ValueError, match="extra content"):
        _load(f"-----BEGIN TRUSTED THING-----\n{block}\n-----END TRUSTED THING-----\n{text}")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../x", "a/b", "a\nb", "-a", "x@y", "registrar", "peer0.winkels"]
)
def test_a_user_has_no_name_that_leads_elsewhere_or_that_a_node_has(name: str) -> None:
    with pytest.raises(NetworkError, match="name"):
        ensure_user_name(name, ["peer0.winkels"])
    ensure_user_name("clerk-1.desk_2", ["peer0.winkels"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 3000, "nested too deeply"),
        (f"base: {'9' * 5000}", "unreadable value"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefgh")),
            "more than",
        ),
    ],
)
def test_a_file_that_is_meant_to_exhaust_is_a_mistake(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(TopologyError, match=words):
        Topology.load(tmp_path / "t.yaml")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write(home.own_organisations, "")
    with pytest.raises(NetworkError, match=r"acting\.json cannot be read"):
        own_organisations(Topology.packaged("kindpakket"), home)


@pytest.mark.parametrize("change", [{"heights": []}, {"home": 3}, {"organisations": [1]}, {"network": None}])
def test_a_manifest_with_members_of_another_kind_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    made = Manifest("1", "kindpakket", ("gemeente",), Manifest.now(), "/home")
    write(tmp_path / "m.json", json.dumps(made.as_json()))
    assert Manifest.read(tmp_path / "m.json") == made
    write(tmp_path / "m.json", json.dumps(made.as_json() | change))
    with pytest.raises(NetworkError, match="no readable manifest"):
        Manifest.read(tmp_path / "m.json")


def foreign(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_down_leaves_a_folder_alone_that_holds_no_network(tmp_path: Path) -> None:
    for name in ("run/settings.json", "run/production.env", "notes.txt"):
        write(tmp_path / name, datetime.now(UTC).isoformat())
    before, entries = foreign(tmp_path), sorted(tmp_path.rglob("*"))
    Network(Topology.packaged("kindpakket"), tmp_path).down()
    assert (foreign(tmp_path), sorted(tmp_path.rglob("*"))) == (before, entries)


def test_reset_does_not_delete_what_is_beside_a_network(tmp_path: Path) -> None:
    topology = Topology.packaged("kindpakket")
    home = Home(tmp_path / "home")
    home.create()
    write(home.topology, topology.as_yaml())
    write(home.root / ".topology.yaml.1234567.0123abcd", "left by a command that was killed")
    write(home.root / "thesis.tex", "mine")
    with pytest.raises(NetworkError, match=r"thesis\.tex"):
        Network(topology, home.root).reset()
    (home.root / "thesis.tex").unlink()
    Network(topology, home.root).reset()
    assert not home.root.exists()


def test_up_does_not_begin_among_other_things(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NetworkError, match=r"contains notes\.txt but no network"):
        Network(Topology.packaged("kindpakket"), tmp_path).up()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_reset_does_not_delete_a_folder_with_a_topology_only(tmp_path: Path) -> None:
    write(tmp_path / "topology.yaml", "name: mine")
    with pytest.raises(NetworkError, match="does not contain a network"):
        Network(Topology.packaged("kindpakket"), tmp_path).reset()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "topology.yaml"]


@pytest.mark.parametrize("name", ["a,b", "a$b", "a\nb"])
def test_a_path_that_fabric_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NetworkError, match="cannot be a network's folder"):
        Home(tmp_path / name).create()
    assert not list(tmp_path.iterdir())
