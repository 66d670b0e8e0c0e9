"""Keys in files, with and without a password, and what is said of those that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fabric_helpers import certificate_for

from fabric_gateway import Identity, IdentityError, ProfileError, connect
from fabric_gateway.ca import Enrolment
from fabric_gateway.identity import key_pem, load_key, make_key, verify
from fabric_gateway.testing import MemoryGateway, make_enrolment

KEY = make_key()
CERTIFICATE = certificate_for(KEY.public_key())
PASSWORD = "open sesame"
LOCKED = key_pem(KEY, PASSWORD)
TRADITIONAL = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.BestAvailableEncryption(PASSWORD.encode()),
)


@pytest.mark.parametrize("pem", [LOCKED, TRADITIONAL, LOCKED.decode()], ids=["PKCS#8", "traditional", "text"])
@pytest.mark.parametrize("password", [PASSWORD, PASSWORD.encode()], ids=["text", "bytes"])
def test_an_encrypted_key_signs(pem: Any, password: Any) -> None:
    identity = Identity("Org1MSP", CERTIFICATE, pem, password=password)
    assert verify(identity.certificate, b"message", identity.sign(b"message"))
    assert load_key(pem, password).public_key() == KEY.public_key()


@pytest.mark.parametrize(
    ("password", "pem", "words"),
    [
        (None, LOCKED, "the private key is encrypted: give its password"),
        ("", LOCKED, "the private key is encrypted: give its password"),
        ("wrong", LOCKED, r"the private key cannot be decrypted: is the password right\?"),
        (PASSWORD, key_pem(KEY), "the private key is not encrypted: leave out the password"),
        (PASSWORD, KEY, "a password goes with a key in PEM: leave it out"),
        (5, LOCKED, "password is of type int: give text or bytes"),
    ],
)
def test_a_password_that_does_not_fit_is_told(password: Any, pem: Any, words: str) -> None:
    with pytest.raises((IdentityError, TypeError), match=words) as caught:
        Identity("Org1MSP", CERTIFICATE, pem, password=password)
    assert PASSWORD not in str(caught.value)


def der(certificate: bytes) -> bytes:
    return Identity("Org1MSP", certificate).certificate.public_bytes(serialization.Encoding.DER)


RSA = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("mspid", "certificate", "key", "words"),
    [
        ("", CERTIFICATE, None, "the MSP id is empty"),
        (" Org1MSP", CERTIFICATE, None, "the MSP id is ' Org1MSP'"),
        (b"Org1MSP", CERTIFICATE, None, "the MSP id is 7 bytes: give text, such as 'Org1MSP'"),
        (CERTIFICATE.decode(), key_pem(KEY), None, "the MSP id is PEM: pass the MSP id first"),
        ("Org1MSP", b"", None, "the certificate is empty: give PEM"),
        ("Org1MSP", b"garbage", None, r"the certificate is not PEM, which begins with -----BEGIN"),
        ("Org1MSP", None, None, r"the certificate is None \(NoneType\): give PEM"),
        (
            "Org1MSP",
            Path("cert.pem"),
            None,
            r"the certificate is the path cert\.pem: Identity\.from_files",
        ),
        ("Org1MSP", der(CERTIFICATE), None, "the certificate is DER: convert it to PEM"),
        (
            "Org1MSP",
            key_pem(KEY),
            CERTIFICATE,
            "the certificate is a private key: pass",
        ),
        ("Org1MSP", CERTIFICATE, CERTIFICATE, "the private key is a certificate: pass the certificate first"),
        ("Org1MSP", CERTIFICATE, b"garbage", "the private key is not PEM, which begins with -----BEGIN"),
        ("Org1MSP", CERTIFICATE, b"", "the private key is empty: give PEM"),
        ("Org1MSP", CERTIFICATE, Path("key.pem"), r"the private key is the path key\.pem"),
        ("Org1MSP", CERTIFICATE, 5, "a key of type int cannot sign"),
        ("Org1MSP", CERTIFICATE, RSA, "a key of type RSAPrivateKey cannot sign"),
        (
            "Org1MSP",
            CERTIFICATE,
            key_pem(make_key()),
            "does not belong to the certificate of CN=user",
        ),
    ],
)
def test_what_is_no_identity_is_told(mspid: Any, certificate: Any, key: Any, words: str) -> None:
    with pytest.raises(IdentityError, match=words):
        Identity(mspid, certificate, key)


def test_a_path_as_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_bytes(CERTIFICATE)
    with pytest.raises(IdentityError, match=r"the certificate is the path .*: Identity\.from_files"):
        Identity("Org1MSP", str(file))


def test_an_identity_from_two_files(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(CERTIFICATE)
    key.write_bytes(LOCKED)
    identity = Identity.from_files("Org1MSP", certificate, str(key), password=PASSWORD)
    assert verify(identity.certificate, b"message", identity.sign(b"message"))
    assert not Identity.from_files("Org1MSP", certificate).can_sign
    with pytest.raises(IdentityError, match=r"the private key .*nothing\.pem cannot be read: No such file"):
        Identity.from_files("Org1MSP", certificate, tmp_path / "nothing.pem")
    with pytest.raises(IdentityError, match="the certificate is 4 bytes: give the path of its file"):
        Identity.from_files("Org1MSP", b"cert")  # type: ignore[arg-type]


def test_a_folder_with_an_encrypted_key(tmp_path: Path) -> None:
    made = make_enrolment("till")
    folder = made.save(tmp_path, password=PASSWORD)
    (key,) = (folder / "keystore").iterdir()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in key.read_bytes()
    identity = Identity.from_msp(folder, "Org1MSP", password=PASSWORD)
    assert verify(identity.certificate, b"message", identity.sign(b"message"))
    again = Enrolment.from_msp(folder, password=PASSWORD)
    assert load_key(again.key).public_key() == load_key(made.key).public_key()
    with pytest.raises(IdentityError, match="encrypted: give its password"):
        Identity.from_msp(folder, "Org1MSP")


def test_mutual_tls_with_an_encrypted_key() -> None:
    with MemoryGateway({}, mutual_tls=True) as memory:
        key = serialization.load_pem_private_key(memory.client_key or b"", None)
        locked = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
        given: dict[str, Any] = {
            "endpoint": memory.endpoint,
            "tls_root": memory.tls_root,
            "server_name": "peer0.memory",
            "client_certificate": memory.client_certificate,
            "client_key": locked,
        }
        with connect(identity=memory.identity, client_key_password=PASSWORD, **given) as gateway:
            assert gateway.network("channel").ledger_height(timeout=60) == 1
        with pytest.raises(ProfileError, match="cannot be decrypted: is the password right"):
            connect(identity=memory.identity, client_key_password="wrong", **given)
        with pytest.raises(ProfileError, match="client_key_password"):
            connect(identity=memory.identity, **given)
