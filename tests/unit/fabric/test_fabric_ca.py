"""The client of Fabric CA: what each call sends, and what it makes of answers."""

from __future__ import annotations

import inspect
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fake_ca import FakeCa, encoded, verified

from fabric_gateway import FabricError
from fabric_gateway.ca import (
    Attribute,
    CaAlreadyRegistered,
    CaAlreadyRevoked,
    CaAuthenticationError,
    CaClient,
    CaForbidden,
    CaIdentity,
    CaInfo,
    CaNotFound,
    CaRefused,
    CaUnreachable,
    Revocation,
)
from fabric_gateway.ca import aio as aio_ca
from fabric_gateway.identity import load_key
from fabric_gateway.testing import make_enrolment

ISSUED = {"success": True, "result": {"Cert": encoded(b"CERT"), "ServerInfo": {"CAChain": encoded(b"CHAIN")}}}


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


def test_the_twins_have_the_same_calls() -> None:
    def calls(flavour: type) -> dict[str, Any]:
        return {
            name: inspect.signature(value).parameters
            for name, value in vars(flavour).items()
            if inspect.isfunction(value) and not name.startswith("_")
        }

    assert calls(aio_ca.CaClient) == calls(CaClient)
    assert all(inspect.iscoroutinefunction(getattr(aio_ca.CaClient, name)) for name in calls(CaClient))
