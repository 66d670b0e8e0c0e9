"""Fabric's own `peer` command in a shell that `network env` has prepared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kindpakket_demo.desk import CHANNEL, MUNICIPALITY, SHOPS
from kindpakket_network import Network, NetworkError

CLI = f"{sys.executable} -m kindpakket_cli"
CALL = json.dumps({"function": "org.hyperledger.fabric:GetMetadata", "Args": []})


def shell(network: Network, text: str) -> str:
    """What commands write in a shell without any of Fabric's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CORE_", "FABRIC_"))}
    done = subprocess.run(
        ["/bin/sh", "-euc", text],
        env={**kept, "KINDPAKKET_HOME": str(network.home), "QUERY": CALL},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_peer_command_works_as_the_user(network: Network, tmp_path: Path) -> None:
    written = shell(
        network,
        f'eval "$({CLI} network env {MUNICIPALITY} admin)"\n'
        "command -v peer\n"
        "peer channel list\n"
        f'peer chaincode query -C {CHANNEL} -n kindpakket -c "$QUERY"\n'
        'ordered="-o $ORDERER_ADDRESS --tls --cafile $ORDERER_CA"\n'
        f"peer channel fetch newest {tmp_path}/block -c {CHANNEL} $ordered\n"
        f'eval "$({CLI} network env {SHOPS} admin)"\n'
        'echo "$CORE_PEER_LOCALMSPID"; peer channel list\n',
    )
    program, *rest = written.splitlines()
    assert program.endswith("/bin/peer")
    assert rest.count(CHANNEL) == 2
    assert '"contracts"' in written
    assert "WinkelsMSP" in rest
    assert (tmp_path / "block").stat().st_size > 0


def test_the_variables_are_also_json_and_quoted_for_a_shell(network: Network) -> None:
    variables = json.loads(shell(network, f"{CLI} network env {MUNICIPALITY} clerk --json"))
    assert variables["CORE_PEER_LOCALMSPID"] == "GemeenteMSP"
    assert variables["CORE_PEER_MSPCONFIGPATH"] == str(network.user(MUNICIPALITY, "clerk"))
    assert variables["CORE_PEER_ADDRESS"] == network.endpoint(f"peer0.{MUNICIPALITY}")
    prepared = f'eval "$({CLI} network env {MUNICIPALITY} clerk)"'
    tricky = shell(network, f'export PATH="/a b:$PATH:\'"; {prepared}; echo "$PATH"')
    assert ":/a b" in tricky
    assert tricky.endswith(":'\n")


def test_who_has_no_peer_or_is_nobody_is_named(network: Network) -> None:
    with pytest.raises(NetworkError, match=r"regie has no peer.*: use one of gemeente, winkels, auditor"):
        network.shell_variables("regie", "admin")
    with pytest.raises(NetworkError, match="gemeente has no user 'nobody'"):
        network.shell_variables(MUNICIPALITY, "nobody")
    with pytest.raises(NetworkError, match="gemeente has no peer 'peer7': use one of peer0"):
        network.shell_variables(MUNICIPALITY, "admin", "peer7")
