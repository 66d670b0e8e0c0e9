"""An organisation whose nodes and certificate authorities keep their keys in a PKCS#11 token: SoftHSM."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from disaster import destroy, document
from support import Town, doubted_votes, found_town, running

from kindpakket_demo.desk import Desk
from kindpakket_network import Network, NetworkError, Topology, TopologyError
from kindpakket_network.backups import key as backup_key
from kindpakket_network.description.token import Token
from kindpakket_network.nodes.authority_tls import SERVICE
from kindpakket_network.programs.token import TokenKeys, key_id_of
from kindpakket_network.programs.wait import until
from patience import PATIENCE

pytestmark = pytest.mark.proof(
    "runs a network whose keys are in a token, with programs that it builds for it"
)
pkcs11 = pytest.importorskip("pkcs11", reason="the extra kindpakket[pkcs11] is not installed")

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
LIBRARY = next((path for path in LIBRARIES if Path(path).exists()), "")
OWN, PIN = "gemeente", "918273645"
NODES = ("orderer.gemeente", "peer0.gemeente")
ROOTS = ("ca-cert.pem", "ca/ca-cert.pem")

if not (LIBRARY and shutil.which("softhsm2-util")):
    pytest.skip("SoftHSM is not installed: apt-get install softhsm2", allow_module_level=True)


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A token of its own, as a topology names it."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration, pin = folder / "softhsm2.conf", folder / "pin"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    pin.touch(mode=0o600)
    pin.write_text(PIN)
    environment = {"SOFTHSM2_CONF": str(configuration)}
    command = ["softhsm2-util", "--init-token", "--free", "--label", OWN, "--pin", PIN, "--so-pin", "5678"]
    subprocess.run(
        command, check=True, capture_output=True, timeout=PATIENCE, env={**os.environ, **environment}
    )
    os.environ.update(environment)
    pkcs11.lib(LIBRARY).reinitialize()  # other tests of this process may have used it
    yield {"library": LIBRARY, "label": OWN, "pin_file": str(pin), "environment": environment}
    del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="module")
def network(description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network ordered by BFT with its chaincode."""
    made = document("bft")
    made["organisations"][0]["keys"] = {"pkcs11": description}
    with running(Topology.read(made, Path("/")), tmp_path_factory.mktemp("tokens")) as network:
        yield network


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 9)


@pytest.fixture(scope="module")
def keys(description: dict[str, Any]) -> TokenKeys:
    """The keys in the token."""
    token = Token.read({"keys": {"pkcs11": description}})
    assert token is not None
    return TokenKeys(token)


def pay(town: Town) -> None:
    """One payment, with the endorsement and the order of nodes whose keys are in the token."""
    wallet = next(town.keys)
    before = town.available(wallet)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    assert town.available(wallet) == before - 1_000


def certificate(network: Network, node: str) -> Path:
    return network.home / "nodes" / node / "msp" / "signcerts" / "cert.pem"


def point(public_key: Any) -> bytes:
    found: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def test_payments_run(town: Town, network: Network) -> None:
    for _ in range(3):
        pay(town)
    assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
    assert doubted_votes(network) == []


@pytest.mark.usefixtures("town")
def test_the_keys_are_in_the_token_and_in_no_file(network: Network, keys: TokenKeys) -> None:
    authority = network.home / "organisations" / OWN / "authority"
    certificates = [certificate(network, node) for node in NODES] + [authority / root for root in ROOTS]
    assert {key_id_of(path) for path in certificates} <= keys.pairs()
    held = {point(x509.load_pem_x509_certificate(path.read_bytes()).public_key()) for path in certificates}
    assert len(held) == len(NODES) + len(ROOTS)
    found = set()
    for path in network.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert PIN.encode() not in content, path
        if b"PRIVATE KEY" in content and not path.is_relative_to(network.home / "chaincode"):
            try:
                found.add(point(load_pem_private_key(content, None).public_key()))
            except ValueError:
                continue
    assert len(found) > len(held)
    assert not found & held


def test_a_node_is_renewed_and_its_old_key_is_deleted(network: Network, keys: TokenKeys, town: Town) -> None:
    before = {node: key_id_of(certificate(network, node)) for node in NODES}
    network.renew(list(NODES), progress=print)
    after = {node: key_id_of(certificate(network, node)) for node in NODES}
    assert not {*before.values()} & {*after.values()}
    assert {*after.values()} <= keys.pairs()
    assert not {*before.values()} & keys.pairs()
    pay(town)
    assert doubted_votes(network) == []


def test_a_key_that_is_lost_is_told_and_renewed(network: Network, keys: TokenKeys, town: Town) -> None:
    identifier = key_id_of(certificate(network, "peer0.gemeente"))
    assert identifier is not None
    keys.delete(identifier)
    told = "peer0.gemeente has no key in the PKCS#11 token 'gemeente'"
    assert any(told in line and "renew peer0.gemeente" in line for line in network.status().warnings)
    for refused in (network.plan, network.up):
        with pytest.raises(NetworkError, match=r"run `kindpakket network renew peer0\.gemeente`"):
            refused()
    network.renew(["peer0.gemeente"], progress=print)
    network.stop("peer0.gemeente")
    network.start("peer0.gemeente")
    assert until(lambda: network.status().healthy or None, PATIENCE), network.status()
    assert network.plan().done
    pay(town)


def test_a_token_that_is_not_there_is_told_with_its_place(network: Network) -> None:
    wanted = json.loads(json.dumps(network.topology.document))
    wanted["organisations"][0]["keys"]["pkcs11"]["label"] = "elsewhere"
    other = Network(Topology.read(wanted, Path("/")), network.home)
    with pytest.raises(TopologyError, match=r"organisations\[0\].keys.pkcs11.label: .* no token 'elsewhere'"):
        other.plan()


def test_the_authority_gets_new_certificates_of_its_own(network: Network, keys: TokenKeys) -> None:
    service = network.home / "organisations" / OWN / "authority" / "tls-cert.pem"
    before = key_id_of(service)
    network.renew(["ca.gemeente"], progress=print)
    after = key_id_of(service)
    assert before != after
    assert after in keys.pairs()
    assert before not in keys.pairs()


def test_an_organisation_moves_into_a_token_and_comes_back_from_a_backup(
    description: dict[str, Any], keys: TokenKeys, tmp_path: Path
) -> None:
    """Keys in files are used until they are renewed: those of nodes, and then those of the authorities."""
    public = backup_key.create(tmp_path / "key", None)
    with running(Topology.read(document("bft", chaincodes=False), tmp_path), tmp_path) as network:
        wanted = json.loads(json.dumps(network.topology.document))
        wanted["organisations"][0]["keys"] = {"pkcs11": description}
        moved = Network(Topology.read(wanted, tmp_path), network.home)
        assert not moved.plan().steps
        before = keys.pairs()
        moved.up(progress=print)
        assert keys.pairs() == before
        moved.renew(list(NODES), progress=print)
        assert keys.pairs() > before
        assert not list(network.home.glob("nodes/*.gemeente/msp/keystore/*"))
        for step in ("introduce", "replace", "retire"):
            moved.renew_roots(step, [OWN], print)
        authority = network.home / "organisations" / OWN / "authority"
        roots = {key_id_of(authority / name) for name in (*ROOTS, SERVICE)}
        assert len(roots) == 3
        assert roots <= keys.pairs()
        assert not list(authority.rglob("*_sk"))
        assert until(lambda: moved.status().healthy or None, PATIENCE), moved.status()
        assert moved.plan().done
        told: list[str] = []
        taken = moved.backup(tmp_path / "gemeente.age", [public], [OWN], told.append)
        assert any(
            "the keys of gemeente in the PKCS#11 token 'gemeente' are not in the backup" in line
            for line in told
        )
        destroy(moved, OWN)
        identities = backup_key.load(tmp_path / "key", str)
        restored, _ = Network.restore(network.home, taken.file, identities, progress=print)
        restored.up(progress=print)
        assert until(lambda: restored.status().healthy or None, PATIENCE), restored.status()
        assert doubted_votes(restored) == []
