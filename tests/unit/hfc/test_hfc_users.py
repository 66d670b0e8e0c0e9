"""Users, wallets and the store, as hfc has them."""

from __future__ import annotations

import binascii
import pickle
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hfc_place import Place

from fabric_gateway.hfc.fabric.organization import create_org
from fabric_gateway.hfc.fabric.user import User, create_user
from fabric_gateway.hfc.fabric_ca.caservice import Enrollment
from fabric_gateway.hfc.fabric_network import wallet
from fabric_gateway.hfc.fabric_network.inmemorywalletstore import InMemoryWalletStore
from fabric_gateway.hfc.util.crypto.crypto import Ecies, ecies
from fabric_gateway.hfc.util.keyvaluestore import FileKeyValueStore


@pytest.fixture
def enrollment(place: Place) -> Enrollment:
    assert place.user.enrollment is not None
    return place.user.enrollment


def test_a_wallet_keeps_users_in_files(tmp_path: Path, enrollment: Enrollment) -> None:
    files = wallet.FileSystenWallet(tmp_path / "wallet")
    wallet.Identity("clerk", enrollment).CreateIdentity(files)
    assert files.exists("clerk")
    key = tmp_path / "wallet" / "clerk" / "private_sk"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    user = files.create_user("clerk", "org1", "Org1MSP")
    assert user.identity().certificate_pem.strip() == enrollment.cert.strip()
    files.remove("clerk")
    assert not files.exists("clerk")
    with pytest.raises(AttributeError, match="does not exist"):
        files.create_user("clerk", "org1", "Org1MSP")


def test_a_wallet_in_memory(tmp_path: Path, enrollment: Enrollment) -> None:
    memory = InMemoryWalletStore()
    memory.put("clerk", enrollment)
    user = memory.create_user("clerk", "org1", "Org1MSP", FileKeyValueStore(tmp_path / "kept"))
    assert (user.name, user.msp_id, user.is_enrolled()) == ("clerk", "Org1MSP", True)
    memory.remove("clerk")
    assert not memory.exists("clerk")
    with pytest.raises(ValueError, match="not a valid Enrollment"):
        memory.put("clerk", "nothing")  # type: ignore[arg-type]


def test_a_user_comes_back_from_what_hfc_kept(tmp_path: Path, enrollment: Enrollment) -> None:
    store = FileKeyValueStore(tmp_path / "kept")
    assert enrollment.private_key is not None
    key = enrollment.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    state = {
        "name": "clerk",
        "org": "org1",
        "roles": ["buyer"],
        "affiliation": None,
        "account": None,
        "enrollment_secret": "secret",
        "msp_id": "Org1MSP",
        "enrollment": {"private_key": key, "cert": enrollment.cert},
    }
    store.set_value("user.clerk.org1", binascii.hexlify(pickle.dumps(state)).decode())
    user = User("clerk", "org1", store)
    assert (user.roles, user.enrollment_secret, user.is_registered()) == (["buyer"], "secret", True)
    assert user.identity().mspid == "Org1MSP"
    kept = store.get_value("user.clerk.org1")
    assert kept is not None
    assert pickle.loads(binascii.unhexlify(kept)) == state  # noqa: S301


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("sprung"),))


def test_a_store_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = FileKeyValueStore(tmp_path / "kept")
    store.set_value("user.clerk.org1", binascii.hexlify(pickle.dumps(Trap())).decode())
    with pytest.raises(OSError, match="is not a user as hfc keeps one"):
        User("clerk", "org1", store)
    assert not (tmp_path / "sprung").exists()


def test_the_files_of_a_store_are_their_owners(tmp_path: Path) -> None:
    store = FileKeyValueStore(tmp_path / "kept")
    store.set_value("key", "value")
    assert store.get_value("key") == "value"
    assert store.get_value("other") is None
    assert stat.S_IMODE((tmp_path / "kept" / "key").stat().st_mode) == 0o600


def test_a_user_who_lacks_something_is_refused(tmp_path: Path, place: Place, enrollment: Enrollment) -> None:
    store = FileKeyValueStore(tmp_path / "kept")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    with pytest.raises(ValueError, match="Missing msp id"):
        create_user("clerk", "org1", store, "", key, certificate)
    with pytest.raises(ValueError, match="'other' has no MSP id, certificate or key"):
        User("other", "org1", store).identity()
    with pytest.raises(ValueError, match=r"client\.credentialStore\.path"):
        create_org("org1", {"mspid": "Org1MSP", "users": {"clerk": {}}}, None)


def test_what_a_profile_names(place: Place, tmp_path: Path) -> None:
    client = place.client
    assert sorted(client.organizations) == ["org1"]
    assert sorted(client.peers) == ["peer0.org1", "peer1.org1"]
    assert client.get_net_info("organizations", "org1", "mspid") == "Org1MSP"
    assert client.get_net_info("organizations", "org2", "mspid") is None
    assert client.get_user("org2", "user") is None
    orderer = client.get_orderer("orderer")
    assert orderer is not None
    assert orderer.endpoint == "localhost:7050"
    assert client.CAs["ca"]._registrar == ["admin"]
    client.export_net_profile(tmp_path / "exported.json")
    assert (tmp_path / "exported.json").exists()
    with pytest.raises(ValueError, match="is not a channel name"):
        client.new_channel("No Name")


@pytest.mark.parametrize("bits", [256, 384])
def test_a_crypto_suite_signs_with_a_low_s(bits: int) -> None:
    suite = ecies(bits)
    key = suite.generate_private_key()
    for _ in range(20):
        signature = suite.sign(key, b"message")
        assert suite.verify(key.public_key(), b"message", signature)
    assert not suite.verify(key.public_key(), b"other", signature)
    assert len(Ecies.generate_nonce(24)) == 24


def test_a_crypto_suite_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="512"):
        ecies(512)
