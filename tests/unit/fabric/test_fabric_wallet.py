"""Identities in the wallets of Fabric's other SDKs, in the forms that these write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import certificate_for

from fabric_gateway import Identity, IdentityError
from fabric_gateway.identity import key_pem, make_key, verify

KEY = make_key()
CERTIFICATE = certificate_for(KEY.public_key()).decode()


def second(**changes: Any) -> dict[str, Any]:
    """An identity as `fabric-network` 2 for Node and `fabric-gateway-java` 2 write it, with changes."""
    credentials = {"certificate": CERTIFICATE, "privateKey": key_pem(KEY).decode()}
    return {"credentials": credentials, "mspId": "Org1MSP", "type": "X.509", "version": 1, **changes}


def write(folder: Path, label: str, content: Any) -> None:
    (folder / f"{label}.id").write_text(content if isinstance(content, str) else json.dumps(content))


def signs(identity: Identity) -> bool:
    return verify(identity.certificate, b"message", identity.sign(b"message"))


def test_a_wallet_of_version_2(tmp_path: Path) -> None:
    write(tmp_path, "appUser", second())
    identity = Identity.from_wallet(tmp_path, "appUser")
    assert identity.mspid == "Org1MSP"
    assert signs(identity)


def test_a_key_in_a_hardware_module_needs_a_signer(tmp_path: Path) -> None:
    write(tmp_path, "hsm", second(type="HSM-X.509", credentials={"certificate": CERTIFICATE}))
    with pytest.raises(IdentityError, match=r"the key of 'hsm' in .* is in a hardware module: give a signer"):
        Identity.from_wallet(tmp_path, "hsm")
    used: list[bytes] = []

    class Module:
        def sign(self, digest: bytes) -> bytes:
            used.append(digest)
            signer: Any = Identity("Org1MSP", CERTIFICATE, KEY)._signer
            done: bytes = signer.sign(digest)
            return done

    assert signs(Identity.from_wallet(tmp_path, "hsm", signer=Module()))
    assert len(used) == 1


def test_a_wallet_of_version_1(tmp_path: Path) -> None:
    folder = tmp_path / "user1"
    folder.mkdir()
    content = {
        "name": "user1",
        "mspid": "Org1MSP",
        "roles": None,
        "affiliation": "",
        "enrollmentSecret": "",
        "enrollment": {"signingIdentity": "5f3a", "identity": {"certificate": CERTIFICATE}},
    }
    (folder / "user1").write_text(json.dumps(content))
    with pytest.raises(IdentityError, match="in a hardware module"):
        Identity.from_wallet(tmp_path, "user1")
    (folder / "5f3a-priv").write_bytes(key_pem(KEY))
    assert signs(Identity.from_wallet(tmp_path, "user1"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no JSON", r"appUser\.id: is not JSON"),
        ("[]", r"appUser\.id: is not a JSON object"),
        (second(type="OIDC"), "is of type 'OIDC' and version 1: only X.509 and HSM-X.509 of version 1"),
        (second(version=2), "and version 2: only X.509"),
        (second(mspId=""), r"appUser\.id: mspId is missing"),
        (second(credentials=None), "credentials is missing"),
        (second(credentials={"certificate": CERTIFICATE}), "privateKey is missing"),
        (second(credentials={"certificate": "x", "privateKey": "y"}), "the certificate is not PEM"),
    ],
)
def test_an_identity_that_cannot_be_used_is_told(tmp_path: Path, content: Any, words: str) -> None:
    write(tmp_path, "appUser", content)
    with pytest.raises(IdentityError, match=words):
        Identity.from_wallet(tmp_path, "appUser")


def test_a_label_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match=r"no identity 'x' in the wallet .*; it has none"):
        Identity.from_wallet(tmp_path, "x")
    write(tmp_path, "appUser", second())
    write(tmp_path, "admin", second())
    with pytest.raises(IdentityError, match="it has admin, appUser"):
        Identity.from_wallet(tmp_path, "x")
    with pytest.raises(IdentityError, match="there is no wallet"):
        Identity.from_wallet(tmp_path / "nowhere", "x")
