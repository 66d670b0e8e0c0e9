"""A network as resources of the Kubernetes operator: what they say, and that the operator would take them.

The operator's definitions are not part of this repository: KINDPAKKET_BEVEL_CRDS names a folder with them.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from kindpakket_cli.network.group import network
from kindpakket_network import NetworkError, Topology
from kindpakket_network.exports.bevel import SCRIPT, files, resources
from kindpakket_network.exports.bevel_check import mistakes

IMAGE = "registry.example/kindpakket:1.0"
KUBECTL = """#!/bin/sh
case "$1 $2" in
    "apply -f") cat >> "$APPLIED"; echo '---' >> "$APPLIED" ;;
    "get secret") test -n "$SECRETS_THERE" ;;
    get*) printf -- '-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n' ;;
esac
"""


def topology(name: str = "kindpakket", **members: Any) -> Topology:
    packaged = Topology.packaged(name)
    return Topology.read({**packaged.document, **members}, Path.cwd()) if members else packaged


def of_kind(kind: str, made: list[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for one in made:
        if one["kind"] == kind:
            metadata = one["metadata"]
            found["/".join(filter(None, (metadata.get("namespace"), metadata["name"])))] = one["spec"]
    return found


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    return resources(topology(), IMAGE)


@pytest.fixture(scope="module")
def crds() -> Path:
    folder = os.environ.get("KINDPAKKET_BEVEL_CRDS")
    if folder is None:
        pytest.skip("KINDPAKKET_BEVEL_CRDS names no folder with the operator's definitions")
    return Path(folder)


def test_every_node_is_a_resource_of_its_organisation(made: list[dict[str, Any]]) -> None:
    assert list(of_kind("FabricCA", made)) == ["gemeente/ca", "winkels/ca", "auditor/ca", "regie/ca"]
    assert list(of_kind("FabricPeer", made)) == ["gemeente/peer0", "winkels/peer0", "auditor/peer0"]
    assert len(of_kind("FabricOrdererNode", made)) == 4
    clerk = of_kind("FabricIdentity", made)["gemeente/clerk"]["register"]["attributes"]
    assert {one["name"]: one["value"] for one in clerk}["kindpakket.role"] == "issuer"


def test_no_secret_is_written(made: list[dict[str, Any]]) -> None:
    text = "".join(files(topology(), IMAGE).values())
    for value in re.findall(r"(?:pass|enrollsecret): (.*)", text):
        assert re.fullmatch(r'"\$\{[A-Z0-9_]+\}"', value)


def test_the_auditors_clients_cannot_submit(made: list[dict[str, Any]]) -> None:
    configuration = of_kind("FabricMainChannel", made)["zuidhorn"]["channelConfig"]
    for policies in (configuration["policies"], configuration["application"]["policies"]):
        assert policies["Writers"]["type"] == "Signature"
        assert "'AuditorMSP.client'" not in policies["Writers"]["rule"]
        assert "'WinkelsMSP.client'" in policies["Writers"]["rule"]
    assert "'AuditorMSP.client'" in configuration["application"]["policies"]["Readers"]["rule"]


def test_consenters_may_vote(made: list[dict[str, Any]]) -> None:
    configuration = of_kind("FabricMainChannel", made)["zuidhorn"]["channelConfig"]
    for consenter in configuration["orderer"]["consenterMapping"]:
        assert f"'{consenter['msp_id']}.orderer'" in configuration["policies"]["Writers"]["rule"]
    assert [one["id"] for one in configuration["orderer"]["consenterMapping"]] == [1, 2, 3, 4]


def test_raft_has_its_options() -> None:
    document = topology().document
    made = resources(topology(ordering={"type": "raft"}, channels=document["channels"]), IMAGE)
    orderer = of_kind("FabricMainChannel", made)["zuidhorn"]["channelConfig"]["orderer"]
    assert orderer["etcdRaft"]["options"]["electionTick"] == 10
    assert "consenterMapping" not in orderer


def test_all_organisations_approve_what_one_commits(made: list[dict[str, Any]]) -> None:
    approvals = of_kind("FabricChaincodeApprove", made)
    (commitment,) = of_kind("FabricChaincodeCommit", made).values()
    assert len(approvals) == 3
    for approval in approvals.values():
        for member in ("pdc", "endorsementPolicy", "sequence", "version"):
            assert approval[member] == commitment[member]
    assert len(commitment["externalPeers"]) == 2


@pytest.mark.parametrize("name", ["kindpakket", "two-municipalities"])
def test_the_operator_takes_all_of_them(name: str, crds: Path) -> None:
    assert mistakes(resources(topology(name), IMAGE), crds) == []


def test_the_check_finds_what_the_operator_would_refuse_or_drop(
    made: list[dict[str, Any]], crds: Path
) -> None:
    spoilt = copy.deepcopy(made)
    for one in spoilt:
        if one["kind"] == "FabricPeer" and one["metadata"]["namespace"] == "winkels":
            one["spec"]["replicas"] = "one"
            one["spec"]["stateDb"] = "oracle"
            one["spec"]["gossip"]["surprise"] = True
            del one["spec"]["mspID"]
        if one["kind"] == "FabricMainChannel":
            one["metadata"]["namespace"] = "gemeente"
    assert len(mistakes(spoilt, crds)) == 5


def test_a_folder_without_the_definitions_is_named(made: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="does not define FabricCA"):
        mistakes(made, tmp_path)


def apply(folder: Path, *, secrets: bool = True) -> tuple[int, list[Mapping[str, Any]]]:
    """Run the script on a cluster that takes everything; its exit code, and what it applied."""
    if shutil.which("envsubst") is None:
        pytest.skip("there is no envsubst for the script")
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "kubectl").write_text(KUBECTL)
    (programs / "kubectl").chmod(0o755)
    applied = folder / "applied"
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "APPLIED": str(applied),
        "SECRETS_THERE": "yes" if secrets else "",
    }
    done = subprocess.run([str(folder / SCRIPT)], env=environment, capture_output=True, check=False)
    return done.returncode, [one for one in yaml.safe_load_all(applied.read_text()) if one]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    arguments = ["export", "bevel", "--home", str(tmp_path / "none"), "--image", IMAGE, "-o", str(tmp_path)]
    result = CliRunner().invoke(network, arguments)
    assert result.exit_code == 0, result.output
    return tmp_path


def test_the_script_fills_in_everything(exported: Path) -> None:
    code, applied = apply(exported)
    assert code == 0
    assert len(applied) == len(resources(topology(), IMAGE))
    operators = [one for one in applied if one["kind"].startswith("Fabric")]
    assert "${" not in yaml.safe_dump(operators)
    channel = next(one for one in operators if one["kind"] == "FabricMainChannel")
    consenter = channel["spec"]["channelConfig"]["orderer"]["consenterMapping"][0]
    assert consenter["identity"].splitlines()[0] == "-----BEGIN CERTIFICATE-----"
    (builder, *_) = [one for one in applied if one["kind"] == "ConfigMap"]
    assert "${KINDPAKKET_CONNECTIONS:?" in builder["data"]["release"]


def test_what_the_script_applies_is_what_the_operator_takes(exported: Path, crds: Path) -> None:
    _, applied = apply(exported)
    assert mistakes([dict(one) for one in applied], crds) == []


def test_the_script_draws_secrets_once_and_keeps_them_from_others(exported: Path) -> None:
    apply(exported)
    drawn = (exported / "secrets.env").read_text()
    assert (exported / "secrets.env").stat().st_mode & 0o077 == 0
    assert len(set(re.findall(r"=([0-9a-f]{48})$", drawn, re.MULTILINE))) == len(drawn.splitlines())
    apply(exported)
    assert (exported / "secrets.env").read_text() == drawn


def test_the_script_stops_before_nodes_that_could_not_reach_their_chaincodes(exported: Path) -> None:
    code, applied = apply(exported, secrets=False)
    assert code == 3
    assert {one["kind"] for one in applied} == {"Namespace", "FabricCA"}
