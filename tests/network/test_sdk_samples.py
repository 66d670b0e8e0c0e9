"""The programs of the guide to fabric-samples' test-network, on peers that are real.

test-network itself needs a container engine. This network has its organisations, channel, chaincode and files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support import running

from kindpakket.fabric import Identity, Profile, connect
from kindpakket.fabric.ca import Attribute, CaClient, Enrolment
from kindpakket_network import Network, Topology
from patience import PATIENCE
from samples_layout import Organisation, lay_out

EXAMPLES = Path(__file__).parents[2] / "docs/sdk/examples"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    file = Path(__file__).parent / "samples.yaml"
    document = yaml.safe_load(file.read_text("utf-8"))
    topology = Topology.read(document, file.parent, str(file))
    with running(topology, tmp_path_factory.mktemp("samples")) as made:
        yield made


def member(network: Network, number: int) -> Organisation:
    profile = Profile.load(network.profile(f"org{number}"))
    peer, authority = profile.peer(), profile.certificate_authority()
    return Organisation(
        number=number,
        peer=peer.address,
        server_name=peer.server_name or "",
        tls_root=peer.tls_roots or b"",
        user=Enrolment.from_msp(network.user(f"org{number}", "user1")),
        authority=authority.url,
        authority_name=authority.ca_name,
        authority_root=authority.tls_roots or b"",
    )


@pytest.fixture(scope="module")
def organizations(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that name, as `network.sh up createChannel -ca` leaves it."""
    folder = tmp_path_factory.mktemp("test-network") / "organizations"
    for number in (1, 2):
        lay_out(folder, member(network, number), "ca")
    return folder


def ran(program: str, *arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "samples" / program, *arguments],
        cwd=cwd,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def test_the_first_program_prints_what_the_page_shows(organizations: Path, tmp_path: Path) -> None:
    shown = (EXAMPLES / "samples/first.txt").read_text("utf-8")
    assert ran("first.py", organizations, cwd=tmp_path) == shown
    assert ran("first.py", organizations, cwd=tmp_path) == shown, "it can be run again"


def test_the_second_organisation_is_reached_by_address(
    network: Network, organizations: Path, tmp_path: Path
) -> None:
    """Its peer's TLS certificate has another name here, which is what the page says the option is for."""
    second = member(network, 2)
    root = organizations / "peerOrganizations/org2.example.com"
    with connect(
        endpoint=second.peer,
        identity=Identity.from_msp(root / "users/User1@org2.example.com/msp", "Org2MSP"),
        tls_root=root / "tlsca/tlsca.org2.example.com-cert.pem",
        server_name=second.server_name,
    ) as gateway:
        assert b"Tomoko" in gateway.network("mychannel").contract("basic").evaluate("ReadAsset", "asset1")


def test_a_user_enrols_at_the_organisations_authority(
    network: Network, organizations: Path, tmp_path: Path
) -> None:
    """test-network's registrar is `admin` with a secret that everybody knows."""
    profile = Profile.load(network.profile("org1"))
    secret = (network.home / "organisations/org1/secrets/ca.registrar").read_text().strip()
    with CaClient.from_profile(profile) as authority:
        registrar = authority.enrol("registrar", secret)
        authority.register(
            registrar,
            "admin",
            secret="adminpw",
            attributes=[Attribute("hf.Registrar.Roles", "client")],
        )
    assert ran("enrol.py", organizations, cwd=tmp_path) == "clerk sees b'['\n"
    again = Identity.from_msp(tmp_path / "wallet/clerk", "Org1MSP")
    with connect(profile, again) as gateway:
        assert gateway.network("mychannel").contract("basic").evaluate("ReadAsset", "asset1")
