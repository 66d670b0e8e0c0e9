"""Settings on a live network: large transactions, quotes in policies, free ports, and logs that rotate."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from support import gateway_at, identity_of

from fabric_gateway import FabricError
from kindpakket_cli.network.group import network as command
from kindpakket_network import Network
from kindpakket_network.description.settings import with_settings
from kindpakket_network.programs.rotation import files
from kindpakket_network.programs.wait import until
from patience import PATIENCE

BENCH = Path(__file__).parents[1] / "bench" / "sdk"
CHANNEL, CHAINCODE = "bench", "assets"
# A transaction holds its argument and what it writes, both of this size.
HALF = 6 << 20


@contextmanager
def brought_up(file: Path, home: Path) -> Iterator[Network]:
    """The network of a topology, brought up by the command on free ports; always stopped at the end."""
    arguments = ["up", "--free-ports", "--topology", str(file), "--home", str(home)]
    try:
        shown = CliRunner().invoke(command, arguments)
        assert shown.exit_code == 0, shown.output
        yield Network.open(home)
    finally:
        Network.open(home).down()


def topology(ordering: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((BENCH / "topology.yaml").read_text())
    made["ordering"] = {"type": ordering}
    made["tuning"] = {"log_level": "debug", "logs": {"megabytes": 1, "files": 2}}
    (channel,) = made["channels"]
    channel["lifecycle_endorsement"] = channel["lifecycle_endorsement"].replace("'", '"')
    (chaincode,) = channel["chaincodes"]
    chaincode["endorsement"] = chaincode["endorsement"].replace("'", '"')
    chaincode["source"] = str(BENCH / "chaincode")
    return made


@pytest.mark.parametrize("ordering", ["bft", "raft"])
def test_settings_on_a_live_network(tmp_path: Path, ordering: str, proof: bool) -> None:
    if ordering == "raft" and not proof:
        pytest.skip("make proof changes the settings of a Raft network, too")
    file = tmp_path / "topology.yaml"
    file.write_text(yaml.safe_dump(topology(ordering)))
    with brought_up(file, tmp_path / "home") as network:
        assert network.topology.base != topology(ordering)["ports"]["base"]
        with gateway_at(network, "alpha", identity_of(network, "alpha", "client")) as gateway:
            contract = gateway.network(CHANNEL).contract(CHAINCODE)
            with pytest.raises(FabricError, match="exceeds maximum allowed"):
                contract.submit("Create", "large", "x" * HALF)
            changed = with_settings(network.topology, {"ordering.batch_megabytes": "20"})
            Network(changed, network.home).up(progress=print)
            assert contract.submit("Create", "large", "x" * HALF) == b"large"
            assert Network.open(network.home).plan().done

            # The nodes write much at level debug. Each goes on in the same file.
            node = "peer0.alpha"
            log = network.log(node)
            assert until(lambda: log.stat().st_size >= 1 << 20 or None, PATIENCE), "the log is not long"
            assert node in network.rotate_logs()
            assert files(log)[0] != log
            contract.submit("Create", "later", "x")
            assert until(lambda: "Committed block" in log.read_text(errors="replace") or None, PATIENCE)
        assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
        network.stop(node, signal.SIGKILL)
        network.start(node)
        assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
