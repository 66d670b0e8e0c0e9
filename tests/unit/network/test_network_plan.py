"""What `up` would do, as `plan` tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network as command
from kindpakket_network import Network, Topology
from kindpakket_network.errors import ChangeRefused, TopologyError
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.own_organisations import record_organisations
from kindpakket_network.programs.home import Home, write

ADMIN = "organisations/gemeente/users/clerk/msp/enrolment.json"


@pytest.fixture
def packaged() -> Topology:
    return Topology.packaged("kindpakket").with_free_ports()


def steps(network: Network) -> set[tuple[str, str]]:
    return {(step.kind, step.subject) for step in network.plan().steps}


def test_everything_is_to_be_done_where_nothing_is(packaged: Topology, tmp_path: Path) -> None:
    made = Network(packaged, tmp_path / "home")
    assert steps(made) >= {
        ("enrol", "clerk@gemeente"),
        ("enrol", "orderer.regie@regie"),
        ("start", "ca.winkels"),
        ("start", "chaincode.peer0.auditor.kindpakket"),
        ("create", "zuidhorn"),
        ("join", "peer0.gemeente"),
        ("deploy", "kindpakket on zuidhorn"),
    }
    assert not made.home.exists()


def test_what_is_there_is_not_to_be_done(packaged: Topology, tmp_path: Path) -> None:
    (tmp_path / "nodes/peer0.gemeente/data/ledgersData/chains/chains/zuidhorn").mkdir(parents=True)
    write(tmp_path / "channels/zuidhorn/genesis.block", b"")
    write(tmp_path / ADMIN, json.dumps({"attributes": dict(packaged.organisations[0].users[1].attributes)}))
    found = steps(Network(packaged, tmp_path))
    assert not {("join", "peer0.gemeente"), ("create", "zuidhorn"), ("enrol", "clerk@gemeente")} & found
    assert ("join", "peer0.winkels") in found


def test_another_definition_is_the_next_sequence(packaged: Topology, tmp_path: Path) -> None:
    record = DeploymentRecord(sequence=4, definition="old", label="kindpakket-0", package_id="x:1", binary="")
    record.write(Home(tmp_path).deployed("zuidhorn", "kindpakket"))
    plan = Network(packaged, tmp_path).plan()
    (words,) = [step.words for step in plan.steps if step.kind == "deploy"]
    assert words.startswith("sequence 5 with package kindpakket-")
    assert "install" in {step.kind for step in plan.steps}


def test_a_home_of_one_organisation_plans_its_own_part(packaged: Topology, tmp_path: Path) -> None:
    record_organisations(Home(tmp_path), ["winkels"])
    subjects = {
        subject for kind, subject in steps(Network(packaged, tmp_path)) if kind in {"enrol", "start", "join"}
    }
    assert subjects
    assert all("winkels" in subject for subject in subjects)


def test_a_certificate_with_other_attributes_stands_in_the_way(packaged: Topology, tmp_path: Path) -> None:
    write(tmp_path / ADMIN, json.dumps({"attributes": {"kindpakket.role": "approver"}}))
    with pytest.raises(ChangeRefused, match="clerk: has a certificate with different attributes"):
        Network(packaged, tmp_path).plan()


def test_nothing_is_built_to_plan(
    packaged: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(tmp_path / "home" / "topology.yaml", packaged.as_yaml())
    assert ("build", "programs") in steps(Network(packaged, tmp_path / "home"))
    assert not (tmp_path / "cache").exists()


def test_a_source_that_cannot_be_used_is_told_with_its_line(packaged: Topology, tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    write(file, packaged.as_yaml().replace(str(packaged.channels[0].chaincodes[0].source), "./javascript"))
    made = Network(Topology.load(file), tmp_path / "home")
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "./javascript" in text)
    for refused in (made.plan, made.up):
        with pytest.raises(TopologyError, match=rf"line {line}: channels\[0\].chaincodes\[0\].source: "):
            refused()
    assert not (tmp_path / "home" / "topology.yaml").exists()


def test_free_ports_are_chosen_once(packaged: Topology, tmp_path: Path) -> None:
    made = Network(Topology.packaged("kindpakket"), tmp_path)
    made.use_free_ports()
    assert made.topology.base != Topology.packaged("kindpakket").base
    write(tmp_path / "topology.yaml", packaged.as_yaml())
    made.use_free_ports()
    assert made.topology.base == packaged.base


def test_the_command_ends_with_1_when_there_is_something_to_do(tmp_path: Path) -> None:
    arguments = ["plan", "--home", str(tmp_path / "home"), "--topology", "kindpakket"]
    shown = CliRunner().invoke(command, arguments)
    assert shown.exit_code == 1
    assert "create zuidhorn" in shown.output
    members = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).stdout)
    assert members["done"] is False
    assert {"kind": "join", "subject": "peer0.winkels", "words": "zuidhorn"} in members["steps"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add-org", "buurt", "--msp", "BuurtMSP", "--like", "nobody"], "no organisation 'nobody'"),
        (["add-peer", "nobody"], "no organisation 'nobody'"),
        (["add-consenter", "winkels", "--channel", "nowhere"], "no channel 'nowhere'"),
    ],
)
def test_the_commands_name_what_is_not_there(tmp_path: Path, arguments: list[str], words: str) -> None:
    found = CliRunner().invoke(command, [*arguments, "--home", str(tmp_path), "--topology", "kindpakket"])
    assert found.exit_code == 2
    assert words in found.output


def test_a_dry_run_tells_what_would_join(tmp_path: Path) -> None:
    arguments = ["add-org", "buurt", "--msp", "BuurtMSP", "--like", "winkels", "--dry-run"]
    found = CliRunner().invoke(command, [*arguments, "--home", str(tmp_path), "--topology", "kindpakket"])
    assert found.exit_code == 1
    assert "start peer0.buurt" in found.output
