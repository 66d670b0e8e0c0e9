"""A certificate authority, as hfc speaks to one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hfc_place import Place

from fabric_gateway.hfc.fabric_ca.caservice import CAService, Enrollment, ca_service


@dataclass
class Authority:
    """A server that answers as it was told, and keeps what it was asked."""

    url: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)

    def gives(self, result: Any) -> None:
        self.answer = {"success": True, "result": result, "errors": [], "messages": []}

    def refuses(self) -> None:
        errors = [{"code": 20, "message": "Authentication failure"}]
        self.answer = {"success": False, "result": "", "errors": errors, "messages": []}


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.asked.append((self.command, self.path, json.loads(body) if body else None, headers))
            content = json.dumps(made.answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def service(authority: Authority) -> CAService:
    return ca_service(target=authority.url, ca_name="ca1")


@pytest.fixture
def registrar(place: Place, service: CAService) -> Enrollment:
    enrollment = place.user.enrollment
    assert enrollment is not None
    return Enrollment(enrollment.private_key, enrollment.cert, None, service)


def issued() -> dict[str, Any]:
    return {
        "Cert": base64.b64encode(b"the certificate").decode(),
        "ServerInfo": {"CAChain": base64.b64encode(b"the chain").decode()},
    }


def test_enrolling_sends_a_request_for_the_name(authority: Authority, service: CAService) -> None:
    authority.gives(issued())
    wanted: list[Mapping[str, Any]] = [{"name": "role", "optional": True}]
    made = service.enroll("clerk", "secret", attr_reqs=wanted)
    assert (made.cert, made.caCert) == (b"the certificate", b"the chain")
    method, path, body, headers = authority.asked[0]
    assert (method, path, body["caname"], body["attr_reqs"]) == ("POST", "/api/v1/enroll", "ca1", wanted)
    request = x509.load_pem_x509_csr(body["certificate_request"].encode())
    assert request.subject.rfc4514_string() == "CN=clerk"
    assert made.private_key is not None
    assert request.public_key() == made.private_key.public_key()
    assert headers["authorization"] == "Basic " + base64.b64encode(b"clerk:secret").decode()


def test_a_request_made_elsewhere_leaves_no_key(authority: Authority, service: CAService) -> None:
    authority.gives(issued())
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    made = service.enroll("clerk", "secret", csr=request)
    assert made.private_key is None
    with pytest.raises(ValueError, match="no private key"):
        made.register("other")


def test_requests_carry_todays_token(authority: Authority, service: CAService, registrar: Enrollment) -> None:
    authority.gives({"identities": []})
    service.newIdentityService().getAll(registrar)
    method, path, _, headers = authority.asked[0]
    certificate, signature = headers["authorization"].split(".")
    encoded = [base64.b64encode(part).decode() for part in (path.encode(), b"", registrar.cert)]
    signed = ".".join([method, *encoded]).encode()
    key = x509.load_pem_x509_certificate(base64.b64decode(certificate)).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
    assert path == "/api/v1/identities?ca=ca1"


def test_registering_gives_the_secret(authority: Authority, registrar: Enrollment) -> None:
    authority.gives({"secret": "made there"})
    attributes: list[Mapping[str, Any]] = [{"name": "role", "value": "buyer", "ecert": True}]
    assert registrar.register("clerk", role="client", maxEnrollments=-1, attrs=attributes) == "made there"
    assert authority.asked[0][2] == {
        "id": "clerk",
        "affiliation": "",
        "max_enrollments": -1,
        "type": "client",
        "attrs": attributes,
        "caname": "ca1",
    }


def test_reenrolling_and_revoking(authority: Authority, service: CAService, registrar: Enrollment) -> None:
    authority.gives(issued())
    again = service.reenroll(registrar)
    assert again.cert == b"the certificate"
    authority.gives({"RevokedCerts": [{"Serial": "1", "AKI": "2"}], "CRL": ""})
    assert registrar.revoke("clerk", reason="superseded") == ([{"Serial": "1", "AKI": "2"}], "")
    assert authority.asked[1][2] == {
        "id": "clerk",
        "reason": "superseded",
        "gencrl": False,
        "caname": "ca1",
    }
    authority.gives({"CRL": "the list"})
    assert registrar.generateCRL(revokedBefore=datetime(2026, 1, 1, tzinfo=UTC)) == "the list"
    assert authority.asked[2][2] == {"revokedBefore": "2026-01-01T00:00:00+00:00", "caname": "ca1"}


def test_a_refusal_has_hfcs_words(authority: Authority, service: CAService, registrar: Enrollment) -> None:
    authority.refuses()
    refusal = r" with errors \[\{'code': 20, 'message': 'Authentication failure'\}\]"
    for words, call in (
        ("Enrollment failed", lambda: service.enroll("clerk", "wrong")),
        ("Registering failed", lambda: registrar.register("clerk")),
        ("Reenrollment failed", lambda: service.reenroll(registrar)),
        ("Revoking failed", lambda: registrar.revoke("clerk")),
        ("generating CRL failed", registrar.generateCRL),
        ("get_cainfo failed", service._ca_client.get_cainfo),
    ):
        with pytest.raises(ValueError, match=words + refusal):
            call()
    assert service.newIdentityService().getOne("clerk", registrar) == authority.answer


def test_what_is_asked_wrongly_is_not_sent(
    authority: Authority, service: CAService, registrar: Enrollment
) -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    for words, call in (
        ("enrollment_secret", lambda: service.enroll("clerk", "")),
        ("attr_reqs", lambda: service.enroll("clerk", "secret", attr_reqs=[{}])),
        ("currentUser", lambda: service.reenroll("clerk")),  # type: ignore[arg-type]
        ("enrollmentID", lambda: registrar.register("")),
        ("maxEnrollments is 'many'", lambda: registrar.register("clerk", maxEnrollments="many")),  # type: ignore[arg-type]
        ("name what to revoke", registrar.revoke),
        ("'bored' is not one of", lambda: registrar.revoke("clerk", reason="bored")),
        ("is later than", lambda: registrar.generateCRL(revokedAfter=late, revokedBefore=early)),
        ("not a valid string", lambda: service.newIdentityService().getOne(5, registrar)),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=words):
            call()
    assert not authority.asked


def test_paths_of_the_other_services(authority: Authority, service: CAService, registrar: Enrollment) -> None:
    authority.gives({"secret": "s"})
    identities, affiliations = service.newIdentityService(), service.newAffiliationService()
    identities.create(registrar, "clerk")
    identities.update("clerk", registrar, maxEnrollments=3)
    identities.delete("the clerk/2", registrar, force=True)
    affiliations.create(registrar, "office", force=True)
    affiliations.getOne("office", registrar)
    affiliations.getAll(registrar)
    affiliations.update("office", registrar, "bureau")
    affiliations.delete("bureau", registrar)
    service.newCertificateService().getCertificates(registrar, id="clerk", notexpired=True)
    assert [(method, path.removeprefix("/api/v1/")) for method, path, _, _ in authority.asked] == [
        ("POST", "identities"),
        ("PUT", "identities/clerk"),
        ("DELETE", "identities/the%20clerk%2F2?ca=ca1&force=true"),
        ("POST", "affiliations?force=true"),
        ("GET", "affiliations/office"),
        ("GET", "affiliations"),
        ("PUT", "affiliations/office"),
        ("DELETE", "affiliations/bureau"),
        ("GET", "certificates?id=clerk&notexpired=true&ca=ca1"),
    ]
    assert authority.asked[1][2] == {"max_enrollments": 3, "caname": "ca1"}
