"""A real Fabric CA: registration, enrolment, renewal, revocation, and certificates that peers accept."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from fabric_gateway import Hash, Identity, IdentityError, Profile, aio, connect
from fabric_gateway.ca import (
    Attribute,
    CaAlreadyRegistered,
    CaAlreadyRevoked,
    CaAuthenticationError,
    CaClient,
    CaForbidden,
    CaNotFound,
    CaRefused,
    CaUnreachable,
    Enrolment,
)
from fabric_gateway.ca import aio as aio_ca
from fabric_gateway.identity.pkcs11 import Pkcs11Signer
from kindpakket_demo.desk import CHANNEL, MUNICIPALITY
from kindpakket_network import Network
from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.wait import until
from patience import PATIENCE

ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
MSPID = "GemeenteMSP"
SOFTHSM = shutil.which("softhsm2-util") or ""
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")


@pytest.fixture(scope="module")
def profile(network: Network) -> Profile:
    return Profile.load(network.profile(MUNICIPALITY))


@pytest.fixture(scope="module")
def ca(profile: Profile) -> Iterator[CaClient]:
    with CaClient.from_profile(profile) as client:
        yield client


@contextmanager
def running_ca(folder: Path, security: int) -> Iterator[CaClient]:
    """A Fabric CA server without TLS, with its default settings and an administrator."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = [programs(print).path("fabric-ca-server"), "start", "--boot", "boss:boss-secret"]
    arguments += ["--address", "127.0.0.1", "--port", str(port), "--home", str(folder)]
    arguments += ["--cfg.identities.allowremove"]
    environment = {
        "FABRIC_CA_SERVER_BCCSP_SW_SECURITY": str(security),
        "FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS": "127.0.0.1:0",
    }
    with (folder / "log").open("wb") as log, CaClient(f"http://127.0.0.1:{port}") as client:
        server = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)

        def ready() -> bool | None:
            assert server.poll() is None, (folder / "log").read_text()
            with suppress(CaUnreachable):
                return bool(client.chain())
            return None

        try:
            assert until(ready, PATIENCE), (folder / "log").read_text()
            yield client
        finally:
            server.terminate()
            server.wait(PATIENCE)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[CaClient]:
    with running_ca(tmp_path, 256) as client:
        yield client


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[CaClient]:
    with running_ca(tmp_path, 384) as client:
        yield client


def secret_of(network: Network) -> str:
    """The registrar's secret; it is the same for every test, and can be used any number of times."""
    return (network.home / "organisations" / MUNICIPALITY / "secrets" / "ca.registrar").read_text().strip()


@pytest.fixture(scope="module")
def registrar(network: Network, ca: CaClient) -> Enrolment:
    return ca.enrol("registrar", secret_of(network))


def height(profile: Profile, identity: Identity) -> int:
    """The ledger's height, which a peer reports only to members of its organisation."""
    with connect(profile, identity) as gateway:
        return gateway.network(CHANNEL).ledger_height()


def attributes_of(enrolment: Enrolment) -> dict[str, str]:
    extension = enrolment.decoded.extensions.get_extension_for_oid(ATTRIBUTES).value
    assert isinstance(extension, x509.UnrecognizedExtension)
    attributes: dict[str, str] = json.loads(extension.value)["attrs"]
    return {name: value for name, value in attributes.items() if not name.startswith("hf.")}


def units_of(enrolment: Enrolment) -> list[str]:
    names = enrolment.decoded.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    return [str(name.value) for name in names]


def test_the_authority_tells_its_certificates(ca: CaClient, network: Network) -> None:
    root = network.home / "organisations" / MUNICIPALITY / "msp" / "cacerts" / "ca.pem"
    assert ca.chain() == root.read_bytes()
    assert (ca.info().name, ca.info().version) == ("ca", "1.5.15")


def test_who_is_registered_enrols_and_is_known_to_peers(
    ca: CaClient, registrar: Enrolment, profile: Profile, tmp_path: Path
) -> None:
    secret = ca.register(
        registrar,
        "live-first",
        attributes=[Attribute("colour", "blue"), Attribute("hidden", "yes", in_certificate=False)],
    )
    assert len(secret) >= 12
    enrolment = ca.enrol("live-first", secret)
    assert (enrolment.name, units_of(enrolment)) == ("live-first", ["client"])
    assert attributes_of(enrolment) == {"colour": "blue"}
    assert enrolment.expires > datetime.now(UTC) + timedelta(days=300)
    assert height(profile, enrolment.identity(MSPID)) > 0
    folder = enrolment.save(tmp_path / "wallet")
    assert height(profile, Identity.from_msp(folder, MSPID)) > 0
    assert attributes_of(ca.enrol("live-first", secret, attributes=["hidden"])) == {"hidden": "yes"}
    with pytest.raises(CaAuthenticationError):
        ca.enrol("live-first", "wrong")
    with pytest.raises(CaAlreadyRegistered, match="live-first"):
        ca.register(registrar, "live-first")


def test_keys_of_either_curve_enrol_and_sign_tokens(
    ca: CaClient, registrar: Enrolment, profile: Profile
) -> None:
    secret = ca.register(registrar, "live-curves")
    wide = ca.enrol("live-curves", secret, key="P-384")
    key = wide.decoded.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"
    assert height(profile, wide.identity(MSPID)) > 0
    assert ca.reenrol(wide, key="same").decoded.public_key() == key
    edwards = ca.enrol("live-curves", secret, key="Ed25519")
    assert isinstance(edwards.decoded.public_key(), ed25519.Ed25519PublicKey)
    assert height(profile, edwards.identity(MSPID)) > 0
    with pytest.raises(IdentityError, match="enrol again with the secret"):
        ca.reenrol(edwards)


def test_a_certificate_is_renewed_on_a_new_key_or_the_same(
    ca: CaClient, registrar: Enrolment, profile: Profile, tmp_path: Path
) -> None:
    secret = ca.register(registrar, "live-renewed", attributes={"colour": "red"}, max_enrolments=1)
    first = ca.enrol("live-renewed", secret)
    with pytest.raises(CaAuthenticationError):
        ca.enrol("live-renewed", secret)
    folder = first.save(tmp_path)
    second = ca.reenrol(Enrolment.from_msp(folder))
    second.save(folder)
    assert second.key != first.key
    assert second.decoded.serial_number != first.decoded.serial_number
    assert (attributes_of(second), units_of(second)) == ({"colour": "red"}, ["client"])
    assert height(profile, Identity.from_msp(folder, MSPID)) > 0
    third = ca.reenrol(second, key="same")
    assert third.decoded.public_key() == second.decoded.public_key()
    assert height(profile, third.identity(MSPID)) > 0


def test_one_certificate_is_revoked_and_the_others_stay(ca: CaClient, registrar: Enrolment) -> None:
    secret = ca.register(registrar, "live-one")
    lost, kept = ca.enrol("live-one", secret), ca.enrol("live-one", secret)
    revocation = ca.revoke(registrar, certificate=lost.certificate, reason="keycompromise", crl=True)
    ((serial, aki),) = revocation.certificates
    assert int(serial, 16) == lost.decoded.serial_number
    for crl in (revocation.crl, ca.crl(registrar)):
        numbers = {entry.serial_number for entry in x509.load_pem_x509_crl(crl)}
        assert lost.decoded.serial_number in numbers
        assert kept.decoded.serial_number not in numbers
    with pytest.raises(CaAuthenticationError):
        ca.reenrol(lost)
    assert ca.reenrol(kept)
    with pytest.raises(CaAlreadyRevoked):
        ca.revoke(registrar, serial=serial, aki=aki)
    with pytest.raises(CaNotFound):
        ca.revoke(registrar, serial="1234", aki=aki)
    revoked, valid = (
        [pem.strip() for pem in ca.certificates(registrar, name="live-one", revoked=state)]
        for state in (True, False)
    )
    assert lost.certificate.strip() in revoked
    assert lost.certificate.strip() not in valid
    assert kept.certificate.strip() in valid


def test_a_list_of_revoked_certificates_can_be_limited_to_a_time(ca: CaClient, registrar: Enrolment) -> None:
    lost = ca.enrol("live-limited", ca.register(registrar, "live-limited"))
    ca.revoke(registrar, certificate=lost.certificate)
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    before = x509.load_pem_x509_crl(ca.crl(registrar, revoked_before=now - hour))
    after = x509.load_pem_x509_crl(ca.crl(registrar, revoked_after=now - hour))
    number = lost.decoded.serial_number
    assert before.get_revoked_certificate_by_serial_number(number) is None
    assert after.get_revoked_certificate_by_serial_number(number) is not None


def test_an_identity_that_is_revoked_enrols_no_more(ca: CaClient, registrar: Enrolment) -> None:
    secret = ca.register(registrar, "live-gone")
    enrolments = [ca.enrol("live-gone", secret) for _ in range(2)]
    revoked = ca.revoke(registrar, name="live-gone").certificates
    serials = {int(serial, 16) for serial, _ in revoked}
    assert serials == {enrolment.decoded.serial_number for enrolment in enrolments}
    with pytest.raises(CaAuthenticationError):
        ca.enrol("live-gone", secret)
    with pytest.raises(CaAuthenticationError):
        ca.reenrol(enrolments[0])
    with pytest.raises(CaNotFound):
        ca.revoke(registrar, name="live-nobody")


def test_who_may_not_is_refused(ca: CaClient, registrar: Enrolment) -> None:
    plain = ca.enrol("live-plain", ca.register(registrar, "live-plain"))
    for call in (
        lambda: ca.register(plain, "live-more"),
        lambda: ca.revoke(plain, name="registrar"),
        lambda: ca.crl(plain),
        lambda: ca.identities(plain),
        lambda: ca.certificates(plain),
        lambda: ca.remove_identity(registrar, "live-plain"),
    ):
        with pytest.raises(CaForbidden):
            call()
    assert ca.revoke(plain, certificate=plain.certificate).certificates


def test_identities_are_listed_and_changed(ca: CaClient, registrar: Enrolment) -> None:
    secret = ca.register(registrar, "live-listed", attributes={"colour": "red", "size": "4"}, kind="client")
    shown = ca.identity(registrar, "live-listed")
    assert (shown.name, shown.kind, shown.affiliation) == ("live-listed", "client", "")
    assert Attribute("colour", "red") in shown.attributes
    assert "live-listed" in [identity.name for identity in ca.identities(registrar)]
    changed = ca.change_identity(registrar, "live-listed", attributes={"colour": "blue", "size": ""})
    assert Attribute("colour", "blue") in changed.attributes
    assert "size" not in [attribute.name for attribute in changed.attributes]
    assert attributes_of(ca.enrol("live-listed", secret)) == {"colour": "blue"}
    ca.change_identity(registrar, "live-listed", secret="another secret")
    assert ca.enrol("live-listed", "another secret")
    with pytest.raises(CaNotFound):
        ca.identity(registrar, "live-nobody")


def test_affiliations_stand_in_certificates(own: CaClient) -> None:
    admin = own.enrol("boss", "boss-secret").identity("OwnMSP")
    own.add_affiliation(admin, "town.desk")
    assert {"org1.department1", "town", "town.desk"} <= set(own.affiliations(admin))
    with pytest.raises(CaRefused, match="already exists"):
        own.add_affiliation(admin, "town.desk")
    secret = own.register(admin, "clerk", affiliation="town.desk")
    assert set(units_of(own.enrol("clerk", secret))) == {"client", "town", "desk"}
    assert own.identity(admin, "clerk").affiliation == "town.desk"
    assert own.remove_identity(admin, "clerk").name == "clerk"
    with pytest.raises(CaAuthenticationError):
        own.enrol("clerk", secret)


def test_tokens_are_hashed_as_the_authority_wants_it(strict: CaClient) -> None:
    """An authority with `bccsp` security level 384 verifies tokens over SHA-384."""
    admin = strict.enrol("boss", "boss-secret", key="P-384")
    with pytest.raises(CaAuthenticationError):
        strict.identities(admin)
    identities = strict.identities(admin.identity("OwnMSP", hash=Hash.SHA384))
    assert [identity.name for identity in identities] == ["boss"]


def test_a_tls_certificate_names_its_hosts(network: Network, profile: Profile) -> None:
    authority = profile.certificate_authority()
    secret = (network.home / "organisations" / MUNICIPALITY / "secrets" / "tlsca.registrar").read_text()
    with CaClient(authority.url, "tlsca", authority.tls_roots) as tlsca:
        issued = tlsca.enrol("registrar", secret.strip(), hosts=["till.example", "10.0.0.7"], profile="tls")
    names = issued.decoded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "till.example" in names.get_values_for_type(x509.DNSName)
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.7"]


def test_asyncio_does_the_same(network: Network, profile: Profile) -> None:
    async def enrol() -> None:
        async with aio_ca.CaClient.from_profile(profile) as ca:
            registrar = await ca.enrol("registrar", secret_of(network))
            names = [f"live-aio-{number}" for number in range(4)]
            secrets = await asyncio.gather(*(ca.register(registrar, name) for name in names))
            made = await asyncio.gather(*map(ca.enrol, names, secrets))
            assert [enrolment.name for enrolment in made] == names
            renewed = await ca.reenrol(made[0])
            async with aio.connect(profile, renewed.identity(MSPID)) as gateway:
                assert await gateway.network(CHANNEL).ledger_height() > 0
            revoked = await ca.revoke(registrar, name=names[0], crl=True)
            assert len(revoked.certificates) == 2
            with pytest.raises(CaAuthenticationError):
                await ca.enrol(names[0], secrets[0])

    asyncio.run(enrol())


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """A fresh SoftHSM token: module, label and PIN."""
    if not (SOFTHSM and MODULE.exists()):
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    command = [SOFTHSM, "--init-token", "--free", "--label", "ca", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    pkcs11.lib(str(MODULE)).reinitialize()  # other tests of this process may have used it
    return str(MODULE), "ca", "1234"


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
def test_a_key_that_is_made_in_a_token_enrols_renews_and_registers(
    own: CaClient, token: tuple[str, str, str], tmp_path: Path, algorithm: Literal["P-256", "P-384"]
) -> None:
    """A real authority accepts the requests and the tokens that the key signs, and it never leaves."""
    with (
        Pkcs11Signer.generate(*token, key_label="boss", algorithm=algorithm) as signer,
        Pkcs11Signer.generate(*token, key_label="next") as following,
    ):
        first = own.enrol("boss", "boss-secret", key=signer)
        folder = first.save(tmp_path / "holder")
        assert list((folder / "keystore").iterdir()) == []
        present = Enrolment.from_msp(folder, signer=signer)
        same = own.reenrol(present, key="same")
        assert same.decoded.public_key() == first.decoded.public_key() == signer.public_key
        assert same.decoded.serial_number != first.decoded.serial_number
        other = own.reenrol(same, key=following)
        assert other.decoded.public_key() == following.public_key
        assert own.register(other, "till-1", secret="till-secret") == "till-secret"
