"""Once the programs are built, a network comes up on a machine with no network except the loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kindpakket_network import Network, Topology
from patience import PATIENCE


@pytest.mark.skipif(os.geteuid() != 0, reason="a separate network namespace needs root")
def test_up_needs_no_network(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    assert unshare, "needs unshare, of util-linux"
    assert shutil.which("ip"), "needs ip, of iproute2"
    topology = tmp_path / "topology.yaml"
    topology.write_text(Topology.packaged("kindpakket").with_free_ports().as_yaml())
    home = tmp_path / "home"
    kindpakket = f"{Path(sys.executable).with_name('kindpakket')} network"
    script = (
        "ip link set lo up && "
        "ip address add 192.0.2.1/32 dev lo && "  # peers do not start without some address beyond 127.0.0.1
        "! ip route get 198.51.100.1 2>/dev/null && "
        f"{kindpakket} up --home {home} --topology {topology} >&2 && "
        f"{kindpakket} status --home {home} --json"
    )
    try:
        done = subprocess.run(
            [unshare, "--net", "/bin/sh", "-c", script],
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )
    finally:
        Network(Topology.load(topology), home).down()
    print(done.stderr)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["healthy"] is True
