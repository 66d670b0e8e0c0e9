"""The units that `export systemd` writes, run by systemd itself, with all their sandboxing.

It is a separate manager for these units, in a mount namespace, beside whatever manages the machine.
"""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket_network import Network, Topology
from kindpakket_network.programs.home import write
from kindpakket_network.programs.wait import until
from patience import PATIENCE

SYSTEMD = Path("/lib/systemd/systemd")
PEER = "peer0.gemeente"
# The targets that units depend on by default.
STANDARD = ("basic", "paths", "shutdown", "sysinit")
CONTROL_GROUPS = Path("/sys/fs/cgroup")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not SYSTEMD.exists() or shutil.which("unshare") is None,
    reason="the tests need root and systemd",
)


def alone() -> Topology:
    """One organisation with everything that an organisation can have, ordering for itself."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["ordering"] = {"type": "raft"}
    document["organisations"] = document["organisations"][:1]
    channel = document["channels"][0]
    channel["members"] = channel["members"][:1]
    own = "OR('GemeenteMSP.peer')"
    channel.update(lifecycle_endorsement=own, administration="OR('GemeenteMSP.admin')")
    chaincode = channel["chaincodes"][0]
    chaincode.update(endorsement=own, collections=chaincode["collections"][:1])
    del chaincode["initialise"]
    return Topology.read(document, Path("/")).with_free_ports()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A running network, whose processes systemd manages."""
    folder = tmp_path_factory.mktemp("systemd")
    topology = folder / "topology.yaml"
    topology.write_text(yaml.safe_dump(dict(alone().document)), "utf-8")
    made = Network(Topology.load(topology), folder / "home")
    for name, text in made.units(user="root").items():
        write(folder / "units" / name, text)
    for name in STANDARD:
        write(folder / "units" / f"{name}.target", "[Unit]\nDefaultDependencies=no\n")
    with manager(folder):
        try:
            made.up(progress=print, supervised=True)
            yield made
        finally:
            made.down()


@contextlib.contextmanager
def manager(folder: Path) -> Iterator[None]:
    """systemd as the manager of a folder's units only, in a separate control group."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    groups = [hierarchy / f"kindpakket-{os.getpid()}" for hierarchy in hierarchies()]
    for group in groups:
        group.mkdir()
    steps = [
        *(f"echo $$ >{group}/cgroup.procs 2>/dev/null" for group in groups),
        # It only runs on a system that looks as if systemd had started it.
        "mount -t tmpfs tmpfs /run",
        "mkdir -p /run/systemd/system",
        f"exec {SYSTEMD} --user --unit=kindpakket.target --log-target=console",
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        "XDG_RUNTIME_DIR": str(runtime),
        "SYSTEMD_UNIT_PATH": str(folder / "units"),
    }
    arguments = ["unshare", "--mount", "sh", "-c", "\n".join(steps)]
    log = (folder / "systemd.log").open("wb")
    with (
        log,
        subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            yield
        finally:
            process.kill()
            process.wait()
            for group in groups:
                assert until(partial(gone, group), PATIENCE), f"{group} is not empty"


def gone(group: Path) -> bool | None:
    """True once a control group is gone."""
    return emptied(group) or None


def emptied(group: Path) -> bool:
    """Kill a control group's processes and remove it with its subgroups; return whether it is gone."""
    for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        if not emptied(folder):
            return False
    try:
        for pid in (group / "cgroup.procs").read_text("ascii").split():
            os.kill(int(pid), signal.SIGKILL)
        group.rmdir()
    except OSError:
        return not group.exists()
    return True


def hierarchies() -> list[Path]:
    """Where control groups are made: one place, or one for each controller on older systems."""
    if (CONTROL_GROUPS / "cgroup.procs").exists():
        return [CONTROL_GROUPS]
    # A folder that is a link is the same hierarchy by another name.
    return [
        path
        for path in CONTROL_GROUPS.iterdir()
        if (path / "cgroup.procs").exists() and not path.is_symlink()
    ]


def process_of(network: Network, node: str) -> int | None:
    return next(status.pid for status in network.status().nodes if status.node == node)


def test_a_network_comes_up_under_systemd(network: Network) -> None:
    status = network.status()
    assert status.up
    assert all(node.running for node in status.nodes)
    network.up(progress=print)


def test_nodes_are_confined(network: Network) -> None:
    for node in network.nodes():
        pid = process_of(network, node)
        facts = Path(f"/proc/{pid}/status").read_text("utf-8")
        assert "NoNewPrivs:\t1" in facts and "Seccomp:\t2" in facts, node
        assert "CapEff:\t0000000000000000" in facts, node
        seen = Path(f"/proc/{pid}/root{network.home}")
        assert not (seen / "organisations" / "gemeente" / "users").exists(), node
        keys = {path.relative_to(seen).parts[:2] for path in seen.rglob("*key.pem")}
        name = node.removesuffix(".2")
        own = ("organisations", "gemeente") if node.startswith("ca.") else ("nodes", name)
        assert keys <= {own}, node


def test_a_killed_node_comes_back(network: Network) -> None:
    before = process_of(network, PEER)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert until(lambda: process_of(network, PEER) not in (None, before) or None, PATIENCE, interval=0.2)
    network.up(progress=print)


def test_a_stopped_node_stays_stopped_until_it_is_started(network: Network) -> None:
    assert network.stop(PEER)
    assert until(lambda: process_of(network, PEER), 3.0, interval=0.2) is None
    network.start(PEER)
    assert process_of(network, PEER) is not None
