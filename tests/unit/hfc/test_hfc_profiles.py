"""Profiles of the three hfc's: paths, PEM, Base64, and the private names that programs use."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hfc_place import PEER, Place

from fabric_gateway import ProfileError
from fabric_gateway.hfc.fabric import Client
from fabric_gateway.hfc.fabric.organization import create_org
from fabric_gateway.hfc.fabric.peer import Peer, create_peer
from fabric_gateway.hfc.fabric.user import create_user
from fabric_gateway.hfc.util.keyvaluestore import FileKeyValueStore


def profile(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.profile.read_text("utf-8"))
    return found


def read_again(place: Place, content: dict[str, Any], name: str = "other.json") -> Client:
    file = place.profile.parent / name
    file.write_text(json.dumps(content) if name.endswith("json") else yaml.safe_dump(content), "utf-8")
    return Client(net_profile=str(file))


def test_a_users_key_is_a_path_a_mapping_with_a_path_or_pem(place: Place, tmp_path: Path) -> None:
    paths = profile(place)["organizations"]["org1"]["users"]["user"]
    contents = {member: Path(path).read_bytes() for member, path in paths.items()}
    forms: list[dict[str, Any]] = [
        paths,
        {member: {"path": path} for member, path in paths.items()},
        {member: {"pem": base64.b64encode(pem).decode()} for member, pem in contents.items()},
        {member: {"pem": pem.decode()} for member, pem in contents.items()},
    ]
    for number, form in enumerate(forms):
        store = FileKeyValueStore(tmp_path / f"store{number}")
        user = create_org("org1", {"mspid": "Org1MSP", "users": {"user": form}}, store).get_user("user")
        assert user is not None
        assert user.identity().certificate_pem.strip() == contents["cert"].strip()


@pytest.mark.parametrize("form", ["path", "text", "list", "base64"])
def test_the_certificates_of_a_peer_are_a_path_or_pem(place: Place, form: str) -> None:
    content = profile(place)
    roots = Path(content["peers"][PEER]["tlsCACerts"]["path"])
    pem = roots.read_text("ascii")
    content["peers"][PEER]["tlsCACerts"] = {
        "path": {"path": str(roots)},
        "text": {"pem": pem},
        "list": {"pem": [pem]},
        "base64": {"pem": base64.b64encode(pem.encode()).decode()},
    }[form]
    peer = read_again(place, content).get_peer(PEER)
    assert peer is not None
    assert bytes(peer._connecting()["tls_root"]).strip() == pem.encode().strip()  # type: ignore[arg-type]


def test_certificates_are_read_when_a_peer_is_made_as_programs_remove_them_after(tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    peer = Peer("peer0")
    peer.init_with_bundle({"url": "localhost:7051", "tlsCACerts": {"path": str(file)}})
    made = create_peer("localhost:7051", str(file))
    file.unlink()
    for there in (peer, made):
        assert there._connecting()["tls_root"] == b"-----BEGIN CERTIFICATE-----\n"


def test_a_profile_may_be_yaml(place: Place) -> None:
    client = read_again(place, profile(place), "network.yaml")
    assert sorted(client.peers) == ["peer0.org1", "peer1.org1"]


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("url", None, r"peers\.peer0\.org1\.url is missing: give host:port"),
        ("tlsCACerts", {"pem": "nonsense"}, r"peers\.peer0\.org1\.tlsCACerts\.pem is neither PEM nor"),
        ("tlsCACerts", {"file": "x"}, r"peers\.peer0\.org1\.tlsCACerts has neither path nor pem"),
        ("clientCert", 5, r"peers\.peer0\.org1\.clientCert is int: give a path"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(place: Place, member: str, value: Any, words: str) -> None:
    content = profile(place)
    content["peers"][PEER][member] = value
    with pytest.raises(ProfileError, match=words):
        read_again(place, content)


def test_a_profile_that_is_no_profile_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text("{", "utf-8")
    with pytest.raises(ValueError, match=r"network\.json: is neither JSON .* nor YAML"):
        Client(net_profile=file)
    file.write_text("[]", "utf-8")
    with pytest.raises(ValueError, match="must be a mapping, not list"):
        Client(net_profile=file)


def test_names_of_other_sdks_for_the_name_in_a_certificate(tmp_path: Path) -> None:
    for name in ("grpc.ssl_target_name_override", "ssl-target-name-override", "hostnameOverride"):
        peer = Peer("peer0")
        peer.init_with_bundle({"url": "grpcs://localhost:7051", "grpcOptions": {name: "peer0", "other": {}}})
        options = peer._connecting()
        assert (options["server_name"], options["channel_options"]) == ("peer0", {})


def test_create_user_takes_keys_as_the_repositorys_main_does(place: Place, tmp_path: Path) -> None:
    paths = profile(place)["organizations"]["org1"]["users"]["user"]
    key, certificate = (Path(paths[member]).read_bytes() for member in ("private_key", "cert"))
    store = FileKeyValueStore(tmp_path / "kept")
    named = create_user("a", "org1", store, "Org1MSP", key_pem=key, cert_pem=certificate)
    placed = create_user("b", "org1", store, "Org1MSP", key, certificate)
    assert named.identity().certificate_pem == placed.identity().certificate_pem
    with pytest.raises(TypeError, match="create_user of 'c' needs a private key and a certificate"):
        create_user("c", "org1", store, "Org1MSP", key_pem=key)


def test_private_names_that_programs_read(place: Place) -> None:
    enrollment, client = place.user.enrollment, place.client
    assert enrollment is not None
    assert (enrollment._cert, enrollment._private_key) == (enrollment.cert, enrollment.private_key)
    assert (place.user._name, place.user._msp_id) == ("user", "Org1MSP")
    organization = client.organizations["org1"]
    assert (organization._name, organization._mspid) == ("org1", "Org1MSP")
    assert organization._peers == [PEER, "peer1.org1"]
    assert list(organization._users) == ["user"]
    assert client._peers is client.peers
    assert client._orderers is client.orderers
    assert client._organizations is client.organizations
    peer = client._peers[PEER]
    assert (peer._name, peer._endpoint) == (PEER, place.memory.endpoint)


def test_private_names_that_programs_set(place: Place) -> None:
    """A client without a profile, filled in by hand."""
    known = place.client.get_peer(PEER)
    assert known is not None
    client = Client()
    client._state_store = FileKeyValueStore(place.profile.parent / "kept")
    peer = Peer(name=PEER)
    peer._endpoint = place.memory.endpoint
    peer._tls_ca_certs_path = known._tls_ca_certs_path
    peer._ssl_target_name = "peer0.memory"
    peer._grpc_options = {"grpc.keepalive_time_ms": 120_000}
    client._peers = {PEER: peer}
    client._channels = {}
    assert client.state_store is client._state_store
    assert client.get_peer(PEER) is peer
    options = peer._connecting()
    assert (options["server_name"], options["channel_options"]) == (
        "peer0.memory",
        {"grpc.keepalive_time_ms": 120_000},
    )
