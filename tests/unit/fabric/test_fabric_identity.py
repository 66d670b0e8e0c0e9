"""Identities: certificates, keys, and signatures as Fabric verifies them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fabric_helpers import certificate_for
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway import Hash, Identity, IdentityError
from fabric_gateway._wire import messages
from fabric_gateway.identity import verify
from fabric_gateway.identity._signatures import ORDERS
from fabric_gateway.testing import make_identity

IDENTITIES = {algorithm: make_identity(algorithm=algorithm) for algorithm in ("P-256", "P-384", "Ed25519")}


def pem(key: Any, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    done: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return done


def key_of(identity: Identity) -> Any:
    signer: Any = identity._signer
    return getattr(signer, "_key", signer)


@pytest.mark.parametrize("algorithm", IDENTITIES)
@settings(max_examples=50, deadline=None)
@given(message=st.binary(max_size=200))
def test_signatures_verify_and_are_low_s(algorithm: str, message: bytes) -> None:
    identity = IDENTITIES[algorithm]
    signature = identity.sign(message)
    assert verify(identity.certificate, message, signature)
    assert not verify(identity.certificate, message + b"x", signature)
    public = identity.certificate.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert decode_dss_signature(signature)[1] <= ORDERS[public.curve.name] // 2
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
def test_the_other_of_two_equivalent_signatures_is_refused(algorithm: str) -> None:
    identity = IDENTITIES[algorithm]
    public = identity.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    r, s = decode_dss_signature(identity.sign(b"message"))
    high = encode_dss_signature(r, ORDERS[public.curve.name] - s)
    public.verify(high, b"message", ec.ECDSA(hashes.SHA256()))
    assert not verify(identity.certificate, b"message", high)


def test_garbage_is_no_signature() -> None:
    for identity in IDENTITIES.values():
        assert not verify(identity.certificate, b"message", b"garbage")


def test_the_creator_is_the_msp_id_and_the_certificate() -> None:
    identity = IDENTITIES["P-256"]
    creator = messages.identities.SerializedIdentity.FromString(identity.serialized)
    assert (creator.mspid, creator.id_bytes) == ("Org1MSP", identity.certificate_pem)
    assert repr(identity) == "Identity('Org1MSP', 'CN=user')"


def write_msp(folder: Path, identity: Identity, *keys: Any) -> Path:
    (folder / "signcerts").mkdir(parents=True)
    (folder / "keystore").mkdir()
    (folder / "signcerts" / "cert.pem").write_bytes(identity.certificate_pem)
    for number, key in enumerate(keys):
        (folder / "keystore" / f"{number}_sk").write_bytes(pem(key))
    return folder


def test_an_msp_folder_is_read(tmp_path: Path) -> None:
    identity = IDENTITIES["P-256"]
    folder = write_msp(tmp_path / "msp", identity, key_of(identity))
    assert Identity.from_msp(folder, "Org1MSP").serialized == identity.serialized


def test_of_several_keys_the_one_that_belongs_to_the_certificate_is_taken(tmp_path: Path) -> None:
    identity = IDENTITIES["P-256"]
    folder = write_msp(tmp_path, identity, ec.generate_private_key(ec.SECP256R1()), key_of(identity))
    signature = Identity.from_msp(str(folder), "Org1MSP").sign(b"message")
    assert verify(identity.certificate, b"message", signature)


def test_an_msp_folder_without_the_right_key_says_so(tmp_path: Path) -> None:
    folder = write_msp(tmp_path, IDENTITIES["P-256"], ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(IdentityError, match=r"keystore holds no key of .*cert\.pem: 1 files tried"):
        Identity.from_msp(folder, "Org1MSP")


def test_an_incomplete_msp_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match=r"there is no folder .*signcerts"):
        Identity.from_msp(tmp_path, "Org1MSP")
    folder = write_msp(tmp_path, IDENTITIES["P-256"])
    with pytest.raises(IdentityError, match="0 files tried"):
        Identity.from_msp(folder, "Org1MSP")
    (folder / "signcerts" / "second.pem").write_text("")
    with pytest.raises(IdentityError, match="signcerts holds 2 files: it must hold one certificate"):
        Identity.from_msp(folder, "Org1MSP")


def test_keys_come_as_pem_as_objects_or_as_a_signer() -> None:
    identity = IDENTITIES["Ed25519"]
    key = key_of(identity)

    class Module:
        def sign(self, message: bytes) -> bytes:
            return bytes(key.sign(message))

    for form in (pem(key), pem(key).decode(), key, Module()):
        again = Identity("Org1MSP", identity.certificate_pem.decode(), form)
        assert verify(identity.certificate, b"message", again.sign(b"message"))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (b"nonsense", "the private key is not PEM, which begins with -----BEGIN"),
        ("/no/such/key.pem", "the private key is not PEM.* or its path to Identity.from_files"),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"secret"), "the private key is encrypted"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "does not belong to the certificate of CN=user"),
        (ed25519.Ed25519PrivateKey.generate(), "does not belong to the certificate of CN=user"),
        (ec.generate_private_key(ec.SECP521R1()), "on curve secp521r1: Fabric uses P-256 or P-384"),
        (rsa.generate_private_key(65537, 2048), "cannot sign: use ECDSA P-256, P-384 or Ed25519"),
        (7, "a key of type int cannot sign"),
    ],
    # Workers must find the same names, and these keys are new in each of them.
    ids=[
        "nonsense",
        "missing-file",
        "encrypted",
        "another",
        "another-ed25519",
        "unknown-curve",
        "rsa",
        "int",
    ],
)
def test_unfit_keys_are_refused(key: Any, message: str) -> None:
    with pytest.raises(IdentityError, match=message):
        Identity("Org1MSP", IDENTITIES["P-256"].certificate_pem, key)


def test_an_unfit_certificate_or_msp_id_is_refused() -> None:
    key = key_of(IDENTITIES["P-256"])
    with pytest.raises(IdentityError, match="the certificate is not PEM"):
        Identity("Org1MSP", "nonsense", key)
    with pytest.raises(IdentityError, match="the MSP id is empty"):
        Identity("", IDENTITIES["P-256"].certificate_pem, key)


def high_s(identity: Identity, signature: bytes) -> bytes:
    """The other of two equivalent signatures, which Fabric refuses."""
    public = identity.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, max(s, ORDERS[public.curve.name] - s))


@pytest.mark.parametrize(
    ("hash", "digest"),
    [
        (Hash.SHA256, hashlib.sha256(b"message").digest()),
        (Hash.SHA384, hashlib.sha384(b"message").digest()),
        (Hash.SHA3_256, hashlib.sha3_256(b"message").digest()),
        (Hash.SHA3_384, hashlib.sha3_384(b"message").digest()),
        (Hash.NONE, b"message"),
    ],
)
def test_each_hash_makes_its_digest(hash: Hash, digest: bytes) -> None:
    assert hash.digest(b"message") == digest
    assert Identity("Org1MSP", IDENTITIES["P-256"].certificate_pem, hash=hash).digest(b"message") == digest


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
@pytest.mark.parametrize(
    ("hash", "openssl"),
    [
        (Hash.SHA256, hashes.SHA256()),
        (Hash.SHA384, hashes.SHA384()),
        (Hash.SHA3_256, hashes.SHA3_256()),
        (Hash.SHA3_384, hashes.SHA3_384()),
    ],
)
def test_ecdsa_signs_over_the_chosen_hash(algorithm: Any, hash: Hash, openssl: hashes.HashAlgorithm) -> None:
    identity = make_identity(algorithm=algorithm, hash=hash)
    signature = identity.sign(b"message")
    public = identity.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"message", ec.ECDSA(openssl))
    for other in (Hash.SHA256, Hash.SHA384, Hash.SHA3_256, Hash.SHA3_384):
        assert verify(identity.certificate, b"message", signature, other) == (other is hash)


def test_the_hash_follows_the_key_by_default() -> None:
    chosen = {algorithm: identity.hash for algorithm, identity in IDENTITIES.items()}
    assert chosen == {"P-256": Hash.SHA256, "P-384": Hash.SHA256, "Ed25519": Hash.NONE}


def test_a_hash_that_does_not_go_with_the_key_is_refused() -> None:
    with pytest.raises(IdentityError, match="not a digest by SHA256: leave out the hash"):
        make_identity(algorithm="Ed25519", hash=Hash.SHA256)
    with pytest.raises(IdentityError, match="an ECDSA key signs a digest"):
        make_identity(hash=Hash.NONE)


@pytest.mark.parametrize("algorithm", IDENTITIES)
def test_an_identity_without_a_key_says_where_to_sign(algorithm: str) -> None:
    identity = IDENTITIES[algorithm]
    offline = Identity("Org1MSP", identity.certificate_pem)
    assert (identity.can_sign, offline.can_sign) == (True, False)
    assert offline.serialized == identity.serialized
    assert offline.digest(b"message") == identity.digest(b"message")
    with pytest.raises(IdentityError, match="the key of CN=user is not here: sign `bytes` or `digest`"):
        offline.sign(b"message")
    signature = identity.sign(b"message")
    assert offline.checked(b"message", signature) == signature
    for wrong in (identity.sign(b"other"), make_identity(algorithm=algorithm).sign(b"message"), b"", b"?"):  # type: ignore[arg-type]
        with pytest.raises(IdentityError, match="was not made by the key of"):
            offline.checked(b"message", wrong)


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
def test_a_high_s_from_elsewhere_is_turned_low(algorithm: str) -> None:
    identity = IDENTITIES[algorithm]
    low = identity.sign(b"message")
    high = high_s(identity, low)
    assert high != low
    assert identity.checked(b"message", high) == low

    class Module:
        def sign(self, digest: bytes) -> bytes:
            assert digest == hashlib.sha256(b"message").digest()
            return high

    assert Identity("Org1MSP", identity.certificate_pem, Module()).sign(b"message") == low


def test_a_signer_with_another_key_is_found_out() -> None:
    other = make_identity()

    class Module:
        def sign(self, digest: bytes) -> bytes:
            assert other._signer is not None
            return other._signer.sign(digest)

    identity = Identity("Org1MSP", IDENTITIES["P-256"].certificate_pem, Module())
    with pytest.raises(IdentityError, match="the message's SHA256 digest was not made by"):
        identity.sign(b"message")


def test_a_signer_may_hash_by_itself() -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    class Module:
        def sign(self, digest: bytes) -> bytes:
            return key.sign(digest, ec.ECDSA(hashes.SHA256()))

    certificate = certificate_for(key.public_key())
    signature = Identity("Org1MSP", certificate, Module(), hash=Hash.NONE).sign(b"message")
    key.public_key().verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


def test_a_certificate_with_a_key_of_another_kind_is_refused() -> None:
    for other in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP521R1())):
        certificate = certificate_for(other.public_key())
        with pytest.raises(IdentityError, match="is not one that Fabric uses"):
            Identity("Org1MSP", certificate)
