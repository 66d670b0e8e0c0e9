"""What the client of Fabric CA signs, tokens and requests for certificates, and with which keys."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fake_ca import certificate, encoded, pem

from fabric_gateway import Hash, Identity, IdentityError
from fabric_gateway.ca import Enrolment, authorisation_token, signing_request
from fabric_gateway.identity import load_key, make_key
from fabric_gateway.testing import make_enrolment

HALF_THE_ORDER = 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8


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
    with pytest.raises(IdentityError, match="the private key is not PEM, which begins with -----BEGIN"):
        load_key(b"no key")
