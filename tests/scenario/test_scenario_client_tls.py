"""Connections: TLS, and mutual TLS with a client certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc import StatusCode
from scenario_support import CHANNEL, Clients, Place, at_peer, endorsers_of, new_key
from styles import take

from fabric_gateway import ConnectOptions, EvaluateError, Gateway, Profile
from patience import PATIENCE

PEER = "peer1.org1"
ASKS_FOR_CERTIFICATES = {
    "CORE_PEER_TLS_CLIENTAUTHREQUIRED": "true",
    # Lists in environment variables are split at spaces, so this path is relative to the peer's folder.
    "CORE_PEER_TLS_CLIENTROOTCAS_FILES": "tls/ca.pem",
}


def by_options(clients: Clients, _: Path) -> Gateway:
    """A gateway whose client certificate is given by the options."""
    certificate, key = clients.place.tls_certificate("org1")
    return clients.connect("org1", peers=[PEER], client_certificate=certificate, client_key=key)


def by_profile(clients: Clients, folder: Path) -> Gateway:
    """A gateway whose client certificate is given by the profile."""
    certificate, key = clients.place.tls_certificate("org1")
    document = yaml.safe_load(clients.place.network.profile("org1").read_text("utf-8"))
    document["client"]["tlsCerts"] = {
        "client": {"cert": {"path": str(certificate)}, "key": {"path": str(key)}}
    }
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(document), "utf-8")
    return clients.over(Profile.load(file), clients.place.identity("org1"), **at_peer(PEER))


def self_signed() -> tuple[bytes, bytes]:
    """A certificate that no authority of the channel issued, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    start = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture(scope="module")
def strict_peer(place: Place) -> Iterator[str]:
    """Org1's second peer, while it requires client certificates."""
    place.network.stop(PEER)
    place.start(PEER, ASKS_FOR_CERTIFICATES)
    yield PEER
    place.network.stop(PEER)
    place.start(PEER)


def endpoint(place: Place, organisation: str) -> ConnectOptions:
    """The options to reach Org1's first peer by address, trusting an organisation's TLS CA."""
    root = place.network.home / "organisations" / organisation / "tls" / "ca.pem"
    return ConnectOptions(endpoint=place.address("peer0.org1"), tls_root=root)


def test_a_peer_is_reached_by_its_address_and_root_certificate(clients: Clients, place: Place) -> None:
    with clients.over(None, place.identity("org1"), **endpoint(place, "org1")) as gateway:
        assert gateway.network(CHANNEL).contract("open").evaluate("Echo", "conga") == b"conga"


def test_a_peer_whose_certificate_another_authority_issued_is_not_spoken_to(
    clients: Clients, place: Place
) -> None:
    gateway = clients.over(None, place.identity("org1"), **endpoint(place, "org2"))
    with gateway, pytest.raises(EvaluateError) as caught:
        gateway.network(CHANNEL).contract("open").evaluate("Echo", "conga", timeout=2)
    assert caught.value.status is StatusCode.UNAVAILABLE


def test_a_name_that_a_certificate_does_not_have_is_told_with_those_it_has(
    clients: Clients, place: Place
) -> None:
    options = endpoint(place, "org1")
    options["server_name"] = "elsewhere.example.com"
    with (
        clients.over(None, place.identity("org1"), **options) as gateway,
        pytest.raises(EvaluateError) as caught,
    ):
        gateway.network(CHANNEL).contract("open").evaluate("Echo", "conga", timeout=PATIENCE)
    assert "is for peer0.org1" in caught.value.reason
    assert "not for elsewhere.example.com" in caught.value.reason
    assert not caught.value.retryable


def test_a_client_without_tls_is_told_that_the_peer_uses_it(clients: Clients, place: Place) -> None:
    plain = ConnectOptions(endpoint=f"grpc://{place.address('peer0.org1')}")
    with (
        clients.over(None, place.identity("org1"), **plain) as gateway,
        pytest.raises(EvaluateError, match="uses TLS: leave out grpc://"),
    ):
        gateway.network(CHANNEL).contract("open").evaluate("Echo", "conga", timeout=PATIENCE)


def test_a_peer_that_asks_for_certificates_refuses_clients_without_a_proper_one(
    clients: Clients, strict_peer: str
) -> None:
    chain, key = self_signed()
    plain = at_peer(strict_peer)
    for options in (plain, ConnectOptions(**plain, client_certificate=chain, client_key=key)):
        gateway = clients.connect("org1", **options)
        with gateway, pytest.raises(EvaluateError) as caught:
            gateway.network(CHANNEL).contract("open").evaluate("Echo", "conga", timeout=2)
        assert caught.value.status is StatusCode.UNAVAILABLE


@pytest.mark.parametrize("way", [by_options, by_profile])
def test_a_peer_that_asks_for_certificates_serves_clients_that_show_one(
    clients: Clients, strict_peer: str, tmp_path: Path, way: Callable[[Clients, Path], Gateway]
) -> None:
    """All kinds of calls: requests for blocks and to discovery repeat the certificate's hash."""
    name = new_key()
    with way(clients, tmp_path) as gateway:
        ledger = gateway.network(CHANNEL)
        strict = ledger.contract("strict")
        height = ledger.ledger_height()
        submitted = strict.submit_async("Emit", name, "mutual")
        assert endorsers_of(ledger, submitted) == ["Org1MSP", "Org2MSP", "Org3MSP"]
        with ledger.chaincode_events("strict", start_block=height) as events:
            assert take(events, lambda event: event.name == name).payload == b"mutual"
        with ledger.blocks(height, height) as blocks:
            assert next(iter(blocks)).header.number == height
        with ledger.filtered_blocks(height, height) as filtered:
            assert next(iter(filtered)).number == height
        assert "Org2MSP" in [peer.mspid for peer in ledger.peers()]
