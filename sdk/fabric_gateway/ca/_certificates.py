"""Calls about certificates: issue, list and revoke them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from cryptography import x509

from fabric_gateway import _arguments as check
from fabric_gateway.ca._call import CaCall, Caller, decoded, json_body, query
from fabric_gateway.ca._enrolment import Enrolment
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._identity import PrivateKey
from fabric_gateway.identity._keys import KeyAlgorithm, key_pem, load_key, make_key, signing_request
from fabric_gateway.identity._signer_key import KeyHolder

Reason: TypeAlias = Literal[
    "unspecified",
    "keycompromise",
    "cacompromise",
    "affiliationchanged",
    "superseded",
    "cessationofoperation",
    "certificatehold",
    "privilegewithdrawn",
    "aacompromise",
]
"""Why a certificate is revoked, as RFC 5280 names it."""


@dataclass(frozen=True, slots=True)
class CaInfo:
    """What an authority says about itself.

    Attributes:
        name: its name within its server.
        chain: its own certificates, PEM, root included.
        version: the server's version.
    """

    name: str
    chain: bytes = field(repr=False)
    version: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """What was revoked.

    Attributes:
        certificates: serial number and authority key identifier of each certificate, in hexadecimal.
        crl: the authority's list of revoked certificates, PEM, if it was asked for and any was revoked; else
            b"". Channels learn of revocations from this list in the organisation's MSP only.
    """

    certificates: tuple[tuple[str, str], ...]
    crl: bytes = field(repr=False)


def informing(ca: str) -> CaCall[CaInfo]:
    """Ask what the authority is."""

    def decode(result: Mapping[str, Any]) -> CaInfo:
        return CaInfo(str(result["CAName"]), decoded(result["CAChain"]), str(result.get("Version", "")))

    return CaCall("cainfo", "POST", "cainfo", json_body({"caname": ca}), decode)


def enrolling(
    ca: str,
    name: str,
    secret: str,
    key: KeyAlgorithm | bytes | PrivateKey | KeyHolder,
    hosts: Sequence[str],
    profile: str | None,
    attributes: Sequence[str] | None,
) -> CaCall[Enrolment]:
    """Have a first certificate issued."""
    check.name("name", name)
    check.name("secret", secret)
    signing, pem = _key(key)
    body = _request(ca, name, signing, hosts, profile, attributes)
    return CaCall("enroll", "POST", "enroll", body, _enrolment_with(signing, pem), basic=(name, secret))


def reenrolling(
    ca: str,
    present: Enrolment,
    key: KeyAlgorithm | Literal["same"] | bytes | PrivateKey | KeyHolder,
    hosts: Sequence[str],
    profile: str | None,
    attributes: Sequence[str] | None,
) -> CaCall[Enrolment]:
    """Have a further certificate issued."""
    check.instance("present", present, Enrolment, "an Enrolment, such as Enrolment.from_msp(…)")
    signing, pem = _key(_present_key(present) if key == "same" else key)
    body = _request(ca, present.name, signing, hosts, profile, attributes)
    return CaCall("reenroll", "POST", "reenroll", body, _enrolment_with(signing, pem), caller=present)


def revoking(
    ca: str,
    revoker: Caller,
    name: str | None,
    certificate: bytes | None,
    serial: str | None,
    aki: str | None,
    reason: Reason,
    crl: bool,
) -> CaCall[Revocation]:
    """Revoke one certificate, or an identity with all of its certificates."""
    if certificate is not None:
        serial, aki = certificate_id(certificate)
    if (name is None) == (serial is None) or (serial is None) != (aki is None):
        raise ValueError("give exactly one of these: name, certificate, or serial with aki")
    members: dict[str, Any] = {"caname": ca, "reason": reason, "gencrl": crl}
    members |= {"id": name} if serial is None else {"serial": serial, "aki": aki}

    def decode(result: Mapping[str, Any]) -> Revocation:
        found = tuple(
            (str(revoked["Serial"]), str(revoked["AKI"])) for revoked in result.get("RevokedCerts") or ()
        )
        return Revocation(found, decoded(result.get("CRL") or ""))

    return CaCall("revoke", "POST", "revoke", json_body(members), decode, caller=revoker)


def listing_revoked(
    ca: str,
    caller: Caller,
    revoked: tuple[datetime | None, datetime | None],
    expires: tuple[datetime | None, datetime | None],
) -> CaCall[bytes]:
    """Ask for a list of revoked certificates."""
    limits = {
        "revokedafter": revoked[0],
        "revokedbefore": revoked[1],
        "expireafter": expires[0],
        "expirebefore": expires[1],
    }
    times = {name: at.astimezone(UTC).isoformat() for name, at in limits.items() if at is not None}
    return CaCall(
        "gencrl",
        "POST",
        "gencrl",
        json_body({"caname": ca, **times}),
        lambda result: decoded(result["CRL"]),
        caller=caller,
    )


def listing_certificates(
    ca: str, caller: Caller, name: str | None, expired: bool, revoked: bool
) -> CaCall[tuple[bytes, ...]]:
    """Ask for issued certificates."""
    limits = {} if name is None else {"id": name}
    limits |= {} if expired else {"notexpired": "true"}
    limits |= {} if revoked else {"notrevoked": "true"}

    def decode(result: Mapping[str, Any]) -> tuple[bytes, ...]:
        return tuple(str(certificate["PEM"]).encode() for certificate in result.get("certs") or ())

    return CaCall("certificates", "GET", f"certificates{query(ca, **limits)}", b"", decode, caller=caller)


def certificate_id(certificate: bytes) -> tuple[str, str]:
    """Serial number and authority key identifier of a certificate, in hexadecimal, as Fabric CA keeps them.

    Raises:
        ValueError: it cannot be read, or names no authority key.
    """
    read = x509.load_pem_x509_certificate(certificate)
    try:
        found = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        found = None
    if found is None:
        raise ValueError("the certificate has no authority key identifier: give one that a CA issued")
    return f"{read.serial_number:x}", found.hex().lstrip("0")


def _key(given: KeyAlgorithm | bytes | PrivateKey | KeyHolder) -> tuple[PrivateKey | KeyHolder, bytes]:
    """A key to sign with, and its PEM; b"" if it stays where it is."""
    if isinstance(given, str) and "-----BEGIN" in given:
        given = given.encode()
    if isinstance(given, str):
        made = make_key(given)
        return made, key_pem(made)
    if isinstance(given, bytes):
        return load_key(given), given
    if isinstance(given, KeyHolder):  # also a key of `cryptography`
        return given, b""
    raise IdentityError(
        f"a key of type {type(given).__name__} cannot have a certificate: give the kind of key to make, PEM, "
        "a key of cryptography, or a signer with a public_key, such as Pkcs11Signer"
    )


def _present_key(present: Enrolment) -> bytes | PrivateKey | KeyHolder:
    if present.key:
        return present.key
    if isinstance(present.signer, KeyHolder):
        return present.signer
    raise IdentityError(
        f"the key of {present.name} is not here: give Enrolment.from_msp a signer that has it, or make a new "
        "key"
    )


def _request(
    ca: str,
    name: str,
    key: PrivateKey | KeyHolder,
    hosts: Sequence[str],
    profile: str | None,
    attributes: Sequence[str] | None,
) -> bytes:
    request = signing_request(name, key, hosts)
    members: dict[str, Any] = {"certificate_request": request.decode(), "caname": ca}
    if profile is not None:
        members["profile"] = profile
    if attributes is not None:
        members["attr_reqs"] = [{"name": attribute} for attribute in attributes]
    return json_body(members)


def _enrolment_with(signing: PrivateKey | KeyHolder, pem: bytes) -> Callable[[Mapping[str, Any]], Enrolment]:
    signer = None if pem else signing

    def decode(result: Mapping[str, Any]) -> Enrolment:
        return Enrolment(decoded(result["Cert"]), pem, decoded(result["ServerInfo"]["CAChain"]), signer)

    return decode
