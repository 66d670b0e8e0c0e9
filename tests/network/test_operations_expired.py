"""Certificates that have expired: told with the command that repairs them, and healed by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from support import Town, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.channel.change import reconcile
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.authority_tls import SERVICE
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network, ordered by BFT."""
    with running(Topology.packaged("kindpakket"), tmp_path_factory.mktemp("bft")) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 4)


def test_what_expired_while_the_network_was_down_is_told_and_healed(network: Network, town: Town) -> None:
    """All consenters for TLS, a peer and an administrator altogether, and the certificate of a CA server."""
    inventory = Inventory.of(network.topology, Home(network.home))
    network.down()
    for orderer in inventory.orderers:
        expire(inventory.authorities[orderer.organisation], TLS, orderer.folder / "tls/cert.pem")
    peer, user = Home(network.home).node("peer0.auditor"), network.user("gemeente", "admin").parent
    for folder, organisation in ((peer, "auditor"), (user, "gemeente")):
        expire(inventory.authorities[organisation], IDENTITIES, folder / "msp/signcerts/cert.pem")
        expire(inventory.authorities[organisation], TLS, folder / "tls/cert.pem")
    expire(inventory.authorities["winkels"], TLS, inventory.authorities["winkels"].folder / SERVICE)
    orderers = [orderer.node for orderer in inventory.orderers]
    holders = [*orderers, "peer0.auditor", "admin@gemeente", "ca.winkels"]
    for verb in (network.plan, network.up):
        with pytest.raises(NetworkError) as told:
            verb()
        assert all(f"run `kindpakket network renew {holder}`" in str(told.value) for holder in holders)
    with pytest.raises(NetworkError, match=r"renew peer0\.auditor"):
        network.start("peer0.auditor")
    warnings = "\n".join(network.status().warnings)
    assert all(f"renew {holder}" in warnings for holder in holders)
    found = network.renew(within_days=0, progress=print)
    assert {certificate.holder for certificate in found} == set(holders)
    network.up(progress=print)
    ensure_healed(network, town)


@pytest.mark.proof("lets certificates expire while the network runs, too")
def test_what_expired_while_the_network_runs_is_healed(network: Network, town: Town) -> None:
    """All consenters run with TLS certificates that have expired, and can no longer reach one another."""
    inventory = Inventory.of(network.topology, Home(network.home))
    session = network.session()
    for orderer in inventory.orderers:
        network.stop(orderer.node)
        expire(inventory.authorities[orderer.organisation], TLS, orderer.folder / "tls/cert.pem")
        session.processes.start(orderer.program(session.programs))
    late = [f"tls certificate of {orderer.node} expired" for orderer in inventory.orderers]
    assert all(any(words in warning for warning in network.status().warnings) for words in late)
    network.renew([orderer.node for orderer in inventory.orderers], within_days=0, progress=print)
    ensure_healed(network, town)


def ensure_healed(network: Network, town: Town) -> None:
    """Check that a payment is taken, and that nothing is left to do."""
    status = network.status()
    assert (status.findings, status.warnings) == ((), ())
    assert not reconcile(network.session(), network.topology.channel(CHANNEL))
    assert network.plan().done
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))


def expire(authority: Authority, kind: str, path: Path) -> None:
    """Have a certificate issued again as one that has expired: with the same key, names and extensions."""
    present = x509.load_pem_x509_certificate(path.read_bytes())
    root = x509.load_pem_x509_certificate(authority.certificate(kind).read_bytes())
    keys = (authority.certificate(kind).parent / "msp/keystore").glob("*_sk")
    private = [load_pem_private_key(key.read_bytes(), None) for key in keys]
    key = next(key for key in private if key.public_key() == root.public_key())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(present.subject)
        .issuer_name(root.subject)
        .public_key(present.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(minutes=1))
    )
    for extension in present.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
