"""A program's client on a gateway in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hfc_place import CHAINCODE, CHANNEL, OTHER_PEER, PEER, Place, assets

from fabric_gateway.hfc.fabric import Client
from fabric_gateway.testing import MemoryGateway
from fabric_gateway.testing._gateway import _self_signed


@pytest.fixture
def memory() -> Iterator[MemoryGateway]:
    with MemoryGateway({CHAINCODE: assets}, channel=CHANNEL, tls=True) as service:
        yield service


@pytest.fixture
def place(memory: MemoryGateway, tmp_path: Path) -> Place:
    key, certificate = _self_signed("user", "P-256", {})
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "roots.pem").write_bytes(memory.tls_root or b"")
    peer = {
        "url": memory.endpoint,
        "grpcOptions": {"grpc.ssl_target_name_override": "peer0.memory"},
        "tlsCACerts": {"path": str(tmp_path / "roots.pem")},
    }
    user = {"private_key": str(tmp_path / "key.pem"), "cert": str(tmp_path / "cert.pem")}
    profile = tmp_path / "network.json"
    profile.write_text(
        json.dumps(
            {
                "client": {"credentialStore": {"path": str(tmp_path / "store")}},
                "organizations": {
                    "org1": {"mspid": "Org1MSP", "peers": [PEER, OTHER_PEER], "users": {"user": user}}
                },
                "orderers": {"orderer": {"url": "localhost:7050"}},
                "peers": {PEER: peer, OTHER_PEER: peer},
                "certificateAuthorities": {"ca": {"url": "https://localhost:7054", "registrar": ["admin"]}},
            }
        )
    )
    client = Client(net_profile=str(profile))
    found = client.get_user("org1", "user")
    assert found is not None
    return Place(memory, client, found, profile)
