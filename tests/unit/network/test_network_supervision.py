"""Nodes that a service manager starts: the switch, and the units."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_manager import ServiceManager, read_environment

from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.exports.units import units
from kindpakket_network.programs import process as process_module
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes, Program
from kindpakket_network.programs.supervision import environment_text, supervise, switch_off, switch_on
from kindpakket_network.programs.wait import until

NODE = "peer0.gemeente"
SLEEPS = "import time; print('begun', flush=True); time.sleep(60)"
EXPOSURE = 20  # of 100, as `systemd-analyze security` counts: 20 is "OK", and services usually have 96


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    supervise(made, True)
    return made


@pytest.fixture
def managed(home: Home, tmp_path: Path) -> Iterator[Home]:
    """A home with a service manager that runs one node: a program that sleeps."""
    folder = tmp_path / "units"
    for name, text in units(Topology.packaged("kindpakket"), home, ["gemeente"], "somebody").items():
        write(folder / name, text.replace(" node start", ""))
    home.node(NODE).mkdir()
    with ServiceManager(folder).running():
        yield home


def sleeper(home: Home, **environment: str) -> Program:
    script = home.root / "sleeper"
    write(script, f"#!{sys.executable}\n{SLEEPS}\n", mode=0o700)
    return Program(NODE, [str(script)], environment, home.node(NODE))


def test_an_environment_is_read_back_by_the_service_manager() -> None:
    values = {
        "PLAIN": "127.0.0.1:7050",
        "EMPTY": "",
        "JSON": '[{"name": "builder", "path": "/a b"}]',
        "FORMAT": "%{time:2006-01-02} `$HOME` \\n 'x'",
    }
    text = environment_text(values)
    assert read_environment(text) == values
    assert text.count("\n") == len(values)
    with pytest.raises(NetworkError, match="the value of KEY spans several lines"):
        environment_text({"KEY": "a\nb"})


def test_the_switch_is_for_the_owner_only_and_goes_on_and_off(home: Home) -> None:
    switch_on(home, NODE, "/bin/true", {"A": "1"})
    switch_on(home, NODE, "/bin/false", {"A": "2"})
    assert home.program(NODE).readlink() == Path("/bin/false")
    assert home.environment(NODE).stat().st_mode & 0o077 == 0
    switch_off(home, NODE)
    switch_off(home, NODE)
    assert not home.environment(NODE).exists()


def test_a_node_is_started_and_stopped_through_the_service_manager(managed: Home) -> None:
    processes = Processes(managed)
    pid = processes.start(sleeper(managed, SETTING="one"))
    assert processes.start(sleeper(managed)) == pid
    found = processes.find(NODE)
    assert found is not None and found.environ()["SETTING"] == "one"
    assert processes.stop(NODE)
    assert processes.find(NODE) is None
    assert processes.start(sleeper(managed, SETTING="two")) != pid


def test_a_node_that_is_killed_comes_back_by_itself(managed: Home) -> None:
    processes = Processes(managed)
    first = processes.start(sleeper(managed))
    found = processes.find(NODE)
    assert found is not None
    found.kill()
    again = until(lambda: one if (one := processes.find(NODE)) and one.pid != first else None, 20.0)
    assert again is not None
    processes.stop(NODE)


def test_without_a_service_manager_it_is_said_what_to_do(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_SUPERVISOR", 0.1)
    home.node(NODE).mkdir()
    with pytest.raises(NetworkError, match=r"the service manager did not start peer0[.]gemeente"):
        Processes(home).start(sleeper(home))


def test_units_are_of_the_organisations_that_are_asked_for(tmp_path: Path) -> None:
    network = Network(Topology.packaged("kindpakket"), tmp_path / "home")
    everyone, regie = network.units(), network.units(["regie"])
    assert set(regie) < set(everyone) | {"kindpakket.target"}
    assert {name for name in regie if name.endswith(".service")} == {
        "kindpakket-ca.regie.service",
        "kindpakket-orderer.regie.service",
    }
    with pytest.raises(NetworkError, match="no organisation 'nobody'"):
        network.units(["nobody"])
    with pytest.raises(NetworkError, match="cannot be used in a systemd unit"):
        Network(Topology.packaged("kindpakket"), tmp_path / "my home").units()


def test_no_node_reaches_the_keys_of_another(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for name, text in units(Topology.packaged("kindpakket"), home, ["gemeente"], "somebody").items():
        if not name.endswith(".service"):
            continue
        assert f"TemporaryFileSystem={home.root}:ro" in text
        node = name.removeprefix("kindpakket-").removesuffix(".service")
        seen = re.findall(r"^Bind(?:ReadOnly)?Paths=(.*)$", text, re.MULTILINE)
        folders = [path for path in seen if "/organisations" in path or "/nodes" in path]
        own = "organisations/gemeente/authority" if node.startswith("ca.") else f"nodes/{node.rstrip('.23')}"
        assert folders == [f"{home.root}/{own}"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_with_the_units(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    written = units(Topology.packaged("kindpakket"), home, ["gemeente"], "root")
    folder = tmp_path / "units"
    for name, text in written.items():
        write(folder / name, text)
        if name.endswith(".service"):
            home.program(name.removeprefix("kindpakket-").removesuffix(".service")).symlink_to("/bin/true")
    paths = [str(folder / name) for name in written]
    arguments = ["systemd-analyze", "verify", "--man=no", *paths]
    found = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    for path in paths:
        if path.endswith(".service"):
            arguments = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", path]
            found = subprocess.run(arguments, capture_output=True, text=True, check=False)
            assert found.returncode == 0, found.stdout[-300:]
