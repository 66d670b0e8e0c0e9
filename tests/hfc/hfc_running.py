"""Runs of the program on a network: under hfc, and under fabric_gateway.hfc."""

from __future__ import annotations

import json
import os
import re
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
from fabric_gateway import Identity, Profile, connect
from kindpakket_network import Network, Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

HERE = Path(__file__).parent
CHANNEL = "trade"


@dataclass(frozen=True)
class Outcomes:
    """The program's results for each command, those of the usages, and the prefix of all keys."""

    prefix: str
    act: dict[str, Any]
    read: dict[str, Any]
    usages: dict[str, Any]


@dataclass(frozen=True)
class Runner:
    """Runs programs: an interpreter, the package that they import from, and their own folder.

    Attributes:
        name: distinguishes its results, and what it creates on the ledger, from the other runner's.
        interpreter: the interpreter.
        folder: where its programs run.
        path: where the interpreter finds our packages; None for programs that use hfc.
    """

    name: str
    interpreter: Path
    folder: Path
    path: str | None

    @property
    def prefix(self) -> str:
        """The prefix of the names of everything that this runner creates."""
        return f"{self.name}-"

    def run(self, program: str, *arguments: str | Path) -> dict[str, Any]:
        """Run a program and return what it writes; ours imports `fabric_gateway.hfc` instead of `hfc`."""
        for name in {program, "program.py"}:
            text = (HERE / name).read_text("utf-8")
            (self.folder / name).write_text(text if self.path is None else imports_changed(text))
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


def imports_changed(text: str) -> str:
    """A program's text with `fabric_gateway.hfc` instead of `hfc` in its imports, and nothing else."""
    text = re.sub(r"(?m)^( *)import hfc$", r"\1import fabric_gateway.hfc as hfc", text)
    return re.sub(r"(?m)^( *)from hfc\b", r"\1from fabric_gateway.hfc", text)


def runners(folder: Path) -> tuple[Runner, Runner]:
    """The runners of programs under hfc and under fabric_gateway.hfc."""
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
    """Wait until both peers have all blocks and know that of each other, because queries report it."""
    user = Identity.from_msp(network.user("org1", "user"), "Org1MSP")
    with connect(Profile.load(network.profile("org1")), user) as gateway:
        channel = gateway.network(CHANNEL)

        def settled() -> bool | None:
            return {peer.height for peer in channel.peers()} == {channel.ledger_height()} or None

        assert until(settled, PATIENCE), "the peers do not know each other's height"


def configure(runner: Runner, network: Network, authorities: Mapping[str, Authority]) -> None:
    """Write a connection profile in hfc's format, and the program's configuration."""
    users = {name: _files(network.user("org1", name)) for name in ("admin", "user")}
    others = {"admin": _files(network.user("org2", "admin"))}
    profile = {
        "name": "trade",
        "client": {"organization": "org1", "credentialStore": {"path": str(runner.folder / "users")}},
        "organizations": {
            "org1": {"mspid": "Org1MSP", "peers": ["peer0.org1"], "users": users},
            "org2": {"mspid": "Org2MSP", "peers": ["peer0.org2"], "users": others},
        },
        "orderers": {"orderer.org1": _node(network, "orderer.org1", "org1")},
        "peers": {f"peer0.{name}": _node(network, f"peer0.{name}", name) for name in ("org1", "org2")},
        "certificateAuthorities": {},
    }
    (runner.folder / "network.json").write_text(json.dumps(profile))
    configuration = {
        "prefix": runner.prefix,
        "profile": str(runner.folder / "network.json"),
        "folder": str(runner.folder),
        "key": users["user"]["private_key"],
        "certificate": users["user"]["cert"],
        **{name: asdict(authority) for name, authority in authorities.items()},
    }
    (runner.folder / "configuration.json").write_text(json.dumps(configuration))


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
