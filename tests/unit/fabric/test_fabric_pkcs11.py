"""Keys in a PKCS#11 token, tested against SoftHSM: a token of its own in a folder of the test."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from fabric_helpers import AMPLE, certificate_for, ledger
from fake_ca import FakeCa

from fabric_gateway import Hash, Identity, IdentityError, connect
from fabric_gateway.ca import Enrolment
from fabric_gateway.identity import verify
from fabric_gateway.testing import MemoryGateway
from patience import PATIENCE

pkcs11 = pytest.importorskip("pkcs11", reason="the extra fabric-gateway[pkcs11] is not installed")

from fabric_gateway.identity.pkcs11 import Pkcs11Signer  # noqa: E402  # needs the extra

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
MODULE = next((path for path in LIBRARIES if Path(path).exists()), "")
LABEL, PIN = "fabric", "1234"
CURVES = {"P-256": "secp256r1", "P-384": "secp384r1"}

if not (MODULE and shutil.which("softhsm2-util")):
    pytest.skip("SoftHSM is not installed: apt-get install softhsm2", allow_module_level=True)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A fresh token. SoftHSM reads its configuration when the library is initialised."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "5678"]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    library = pkcs11.lib(MODULE)
    library.reinitialize()  # other tests of this process may have used it
    yield library.get_token(token_label=LABEL)
    del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="module")
def keys(token: Any) -> dict[str, Any]:
    """Public keys by name, of pairs that were made in the token and never leave it."""
    found: dict[str, Any] = {}
    with token.open(rw=True, user_pin=PIN) as session:
        for number, (name, curve) in enumerate(CURVES.items()):
            domain = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters(curve)},
                local=True,
            )
            public, private = domain.generate_keypair(store=True, label=name, id=bytes([number]))
            assert not private[pkcs11.Attribute.EXTRACTABLE]
            found[name] = serialization.load_der_public_key(pkcs11.util.ec.encode_ec_public_key(public))
    return found


@pytest.mark.parametrize("name", CURVES)
def test_a_key_in_a_token_signs_every_step(keys: dict[str, Any], name: str) -> None:
    certificate = certificate_for(keys[name])
    with (
        MemoryGateway({"ledger": ledger}) as memory,
        Pkcs11Signer(MODULE, LABEL, PIN, key_label=name) as signer,
        connect(
            endpoint=memory.endpoint, identity=Identity("Org1MSP", certificate, signer), deadlines=AMPLE
        ) as gateway,
    ):
        network = gateway.network("channel")
        assert network.contract("ledger").submit("Add", "a", "5") == b"5"
        assert [block.header.number for block in network.blocks(0, 1)] == [0, 1]


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("hash", [Hash.SHA256, Hash.SHA384, Hash.SHA3_256, Hash.SHA3_384])
def test_signatures_verify_with_any_hash_and_are_low_s(keys: dict[str, Any], name: str, hash: Hash) -> None:
    with Pkcs11Signer(MODULE, LABEL, PIN, key_label=name) as signer:
        identity = Identity("Org1MSP", certificate_for(keys[name]), signer, hash=hash)
        for number in range(20):  # half of what a token makes has a high s
            message = bytes([number])
            assert verify(identity.certificate, message, identity.sign(message), hash)


def test_a_digest_is_signed_as_it_is(keys: dict[str, Any]) -> None:
    digest = hashlib.sha256(b"message").digest()
    with Pkcs11Signer(MODULE, LABEL, PIN, key_id=b"\x00") as signer:
        keys["P-256"].verify(signer.sign(digest), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        with pytest.raises(
            IdentityError, match="signs digests of 32 or 48 bytes, not 7 bytes: give the identity a"
        ):
            signer.sign(b"message")


def test_an_identity_with_the_key_of_another_certificate_is_found_out(keys: dict[str, Any]) -> None:
    with Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-384") as signer:
        identity = Identity("Org1MSP", certificate_for(keys["P-256"]), signer)
        with pytest.raises(IdentityError, match="was not made by the key of"):
            identity.sign(b"message")


def test_many_threads_sign_at_once(keys: dict[str, Any]) -> None:
    with (
        Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as first,
        Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-384") as second,
    ):
        identities = [
            Identity("Org1MSP", certificate_for(keys["P-256"]), first),
            Identity("Org1MSP", certificate_for(keys["P-384"]), second),
        ]
        work = [(identities[number % 2], number.to_bytes(2)) for number in range(200)]
        with ThreadPoolExecutor(8) as pool:
            signatures = list(pool.map(lambda each: each[0].sign(each[1]), work))
    for (identity, message), signature in zip(work, signatures, strict=True):
        assert verify(identity.certificate, message, signature)


def test_signers_share_the_login_and_the_last_one_logs_out(keys: dict[str, Any], token: Any) -> None:
    first = Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256")
    second = Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-384")
    first.close()
    first.close()
    assert second.sign(b"\x00" * 32)
    with pytest.raises(IdentityError, match=r"was closed: make a new one"):
        first.sign(b"\x00" * 32)
    with pytest.raises(pkcs11.UserAlreadyLoggedIn):
        token.open(user_pin=PIN)
    second.close()
    with token.open(user_pin=PIN):  # logged out, so the user can be let in anew
        pass


def test_a_login_by_other_code_is_used_and_left_alone(keys: dict[str, Any], token: Any) -> None:
    with token.open(user_pin=PIN) as session:
        with Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as signer:
            assert signer.sign(b"\x00" * 32)
        assert session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="P-256")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"module": "/nowhere.so"}, r"PKCS#11 token 'fabric' of /nowhere\.so cannot be opened"),
        ({"token_label": "nothing"}, "'nothing' of .* cannot be opened: NoSuchToken"),
        ({"pin": "4321"}, "refused the login: PinIncorrect"),
        ({"key_label": "nothing"}, "holds 0 keys instead of one: private key with label 'nothing'"),
        (
            {"key_label": "P-256", "key_id": b"\x07"},
            "holds 0 keys .* label 'P-256' and id 07",
        ),
        ({"key_label": None}, "found by key_label or key_id: give one of them"),
    ],
)
def test_what_cannot_be_used_is_named(keys: dict[str, Any], changed: Any, message: str) -> None:
    options = {"module": MODULE, "token_label": LABEL, "pin": PIN, "key_label": "P-256", **changed}
    with pytest.raises(IdentityError, match=message):
        Pkcs11Signer(**options)
    with Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as signer:  # and nothing is left behind
        assert signer.sign(b"\x00" * 32)


def test_keys_that_fabric_cannot_use_or_tell_apart_are_refused(token: Any, keys: dict[str, Any]) -> None:
    parameters = pkcs11.util.ec.encode_named_curve_parameters("secp521r1")
    with token.open(rw=True, user_pin=PIN) as session:
        for label, parameters_ in (("big", parameters), ("twin", parameters), ("twin", parameters)):
            domain = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: parameters_}, local=True
            )
            domain.generate_keypair(store=True, label=label)
    with pytest.raises(IdentityError, match="is not one that Fabric uses: ECDSA P-256, P-384 or Ed25519"):
        Pkcs11Signer(MODULE, LABEL, PIN, key_label="big")
    with pytest.raises(IdentityError, match="holds 2 keys instead of one"):
        Pkcs11Signer(MODULE, LABEL, PIN, key_label="twin")


def test_the_pin_is_not_shown(keys: dict[str, Any]) -> None:
    with Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as signer:
        assert PIN not in repr(signer)
        assert "token 'fabric'" in repr(signer)


def test_an_ed25519_key_signs_the_message_itself(keys: dict[str, Any], token: Any, tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    with token.open() as session:
        mechanisms = session.token.slot.get_mechanisms()
    if pkcs11.Mechanism.EDDSA not in mechanisms:
        pytest.skip("this SoftHSM was built without Ed25519")
    file = tmp_path / "ed25519.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    command = ["softhsm2-util", "--import", str(file), "--token", LABEL, "--pin", PIN, "--label", "Ed25519"]
    subprocess.run([*command, "--id", "0e"], check=True, capture_output=True, timeout=PATIENCE)
    with Pkcs11Signer(MODULE, LABEL, PIN, key_label="Ed25519") as signer:
        identity = Identity("Org1MSP", certificate_for(key.public_key()), signer)
        assert verify(identity.certificate, b"message", identity.sign(b"message"))


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
def test_a_key_that_is_made_in_the_token_is_enrolled_and_renewed_there(
    token: Any, client: Any, fake: FakeCa, tmp_path: Path, algorithm: Any
) -> None:
    label = f"made-{algorithm}-{type(client).__name__}"
    with Pkcs11Signer.generate(MODULE, LABEL, PIN, key_label=label, algorithm=algorithm) as signer:
        issues(fake, signer)
        enrolment = client.enrol("treasurer", "secret", key=signer)
        request = requested(fake)
        assert request.is_signature_valid
        assert request.public_key() == signer.public_key
        assert enrolment.key == b""
        identity = enrolment.identity("Org1MSP")
        assert verify(identity.certificate, b"message", identity.sign(b"message"))

        folder = enrolment.save(tmp_path / "msp")
        assert list((folder / "keystore").iterdir()) == []
        present = Enrolment.from_msp(folder, signer=signer)
        assert Identity.from_msp(folder, "Org1MSP", signer=signer).can_sign
        renewed = client.reenrol(present, key="same")
        assert requested(fake).public_key() == signer.public_key
        assert fake.headers[-1]["authorization"].startswith(base64.b64encode(present.certificate).decode())
        assert renewed.identity("Org1MSP").can_sign
        with Pkcs11Signer.generate(MODULE, LABEL, PIN, key_label=f"{label}-new") as other:
            issues(fake, other)
            assert client.reenrol(present, key=other).identity("Org1MSP").can_sign
    with pytest.raises(IdentityError, match=f"already holds a private key with label '{label}'"):
        Pkcs11Signer.generate(MODULE, LABEL, PIN, key_label=label)
    without = Enrolment(present.certificate, b"")
    with pytest.raises(
        IdentityError, match=r"the key of user is not here: give Enrolment\.from_msp a signer"
    ):
        client.reenrol(without, key="same")


def issues(fake: FakeCa, signer: Pkcs11Signer) -> None:
    """Have the authority issue certificates for the signer's key."""
    issued = base64.b64encode(certificate_for(signer.public_key)).decode()
    fake.says(200, {"success": True, "result": {"Cert": issued, "ServerInfo": {"CAChain": ""}}})


def requested(fake: FakeCa) -> x509.CertificateSigningRequest:
    """The last request for a certificate."""
    return x509.load_pem_x509_csr(json.loads(fake.bodies[-1])["certificate_request"].encode())


def test_a_certificate_is_requested_where_the_token_has_both_halves(token: Any, keys: dict[str, Any]) -> None:
    with token.open(rw=True, user_pin=PIN) as session:
        found = session.get_objects(
            {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.Attribute.LABEL: "P-256"}
        )
        (public,) = list(found)
        with Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as signer:
            assert signer.public_key == keys["P-256"]
        public.destroy()
    with (
        Pkcs11Signer(MODULE, LABEL, PIN, key_label="P-256") as signer,
        pytest.raises(IdentityError, match="holds 0 public keys for the private key 'P-256'"),
    ):
        signer.public_key  # noqa: B018
