"""Runs of the program on a network: under hfc, and under kindpakket.hfc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import hfc_environment
import yaml
from hfc_authorities import Authority

import kindpakket
from kindpakket.fabric import Identity, Profile, connect
from kindpakket_network import Network, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

HERE = Path(__file__).parent
CHANNEL = "trade"


@dataclass(frozen=True)
class Outcomes:
    """What the program gave: for each command (`act`, `read`) its results; and the prefix of its keys."""

    prefix: str
    act: dict[str, Any]
    read: dict[str, Any]


@dataclass(frozen=True)
class Runner:
    """Who runs programs: an interpreter, the package that they import from, and a folder of their own.

    Attributes:
        name: what the results and the things that it makes on the ledger are told by.
        interpreter: the interpreter.
        folder: where its programs run.
        path: where the interpreter finds packages of ours; None: nowhere, these are programs of hfc.
    """

    name: str
    interpreter: Path
    folder: Path
    path: str | None

    @property
    def prefix(self) -> str:
        """What the names of this runner's things begin with."""
        return f"{self.name}-"

    def run(self, program: str, *arguments: str | Path) -> dict[str, Any]:
        """Run a program; the results that it writes. Ours get `kindpakket.hfc` for `hfc` in their imports."""
        text = (HERE / program).read_text("utf-8")
        if self.path is not None:
            text = text.replace("\nfrom hfc.", "\nfrom kindpakket.hfc.")
        (self.folder / program).write_text(text)
        results = self.folder / "results.json"
        environment = hfc_environment.environment()
        if self.path is not None:
            environment["PYTHONPATH"] = self.path
        done = subprocess.run(
            [self.interpreter, "-W", "ignore", program, *arguments, results],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        print(f"{self.name}: {program} {arguments}:\n{done.stdout}{done.stderr}")
        assert done.returncode == 0, f"{self.name}: {program} {arguments} failed: {done.stderr[-2000:]}"
        loaded: dict[str, Any] = json.loads(results.read_text())
        return loaded


def runners(folder: Path) -> tuple[Runner, Runner]:
    """Those who run programs under hfc, and under kindpakket.hfc."""
    ours = os.fspath(Path(str(kindpakket.__file__)).parents[1])
    for name in ("theirs", "ours"):
        (folder / name).mkdir()
    return (
        Runner("theirs", hfc_environment.interpreter(), folder / "theirs", None),
        Runner("ours", Path(sys.executable), folder / "ours", ours),
    )


def topology() -> Topology:
    """The network of `topology.yaml`."""
    file = HERE / "topology.yaml"
    return Topology.read(yaml.safe_load(file.read_text("utf-8")), HERE, str(file))


def settle(network: Network) -> None:
    """Wait until both peers have all blocks, and know that of one another: queries tell it."""
    user = Identity.from_msp(network.user("org1", "user"), "Org1MSP")
    with connect(Profile.load(network.profile("org1")), user) as gateway:
        channel = gateway.network(CHANNEL)

        def settled() -> bool | None:
            return {peer.height for peer in channel.peers()} == {channel.ledger_height()} or None

        assert until(settled, PATIENCE), "the peers do not tell one another of their last blocks"


def configure(runner: Runner, network: Network, authorities: Mapping[str, Authority]) -> None:
    """Write a connection profile as hfc wants it, and what else the program is told."""
    users = {name: _files(network.user("org1", name)) for name in ("admin", "user")}
    profile = {
        "name": "trade",
        "client": {"organization": "org1", "credentialStore": {"path": str(runner.folder / "users")}},
        "organizations": {
            "org1": {"mspid": "Org1MSP", "peers": ["peer0.org1"], "users": users},
            "org2": {"mspid": "Org2MSP", "peers": ["peer0.org2"]},
        },
        "orderers": {"orderer.org1": _node(network, "orderer.org1", "org1")},
        "peers": {f"peer0.{one}": _node(network, f"peer0.{one}", one) for one in ("org1", "org2")},
        "certificateAuthorities": {},
    }
    (runner.folder / "network.json").write_text(json.dumps(profile))
    told = {
        "prefix": runner.prefix,
        "profile": str(runner.folder / "network.json"),
        "folder": str(runner.folder),
        "key": users["user"]["private_key"],
        "certificate": users["user"]["cert"],
        **{name: asdict(authority) for name, authority in authorities.items()},
    }
    (runner.folder / "configuration.json").write_text(json.dumps(told))


def _node(network: Network, node: str, organisation: str) -> dict[str, Any]:
    content = yaml.safe_load(network.profile(organisation).read_text("utf-8"))
    roots = content["peers"][f"peer0.{organisation}"]["tlsCACerts"]["path"]
    return {
        "url": network.endpoint(node),
        "grpcOptions": {"grpc.ssl_target_name_override": node},
        "tlsCACerts": {"path": roots},
    }


def _files(msp: Path) -> dict[str, str]:
    (key,) = (msp / "keystore").iterdir()
    (certificate,) = (msp / "signcerts").iterdir()
    return {"private_key": str(key), "cert": str(certificate)}
