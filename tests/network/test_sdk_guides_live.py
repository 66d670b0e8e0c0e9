"""The programs of the SDK's guides, on peers that are real.

fabric-samples' test-network itself needs a container engine. This network has its organisations, channel,
chaincode and files.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support import running

from fabric_gateway import Gateway, Identity, Profile, connect
from fabric_gateway.ca import Attribute, CaClient, Enrolment
from guide_worker import Worker
from kindpakket_network import Network, Topology
from patience import PATIENCE
from samples_layout import Organisation, lay_out
from sdk_programs import EXAMPLES, command, environment, ran


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
    with client(network) as gateway:
        gateway.network("mychannel").contract("basic").submit("InitLedger")
    return folder


def client(network: Network) -> Gateway:
    profile = Profile.load(network.profile("org1"))
    return connect(profile, Identity.from_msp(network.user("org1", "user1"), profile.mspid))


def test_the_first_program_prints_what_the_page_shows(organizations: Path, tmp_path: Path) -> None:
    shown = (EXAMPLES / "samples/first.txt").read_text("utf-8")
    assert ran("samples/first.py", organizations, cwd=tmp_path) == shown
    assert ran("samples/first.py", organizations, cwd=tmp_path) == shown, "it can be run again"


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
        authority.change_identity(
            registrar,
            "admin",  # the network's own administrator, who is a registrar in test-network
            secret="adminpw",
            attributes=[Attribute("hf.Registrar.Roles", "client")],
            max_enrolments=-1,
        )
    assert ran("samples/clerk.py", organizations, cwd=tmp_path) == "clerk sees b'['\n"
    again = Identity.from_msp(tmp_path / "wallet/clerk", "Org1MSP")
    with connect(profile, again) as gateway:
        assert gateway.network("mychannel").contract("basic").evaluate("ReadAsset", "asset1")


def test_a_phone_signs_what_a_desk_submits(network: Network, organizations: Path, tmp_path: Path) -> None:
    """Their outputs are each other's inputs: the desk has no key, and the phone no connection."""
    org1 = organizations / "peerOrganizations/org1.example.com"
    user = Enrolment.from_msp(network.user("org1", "user1"))
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(user.certificate)
    key.write_bytes(user.key)
    pipe = subprocess.PIPE
    phone = subprocess.Popen(
        command("phone/phone.py", key), env=environment(), stdin=pipe, stdout=pipe, stderr=pipe
    )
    with phone:
        try:
            desk = subprocess.run(
                command("phone/desk.py", org1 / "connection-org1.json", certificate, "asset2", "Ann"),
                env=environment(),
                check=False,
                stdin=phone.stdout,
                stdout=phone.stdin,
                stderr=pipe,
                timeout=PATIENCE,
            )
            assert (desk.returncode, desk.stderr) == (0, b"VALID; the former owner was Brad\n")
            _, shown = phone.communicate(timeout=PATIENCE)
            assert shown == b"mychannel: basic\nTransferAsset(asset2, Ann)\n"
        finally:
            phone.kill()


def test_what_travels_to_a_phone_is_as_large_as_the_page_says(network: Network, organizations: Path) -> None:
    with client(network) as gateway:
        proposal = gateway.network("mychannel").contract("basic").proposal("TransferAsset", "asset3", "Ann")
        assert 800 < len(proposal.bytes) < 1500
        assert 3000 < len(proposal.endorse().bytes) < 5000


def test_a_worker_outlives_its_peer_and_itself(network: Network, organizations: Path, tmp_path: Path) -> None:
    org1 = organizations / "peerOrganizations/org1.example.com"
    msp = org1 / "users/User1@org1.example.com/msp"
    worker = Worker(org1 / "connection-org1.json", msp, tmp_path)
    with worker.running() as process:
        worker.order("car1", "car2")
        worker.await_done(2)

        network.stop("peer0.org1", signal.SIGKILL)
        worker.await_metric("fabric_peers_healthy", 0.0)
        worker.order("car3")
        network.start("peer0.org1")
        worker.await_done(3)

        worker.order("car4")
        process.kill()
        process.wait()
    with worker.running():
        worker.await_done(4)
        worker.await_events("car1", "car2", "car3", "car4")
        worker.await_metric("fabric_reader_behind_blocks", 0.0)
