"""The client of Fabric CA: requests, tokens, and what it makes of answers."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import pickle
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from fabric_helpers import Blocking

from kindpakket.fabric import FabricError, Hash, Identity, IdentityError, Profile
from kindpakket.fabric.ca import (
    Attribute,
    CaAlreadyRegistered,
    CaAlreadyRevoked,
    CaAuthenticationError,
    CaClient,
    CaError,
    CaForbidden,
    CaIdentity,
    CaInfo,
    CaNotFound,
    CaRefused,
    CaUnreachable,
    Enrolment,
    Revocation,
    authorisation_token,
    signing_request,
)
from kindpakket.fabric.ca import aio as aio_ca
from kindpakket.fabric.identity import load_key, make_key
from kindpakket.fabric.profile import ClientCertificate
from kindpakket.fabric.testing import make_enrolment

HALF_THE_ORDER = 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registrar")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class FakeCa:
    """A server that answers as it was told, and keeps what it was asked."""

    url: str
    root: Path
    context: ssl.SSLContext
    registrar: Enrolment
    status: int = 200
    answer: bytes = b""
    methods: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def says(self, status: int, members: Any) -> None:
        self.status, self.answer = status, json.dumps(members).encode()


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeCa]:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "cert.pem").write_bytes(certificate(key))
    (tmp_path / "key.pem").write_bytes(pem(key))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            made.methods.append(self.command)
            made.paths.append(self.path)
            made.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            made.shown.append(shown)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            self.wfile.write(made.answer)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    registrar = Enrolment(certificate(key), pem(key), b"")
    made = FakeCa(f"https://127.0.0.1:{server.server_port}", tmp_path / "cert.pem", context, registrar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["sync", "aio"])
def client(request: pytest.FixtureRequest, fake: FakeCa) -> Iterator[Any]:
    """The same calls in both flavours."""
    if request.param == "sync":
        with CaClient(fake.url, "ca", fake.root) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        blocking = Blocking(runner, aio_ca.CaClient(fake.url, "ca", fake.root))
        yield blocking
        blocking.close()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def verified(fake: FakeCa, method: str, path: str) -> dict[str, Any]:
    """The last request's body, once its token is seen to be the registrar's over just this request."""
    assert (fake.methods[-1], fake.paths[-1]) == (method, path)
    own, signature = fake.headers[-1]["authorization"].split(".")
    assert base64.b64decode(own) == fake.registrar.certificate
    signed = f"{method}.{encoded(path.encode())}.{encoded(fake.bodies[-1])}.{own}".encode()
    public = load_key(fake.registrar.key).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
    return dict(json.loads(fake.bodies[-1])) if fake.bodies[-1] else {}


ISSUED = {"success": True, "result": {"Cert": encoded(b"CERT"), "ServerInfo": {"CAChain": encoded(b"CHAIN")}}}


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_the_token_signs_method_path_body_and_certificate_with_a_low_s(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    own = Enrolment(certificate(key), pem(key))
    for _ in range(20):
        token = authorisation_token("POST", "/api/v1/register", b'{"id":"x"}', own)
        shown, signature = token.split(".")
        assert base64.b64decode(shown) == own.certificate
        parts = (b"/api/v1/register", b'{"id":"x"}', own.certificate)
        signed = ".".join(["POST", *(encoded(part) for part in parts)]).encode()
        key.public_key().verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
        if isinstance(curve, ec.SECP256R1):
            assert decode_dss_signature(base64.b64decode(signature))[1] <= HALF_THE_ORDER


def test_an_identity_signs_tokens_with_its_own_hash_function() -> None:
    """As an authority with `bccsp` security level 384 expects it; or where the key is in a module."""
    key = ec.generate_private_key(ec.SECP384R1())
    caller = Identity("Org1MSP", certificate(key), key, hash=Hash.SHA384)
    shown, signature = authorisation_token("GET", "/x", b"", caller).split(".")
    signed = f"GET.{encoded(b'/x')}..{shown}".encode()
    key.public_key().verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA384()))


def test_a_token_needs_a_key_that_fabric_knows() -> None:
    key = rsa.generate_private_key(65537, 2048)
    with pytest.raises(IdentityError, match=r"tokens signed with Ed25519, .*enrol again with the secret"):
        authorisation_token("POST", "/", b"", make_enrolment(algorithm="Ed25519"))
    with pytest.raises(IdentityError, match=r"RSA.*use ECDSA P-256, P-384 or Ed25519"):
        authorisation_token("POST", "/", b"", Enrolment(make_enrolment().certificate, pem(key)))


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "Ed25519"])
def test_a_signing_request_names_the_identity_and_its_hosts(algorithm: Any) -> None:
    key = make_key(algorithm)
    read = x509.load_pem_x509_csr(signing_request("peer0.x", key, ["peer0.x", "127.0.0.1"]))
    assert read.is_signature_valid
    assert read.public_key() == key.public_key()
    assert read.subject.rfc4514_string() == "CN=peer0.x"
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["peer0.x"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_keys_of_other_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="no key algorithm 'RSA'"):
        make_key("RSA")  # type: ignore[arg-type]
    with pytest.raises(IdentityError, match="RSAPrivateKey cannot sign"):
        load_key(pem(rsa.generate_private_key(65537, 2048)))
    with pytest.raises(IdentityError, match="give unencrypted PEM"):
        load_key(b"no key")


def test_enrolling_sends_a_request_and_no_key(fake: FakeCa, client: Any) -> None:
    fake.says(201, ISSUED)
    enrolment = client.enrol("clerk", "secret", profile="tls", attributes=["role"], hosts=["till.x"])
    assert (enrolment.certificate, enrolment.chain) == (b"CERT", b"CHAIN")
    sent = json.loads(fake.bodies[0])
    assert set(sent) == {"certificate_request", "caname", "profile", "attr_reqs"}
    assert (sent["caname"], sent["profile"], sent["attr_reqs"]) == ("ca", "tls", [{"name": "role"}])
    request = x509.load_pem_x509_csr(sent["certificate_request"].encode())
    assert request.public_key() == load_key(enrolment.key).public_key()
    assert (fake.methods, fake.paths) == (["POST"], ["/api/v1/enroll"])
    assert fake.headers[0]["authorization"] == "Basic " + encoded(b"clerk:secret")
    assert b"PRIVATE" not in fake.bodies[0]
    assert "PRIVATE" not in repr(enrolment)


def test_a_key_can_be_of_another_kind_or_given(fake: FakeCa, client: Any) -> None:
    fake.says(201, ISSUED)
    key = load_key(client.enrol("clerk", "s", key="P-384").key)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp384r1"
    own = make_enrolment().key
    assert client.enrol("clerk", "s", key=own).key == own
    request = x509.load_pem_x509_csr(json.loads(fake.bodies[-1])["certificate_request"].encode())
    assert request.public_key() == load_key(own).public_key()


def test_enrolling_again_makes_a_new_key_or_keeps_it(fake: FakeCa, client: Any) -> None:
    fake.says(201, ISSUED)
    renewed = client.reenrol(fake.registrar)
    assert renewed.key != fake.registrar.key
    sent = verified(fake, "POST", "/api/v1/reenroll")
    request = x509.load_pem_x509_csr(sent["certificate_request"].encode())
    assert request.subject.rfc4514_string() == "CN=registrar"
    assert request.public_key() == load_key(renewed.key).public_key()
    assert client.reenrol(fake.registrar, key="same").key == fake.registrar.key


def test_registering_puts_attributes_into_certificates(fake: FakeCa, client: Any) -> None:
    fake.says(201, {"success": True, "result": {"secret": "made"}})
    assert client.register(fake.registrar, "till", attributes={"role": "cashier"}) == "made"
    sent = verified(fake, "POST", "/api/v1/register")
    assert sent["attrs"] == [{"name": "role", "value": "cashier", "ecert": True}]
    assert (sent["id"], sent["type"], sent["affiliation"]) == ("till", "client", "")
    assert not {"secret", "max_enrollments"} & set(sent)
    client.register(
        fake.registrar,
        "peer0",
        secret="s",
        kind="peer",
        affiliation="a.b",
        attributes=[Attribute("hf.Revoker", "true", in_certificate=False)],
        max_enrolments=2,
    )
    sent = verified(fake, "POST", "/api/v1/register")
    assert (sent["secret"], sent["type"], sent["affiliation"], sent["max_enrollments"]) == (
        "s",
        "peer",
        "a.b",
        2,
    )
    assert sent["attrs"] == [{"name": "hf.Revoker", "value": "true", "ecert": False}]


def test_revoking_by_name_by_certificate_and_by_number(fake: FakeCa, client: Any) -> None:
    found = {"RevokedCerts": [{"Serial": "1f", "AKI": "ab"}], "CRL": encoded(b"CRL")}
    fake.says(200, {"success": True, "result": found})
    assert client.revoke(fake.registrar, name="till", reason="keycompromise", crl=True) == Revocation(
        (("1f", "ab"),), b"CRL"
    )
    sent = verified(fake, "POST", "/api/v1/revoke")
    assert sent == {"caname": "ca", "reason": "keycompromise", "gencrl": True, "id": "till"}
    client.revoke(fake.registrar, serial="1f", aki="ab")
    sent = verified(fake, "POST", "/api/v1/revoke")
    assert (sent["serial"], sent["aki"], sent["reason"]) == ("1f", "ab", "unspecified")
    fake.says(200, {"success": True, "result": {"RevokedCerts": None}})
    assert client.revoke(fake.registrar, name="till") == Revocation((), b"")


def test_a_revocation_says_what_it_means(fake: FakeCa, client: Any) -> None:
    for given in ({}, {"serial": "1"}, {"aki": "1"}, {"name": "x", "serial": "1", "aki": "1"}):
        with pytest.raises(ValueError, match="one of these"):
            client.revoke(fake.registrar, **given)
    with pytest.raises(ValueError, match="has no authority key identifier"):
        client.revoke(fake.registrar, certificate=fake.registrar.certificate)
    assert fake.paths == []


def test_the_list_of_revoked_certificates_can_be_limited(fake: FakeCa, client: Any) -> None:
    fake.says(200, {"success": True, "result": {"CRL": encoded(b"CRL")}})
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert client.crl(fake.registrar, revoked_after=at) == b"CRL"
    sent = verified(fake, "POST", "/api/v1/gencrl")
    assert sent == {"caname": "ca", "revokedafter": "2026-11-25T12:00:00+00:00"}


def test_identities_are_listed_shown_changed_and_removed(fake: FakeCa, client: Any) -> None:
    kept = {
        "id": "till 1/a",
        "type": "client",
        "affiliation": "a.b",
        "attrs": [{"name": "role", "value": "cashier", "ecert": True}, {"name": "x", "value": "y"}],
        "max_enrollments": 3,
    }
    shown = CaIdentity(
        "till 1/a", "client", "a.b", (Attribute("role", "cashier"), Attribute("x", "y", False)), 3
    )
    fake.says(200, {"success": True, "result": {"identities": [kept], "caname": "ca"}})
    assert client.identities(fake.registrar) == (shown,)
    verified(fake, "GET", "/api/v1/identities?ca=ca")
    fake.says(200, {"success": True, "result": kept})
    assert client.identity(fake.registrar, "till 1/a") == shown
    verified(fake, "GET", "/api/v1/identities/till%201%2Fa?ca=ca")
    assert client.change_identity(fake.registrar, "till", secret="new", attributes={"role": ""}) == shown
    sent = verified(fake, "PUT", "/api/v1/identities/till")
    assert sent == {"caname": "ca", "secret": "new", "attrs": [{"name": "role", "value": "", "ecert": True}]}
    assert client.remove_identity(fake.registrar, "till") == shown
    verified(fake, "DELETE", "/api/v1/identities/till?ca=ca")


def test_affiliations_and_certificates_are_listed(fake: FakeCa, client: Any) -> None:
    tree = {"name": "", "affiliations": [{"name": "b"}, {"name": "a", "affiliations": [{"name": "a.b"}]}]}
    fake.says(200, {"success": True, "result": tree})
    assert client.affiliations(fake.registrar) == ("a", "a.b", "b")
    verified(fake, "GET", "/api/v1/affiliations?ca=ca")
    client.add_affiliation(fake.registrar, "a.c")
    assert verified(fake, "POST", "/api/v1/affiliations?force=true") == {"name": "a.c", "caname": "ca"}
    fake.says(200, {"success": True, "result": {"certs": [{"PEM": "C1"}, {"PEM": "C2"}]}})
    assert client.certificates(fake.registrar, name="till 1", expired=False, revoked=False) == (b"C1", b"C2")
    verified(fake, "GET", "/api/v1/certificates?ca=ca&id=till+1&notexpired=true&notrevoked=true")
    client.certificates(fake.registrar)
    verified(fake, "GET", "/api/v1/certificates?ca=ca")


def test_request_makes_any_call_and_returns_the_whole_answer(fake: FakeCa, client: Any) -> None:
    refused = {"success": False, "result": None, "errors": [{"code": 63, "message": "no"}], "messages": []}
    fake.says(404, refused)
    path = "affiliations/a.b?force=true"
    assert client.request("PUT", path, {"name": "a.c"}, caller=fake.registrar) == refused
    assert verified(fake, "PUT", f"/api/v1/{path}") == {"name": "a.c"}
    fake.says(200, {"success": True, "result": {}, "errors": [], "messages": []})
    assert client.request("POST", "enroll", {}, login=("clerk", "secret"))["success"]
    assert fake.headers[-1]["authorization"] == f"Basic {encoded(b'clerk:secret')}"
    assert client.request("GET", "cainfo")["success"]
    assert "authorization" not in fake.headers[-1]
    for answer in (b"<html>", b"[]"):
        fake.answer = answer
        with pytest.raises(CaUnreachable, match="is it a Fabric CA server"):
            client.request("GET", "cainfo")


def test_an_authority_tells_what_it_is(fake: FakeCa, client: Any) -> None:
    result = {"CAName": "ca", "CAChain": encoded(b"CHAIN"), "Version": "1.5.15"}
    fake.says(200, {"success": True, "result": result})
    assert client.info() == CaInfo("ca", b"CHAIN", "1.5.15")
    assert client.chain() == b"CHAIN"
    assert "authorization" not in fake.headers[0]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 20, CaAuthenticationError),
        (409, 74, CaAlreadyRegistered),
        (403, 71, CaForbidden),
        (404, 63, CaNotFound),
        (404, 66, CaAlreadyRevoked),
        (500, 0, CaRefused),
    ],
)
def test_a_refusal_carries_status_codes_and_words(
    fake: FakeCa, client: Any, status: int, code: int, kind: type[CaRefused]
) -> None:
    fake.says(status, {"success": False, "result": "", "errors": [{"code": code, "message": "because"}]})
    with pytest.raises(CaRefused, match="because") as caught:
        client.register(fake.registrar, "till", secret="s")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.codes) == (status, (code,))
    assert isinstance(caught.value, FabricError)
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (str(copied), copied.codes) == (str(caught.value), (code,))


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b"{}", b'{"success": true, "result": {}}', b'{"success": true}']
)
def test_an_answer_that_is_none_is_no_success(fake: FakeCa, client: Any, answer: bytes) -> None:
    fake.answer = answer
    with pytest.raises((CaUnreachable, CaRefused)):
        client.chain()
    with pytest.raises((CaUnreachable, CaRefused)):
        client.enrol("till", "s")


def test_certificates_to_trust_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    for flavour in (CaClient, aio_ca.CaClient):
        with pytest.raises(CaError, match=r"tls_root: .*absent\.pem cannot be used .* No such file"):
            flavour("https://127.0.0.1:1", "ca", tmp_path / "absent.pem")
        with pytest.raises(CaError, match=r"tls_root: .*bad\.pem cannot be used"):
            flavour("https://127.0.0.1:1", "ca", tmp_path / "bad.pem")


def test_nobody_answers_or_somebody_else_does(fake: FakeCa) -> None:
    other = make_enrolment("127.0.0.1").certificate
    with (
        CaClient("https://127.0.0.1:1", "ca", fake.root) as client,
        pytest.raises(CaUnreachable, match=r"no answer from the authority ca at https://127\.0\.0\.1:1"),
    ):
        client.chain()
    with CaClient(fake.url, "ca", other) as client, pytest.raises(CaUnreachable, match="CERTIFICATE_VERIFY"):
        client.chain()
    assert fake.paths == []


def test_a_client_comes_from_a_profile(fake: FakeCa) -> None:
    content = {
        "client": {"organization": "o"},
        "organizations": {"o": {"mspid": "OMSP", "certificateAuthorities": ["ca.o"]}},
        "certificateAuthorities": {
            "ca.o": {"url": fake.url, "caName": "tlsca", "tlsCACerts": {"path": str(fake.root)}}
        },
    }
    fake.says(200, {"success": True, "result": {"CAName": "x", "CAChain": ""}})
    for name in (None, "ca.o"):
        with CaClient.from_profile(Profile.from_mapping(content), name) as client:
            client.info()
        assert json.loads(fake.bodies[-1]) == {"caname": "tlsca"}


def test_mutual_tls_shows_the_clients_certificate(fake: FakeCa, tmp_path: Path) -> None:
    own = make_enrolment("till")
    (tmp_path / "clients.pem").write_bytes(own.certificate)
    fake.context.load_verify_locations(tmp_path / "clients.pem")
    fake.context.verify_mode = ssl.CERT_REQUIRED
    fake.says(200, {"success": True, "result": {"CAName": "x", "CAChain": ""}})
    shown = ClientCertificate(own.certificate, own.key)
    with CaClient(fake.url, "ca", fake.root, client_certificate=shown) as client:
        client.info()
    assert fake.shown[-1]["subject"] == ((("commonName", "till"),),)
    with CaClient(fake.url, "ca", fake.root) as client, pytest.raises(CaUnreachable):
        client.info()


def test_a_cancelled_call_leaves_nothing_running(fake: FakeCa) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    async def cancel() -> None:
        async with aio_ca.CaClient(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            call = asyncio.create_task(client.info())
            connection, _ = await asyncio.to_thread(listener.accept)
            with connection:
                connection.settimeout(5)
                await asyncio.to_thread(connection.recv, 1)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                while await asyncio.to_thread(connection.recv, 4096):
                    pass  # the connection ends

    with listener:
        listener.settimeout(5)
        asyncio.run(cancel())


def test_the_twins_have_the_same_calls() -> None:
    def calls(flavour: type) -> dict[str, Any]:
        return {
            name: inspect.signature(value).parameters
            for name, value in vars(flavour).items()
            if inspect.isfunction(value) and not name.startswith("_")
        }

    assert calls(aio_ca.CaClient) == calls(CaClient)
    assert all(inspect.iscoroutinefunction(getattr(aio_ca.CaClient, name)) for name in calls(CaClient))
