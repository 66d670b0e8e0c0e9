"""The smaller parts: policies, the leader, the home, programs, and the command line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kindpakket_cli.network.group import network
from kindpakket_network import NetworkError, ProgramError, Topology
from kindpakket_network.description.policy import PolicySyntaxError, Principal, principals
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.profile import profile
from kindpakket_network.programs import fabric as programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.wait import in_parallel, until
from kindpakket_network.verbs.network import Network


def test_the_principals_of_a_policy() -> None:
    assert principals("OutOf(2, 'A.peer', AND('B-1.admin','A.x.client'))") == (
        Principal("A", "peer"),
        Principal("B-1", "admin"),
        Principal("A.x", "client"),
    )


@pytest.mark.parametrize(
    "text",
    ["", "AND()", "AND('A.peer'", "'A.boss'", "'A'", "OR('A.peer')x", "OutOf('A.peer')", "AND['A.peer']"],
)
def test_what_is_no_policy_is_refused_at_a_character(text: str) -> None:
    with pytest.raises(PolicySyntaxError, match="at character"):
        principals(text)


def network_of(home: Home) -> tuple[Topology, Inventory]:
    topology = Topology.packaged("kindpakket")
    return topology, Inventory.of(topology, home)


def test_a_profile_names_the_organisations_own_peers_and_ca() -> None:
    home = Home(Path("/home"))
    topology, inventory = network_of(home)
    text = profile(topology, "winkels", inventory, home)
    assert "url: grpcs://127.0.0.1:17086" in text
    assert "path: /home/organisations/winkels/tls/ca.pem" in text
    assert "gemeente" not in text


def test_files_are_whole_and_private(tmp_path: Path) -> None:
    write(tmp_path / "new" / "key.pem", b"secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "new" / "key.pem").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["key.pem"]
    home = Home(tmp_path / "home")
    assert home.secret("a/b") == home.secret("a/b") != home.secret("a/c")
    assert stat.S_IMODE((home.root / "a" / "b").stat().st_mode) == 0o600


def test_commands_exclude_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kindpakket_network.programs.home._LOCK_PATIENCE", 0.1)
    home = Home(tmp_path)
    with home.locked(), pytest.raises(NetworkError, match="another command is changing"), home.locked():
        pass
    with home.locked():
        pass


def test_a_folder_that_is_no_home_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(NetworkError, match="does not contain a network"):
        Network(Topology.packaged("kindpakket"), tmp_path).reset()
    assert (tmp_path / "letter.txt").exists()


def test_waiting_ends_at_the_deadline_or_with_the_answer() -> None:
    answers = iter([None, None, 3])
    assert until(lambda: next(answers), 10, interval=0.001) == 3
    assert until(lambda: None, 0.01, interval=0.001) is None


def test_all_of_a_group_end_before_an_error_is_raised() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            raise ValueError("first")
        done.append(number)

    with pytest.raises(ValueError, match="first"):
        in_parallel(work, range(5))
    assert sorted(done) == [1, 2, 3, 4]


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def make(version: str) -> None:
        (tmp_path / "bin").mkdir(exist_ok=True)
        write(tmp_path / "bin" / "go", f"#!/bin/sh\necho {version}\n", mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make


def test_missing_go_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ProgramError, match=r"^building Fabric needs Go 1\.26 or newer, and `go` is not on the PATH"
    ):
        programs.go_version()


@pytest.mark.parametrize("version", ["go1.21.3", "go1.9"])
def test_an_old_go_is_one_clear_sentence(fake_go: Callable[[str], None], version: str) -> None:
    fake_go(version)
    with pytest.raises(ProgramError, match=rf"^building Fabric needs Go 1\.26 .* is {version}: install"):
        programs.go_version()


def test_a_missing_c_compiler_is_one_clear_sentence(
    fake_go: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go("go1.26.1")
    monkeypatch.delenv("CC", raising=False)
    folder = tmp_path / "cache" / "kindpakket" / "programs"
    (folder / programs.cache_key(programs.FABRIC, "go1.26.1")).mkdir(parents=True)
    with pytest.raises(ProgramError, match=r"^building Fabric CA .* needs a C compiler"):
        programs.programs(lambda _: None)


def test_a_build_that_fails_leaves_nothing_in_the_cache(
    fake_go: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go("go1.26.1")
    monkeypatch.setattr(programs, "patches_in", lambda _: [])  # the pretended Go has no modules to patch
    with pytest.raises(ProgramError, match="did not produce peer"):
        programs.programs(lambda _: None)
    left = list((tmp_path / "cache" / "kindpakket" / "programs").iterdir())
    assert [path.name for path in left] == ["fabric.lock"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(network, list(arguments))


def test_the_command_tells_mistakes_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("name: x\n")
    result = invoke("up", "--home", str(tmp_path / "home"), "--topology", str(file))
    assert result.exit_code == 2
    assert "bad.yaml: 4 problems found" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "home").exists()


def test_the_command_says_when_there_is_no_network(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    assert invoke("start", "peer0.gemeente", *home).exit_code == 2
    assert "run `up` first" in invoke("start", "peer0.gemeente", *home).output
    assert "run `up` first" in invoke("enrol", "winkels", "till", *home).output
    assert "there is no node 'peer9'" in invoke("stop", "peer9", *home).output
    assert "was never started" in invoke("logs", "peer0.gemeente", *home).output
    assert invoke("down", *home).exit_code == 0
    assert invoke("reset", "--yes", *home).exit_code == 0
    assert not (tmp_path / "home").exists()


def test_status_is_honest_about_a_network_that_is_down(tmp_path: Path) -> None:
    result = invoke("status", "--json", "--home", str(tmp_path / "home"))
    assert result.exit_code == 1
    members = json.loads(result.output)
    assert members["up"] is False
    assert {node["running"] for node in members["nodes"]} == {False}
    assert members["channels"][0]["leader"] is None


def test_attributes_are_name_and_value(tmp_path: Path) -> None:
    result = invoke("enrol", "winkels", "till", "--attribute", "role", "--home", str(tmp_path))
    assert result.exit_code == 2
    assert "'role' is not name=value" in result.output


def test_what_a_killed_command_left_of_a_file_goes_when_the_file_is_written(tmp_path: Path) -> None:
    dead = subprocess.Popen(["/bin/true"])
    dead.wait()
    left, ours, other = f".ca.pem.{dead.pid}.0a1b2c3d", f".ca.pem.{os.getpid()}.0a1b2c3d", ".ca.pem.new"
    for name in (left, ours, other):
        (tmp_path / name).write_text("PEM")
    write(tmp_path / "ca.pem", "PEM")
    assert {path.name for path in tmp_path.iterdir()} == {"ca.pem", ours, other}


def test_status_shows_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    result = invoke("status", "--home", str(tmp_path / "home"))
    assert result.exit_code == 1
    assert "orderer.regie: is stopped; run `kindpakket network start orderer.regie`, or `up`" in result.output
    assert "zuidhorn: 0 of 4 consenters take part, but ordering needs 3: it has stopped" in result.output
    assert "kindpakket on zuidhorn: is not deployed; run `kindpakket network up`" in result.output
