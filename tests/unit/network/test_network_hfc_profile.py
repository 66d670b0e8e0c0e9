"""`export profile --for hfc`: the profile that programs written for hfc read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fabric_gateway.hfc.fabric import Client
from fabric_gateway.testing._gateway import _self_signed
from kindpakket_cli.network.group import network as commands
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.programs.home import Home, write

FILE = Path(__file__).parents[2] / "hfc" / "topology.yaml"


@pytest.fixture
def topology() -> Topology:
    return Topology.read(yaml.safe_load(FILE.read_text("utf-8")), FILE.parent, str(FILE))


@pytest.fixture
def home(topology: Topology, tmp_path: Path) -> Home:
    """A home with the certificates of the first organisation, and one user of it."""
    made = Home(tmp_path / "home")
    write(made.topology, topology.as_yaml())
    key, certificate = _self_signed("user", "P-256", {})
    write(made.tls_root("org1"), _pem(certificate))
    msp = made.user("org1", "user") / "msp"
    write(
        msp / "keystore" / "key.pem",
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
    write(msp / "signcerts" / "cert.pem", _pem(certificate))
    return made


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def exported(topology: Topology, home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Network(topology, home.root).hfc_profile("org1"))
    return found


def test_it_has_what_hfc_reads(topology: Topology, home: Home) -> None:
    found = exported(topology, home)
    peer, orderer = found["peers"]["peer0.org1"], found["orderers"]["orderer.org1"]
    for node, name in ((peer, "peer0.org1"), (orderer, "orderer.org1")):
        assert "://" not in node["url"]
        assert node["grpcOptions"] == {"grpc.ssl_target_name_override": name}
        assert Path(node["tlsCACerts"]["path"]).read_text("ascii") == node["tlsCACerts"]["pem"]
    organisation = found["organizations"]["org1"]
    assert (organisation["mspid"], organisation["peers"]) == ("Org1MSP", ["peer0.org1"])
    assert Path(organisation["users"]["user"]["private_key"]).is_file()
    assert "PRIVATE KEY" not in json.dumps(found)
    assert found["client"]["credentialStore"]["path"]


def test_organisations_whose_certificates_are_not_here_are_left_out_until_they_are(
    topology: Topology, home: Home
) -> None:
    assert list(exported(topology, home)["organizations"]) == ["org1"]
    write(home.tls_root("org2"), home.tls_root("org1").read_text("ascii"))
    found = exported(topology, home)
    assert list(found["peers"]) == ["peer0.org1", "peer0.org2"]
    assert found["organizations"]["org2"]["mspid"] == "Org2MSP"
    assert "users" not in found["organizations"]["org2"]


def test_a_client_of_hfcs_calls_reads_it_elsewhere(
    topology: Topology, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = CliRunner().invoke(
        commands,
        ["export", "profile", "org1", "--for", "hfc", "-o", "network.json", "--home", str(home.root)],
    )
    assert written.exit_code == 0, written.output
    client = Client(net_profile="network.json")
    user = client.get_user("org1", "user")
    assert user is not None
    assert user.identity().mspid == "Org1MSP"
    home.tls_root("org1").unlink()
    peer = Client(net_profile="network.json").get_peer("peer0.org1")
    assert peer is not None
    assert peer._connecting()["tls_root"] == exported_pem("network.json")


def exported_pem(file: str) -> bytes:
    text: str = json.loads(Path(file).read_text("utf-8"))["peers"]["peer0.org1"]["tlsCACerts"]["pem"]
    return text.encode()


def test_the_profile_for_the_gateway_is_read_by_hfcs_calls_too(topology: Topology, home: Home) -> None:
    profile = home.root / "profile.yaml"
    profile.write_text(Network(topology, home.root).portable_profile("org1"), "utf-8")
    peer = Client(net_profile=profile).get_peer("peer0.org1")
    assert peer is not None
    options = peer._connecting()
    assert options["server_name"] == "peer0.org1"
    assert options["tls_root"] == home.tls_root("org1").read_bytes()


def test_an_organisation_without_certificates_has_none(topology: Topology, home: Home) -> None:
    with pytest.raises(NetworkError, match="org2 has no certificates in"):
        Network(topology, home.root).hfc_profile("org2")
