"""The client of Fabric CA: requests, tokens, and what it makes of answers."""

from __future__ import annotations

import base64
import json
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

from kindpakket.fabric.ca import (
    CaAlreadyRegistered,
    CaAuthenticationError,
    CaClient,
    CaRefused,
    CaUnreachable,
    Enrolment,
    authorisation_token,
    signing_request,
)

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
    registrar: Enrolment
    status: int = 200
    answer: bytes = b""
    paths: list[str] = field(default_factory=list)
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
        def do_POST(self) -> None:
            made.paths.append(self.path)
            made.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            self.wfile.write(made.answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    registrar = Enrolment(certificate(key), pem(key), b"")
    made = FakeCa(f"https://127.0.0.1:{server.server_port}", tmp_path / "cert.pem", registrar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(fake: FakeCa) -> Iterator[CaClient]:
    with CaClient(fake.url, "ca", fake.root) as client:
        yield client


def test_the_token_signs_method_path_body_and_certificate_with_a_low_s() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    own = certificate(key)
    for _ in range(20):
        token = authorisation_token("POST", "/api/v1/register", b'{"id":"x"}', own, pem(key))
        encoded, signature = token.split(".")
        assert base64.b64decode(encoded) == own
        parts = (b"/api/v1/register", b'{"id":"x"}', own)
        signed = ".".join(["POST", *(base64.b64encode(part).decode() for part in parts)]).encode()
        key.public_key().verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
        assert decode_dss_signature(base64.b64decode(signature))[1] <= HALF_THE_ORDER


def test_a_token_needs_a_key_on_p256() -> None:
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(ValueError, match="give a P-256 private key"):
            authorisation_token("POST", "/", b"", b"", pem(key))


def test_a_signing_request_names_the_identity_and_its_hosts() -> None:
    key, request = signing_request("peer0.x", ["peer0.x", "127.0.0.1"])
    read = x509.load_pem_x509_csr(request)
    assert read.is_signature_valid
    assert read.subject.rfc4514_string() == "CN=peer0.x"
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["peer0.x"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert b"BEGIN PRIVATE KEY" in key


def test_enrolling_sends_a_request_and_no_key(fake: FakeCa, client: CaClient) -> None:
    encoded = [base64.b64encode(part).decode() for part in (b"CERT", b"CHAIN")]
    fake.says(201, {"success": True, "result": {"Cert": encoded[0], "ServerInfo": {"CAChain": encoded[1]}}})
    enrolment = client.enrol("clerk", "secret", profile="tls")
    assert (enrolment.certificate, enrolment.chain) == (b"CERT", b"CHAIN")
    sent = json.loads(fake.bodies[0])
    assert set(sent) == {"certificate_request", "caname", "profile"}
    assert fake.paths == ["/api/v1/enroll"]
    assert fake.headers[0]["authorization"] == "Basic " + base64.b64encode(b"clerk:secret").decode()
    assert b"PRIVATE" not in fake.bodies[0]


def test_registering_puts_attributes_into_certificates(fake: FakeCa, client: CaClient) -> None:
    fake.says(201, {"success": True, "result": {"secret": "s"}})
    client.register(fake.registrar, "till", "s", "client", {"kindpakket.role": "cashier"})
    sent = json.loads(fake.bodies[0])
    assert sent["attrs"] == [{"name": "kindpakket.role", "value": "cashier", "ecert": True}]
    assert (sent["id"], sent["type"], sent["secret"], sent["affiliation"]) == ("till", "client", "s", "")
    assert (
        fake.headers[0]["authorization"].split(".")[0]
        == base64.b64encode(fake.registrar.certificate).decode()
    )


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 20, CaAuthenticationError),
        (409, 74, CaAlreadyRegistered),
        (403, 71, CaRefused),
        (500, 0, CaRefused),
    ],
)
def test_a_refusal_carries_status_codes_and_words(
    fake: FakeCa, client: CaClient, status: int, code: int, kind: type[CaRefused]
) -> None:
    fake.says(status, {"success": False, "result": "", "errors": [{"code": code, "message": "because"}]})
    with pytest.raises(CaRefused, match="because") as caught:
        client.register(fake.registrar, "till", "s")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.codes) == (status, (code,))


@pytest.mark.parametrize(
    "answer", [b"<html>", b"{}", b'{"success": true, "result": {}}', b'{"success": true}']
)
def test_an_answer_that_is_none_is_no_success(fake: FakeCa, client: CaClient, answer: bytes) -> None:
    fake.answer = answer
    with pytest.raises((CaUnreachable, CaRefused)):
        client.chain()


def test_a_missing_trust_root_is_named(fake: FakeCa, tmp_path: Path) -> None:
    with (
        CaClient(fake.url, "ca", tmp_path / "absent.pem") as client,
        pytest.raises(CaUnreachable, match=r"absent\.pem"),
    ):
        client.chain()


def test_nobody_answers(fake: FakeCa) -> None:
    with (
        CaClient("https://127.0.0.1:1", "ca", fake.root) as client,
        pytest.raises(CaUnreachable, match="no answer"),
    ):
        client.chain()
