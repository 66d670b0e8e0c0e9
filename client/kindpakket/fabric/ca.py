"""A client of Fabric CA's REST interface: enrolment, registration and renewal of X.509 certificates.

The private key is made here and never leaves: the authority sees a certificate signing request only.

    CaError
    ├── CaUnreachable      no answer; asking again is safe
    └── CaRefused          the authority answered and said no
        ├── CaAuthenticationError   wrong secret, or a token that it does not accept
        └── CaAlreadyRegistered     the name is registered already
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID

_ALREADY_REGISTERED = 74
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_UNAUTHENTICATED = 401


class CaError(Exception):
    """A call to a certificate authority did not succeed."""


class CaUnreachable(CaError):
    """The authority gave no answer, or none that could be read. The call may be made again."""


class CaRefused(CaError):
    """The authority refused.

    Attributes:
        status: the HTTP status.
        codes: Fabric CA's own error codes, in the order of its answer.
    """

    def __init__(self, message: str, status: int, codes: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.codes = tuple(codes)


class CaAuthenticationError(CaRefused):
    """The secret is wrong, or the certificate that signed the token is not (or no longer) accepted."""


class CaAlreadyRegistered(CaRefused):
    """An identity of this name is registered already; its secret stays what it was."""


@dataclass(frozen=True)
class Enrolment:
    """An issued certificate with its key.

    Attributes:
        certificate: the certificate, PEM.
        key: the private key, PKCS#8 PEM, unencrypted: keep it in a file that only its owner can read.
        chain: the authority's own certificates, PEM, root included.
    """

    certificate: bytes
    key: bytes
    chain: bytes


def authorisation_token(method: str, uri: str, body: bytes, certificate: bytes, key: bytes) -> str:
    """The value of the header `authorization` that Fabric CA 1.4 and newer asks for.

    Args:
        method: the HTTP method, upper case.
        uri: path and query as they stand in the request line.
        body: the request's body, empty when there is none.
        certificate: the caller's certificate, PEM.
        key: its private key (P-256), PEM.

    Returns:
        `base64(certificate).base64(signature)`; the signature is ECDSA with SHA-256 over
        `method.base64(uri).base64(body).base64(certificate)`, with s in the lower half of the group's order:
        Fabric refuses the other of the two equivalent signatures.

    Raises:
        ValueError: the key is not a P-256 private key.
    """
    private = serialization.load_pem_private_key(key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise ValueError("tokens are signed with ECDSA on P-256: give a P-256 private key")
    encoded = _base64(certificate)
    payload = f"{method}.{_base64(uri.encode())}.{_base64(body)}.{encoded}"
    r, s = decode_dss_signature(private.sign(payload.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{encoded}.{_base64(encode_dss_signature(r, min(s, _P256_ORDER - s)))}"


def signing_request(name: str, hosts: Sequence[str] = ()) -> tuple[bytes, bytes]:
    """Make a P-256 key and a certificate signing request for it.

    Args:
        name: the enrolment name, which becomes the subject's common name.
        hosts: host names and IP addresses for the subject alternative names (TLS certificates).

    Returns:
        The private key (PKCS#8 PEM) and the request (PEM).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative_name(host) for host in hosts]), critical=False
        )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class CaClient:
    """A connection to one authority of a Fabric CA server.

    Args:
        url: `https://host:port`.
        name: the authority's name on that server (`caName` in connection profiles).
        tls_root: file with the PEM certificates to trust for the connection.
        timeout: seconds for one call.
    """

    def __init__(self, url: str, name: str, tls_root: Path | str, timeout: float = 15.0) -> None:
        self._url = url.rstrip("/")
        self._name = name
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(tls_root)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def chain(self) -> bytes:
        """The authority's own certificates, PEM, root included. Needs no identity.

        Raises:
            CaError: see the tree at the top of this module.
        """
        return _decoded(self._call("POST", "cainfo", {"caname": self._name}), "CAChain", "cainfo")

    def enrol(
        self, name: str, secret: str, hosts: Sequence[str] = (), profile: str | None = None
    ) -> Enrolment:
        """Have a certificate issued to a registered identity.

        Args:
            name: the enrolment name.
            secret: the secret it was registered with.
            hosts: host names and IP addresses for a TLS certificate.
            profile: the authority's signing profile; its default when not given.

        Raises:
            CaAuthenticationError: name or secret is wrong.
            CaError: see the tree at the top of this module.
        """
        key, request = signing_request(name, hosts)
        body = self._enrolment_body(request, profile)
        return _enrolment(self._call("POST", "enroll", body, basic=(name, secret)), key)

    def renew(self, identity: Enrolment, hosts: Sequence[str] = (), profile: str | None = None) -> Enrolment:
        """Have a new certificate, on a new key, issued to an identity that still holds a valid one.

        Args:
            identity: the present certificate and key.
            hosts: as for `enrol`.
            profile: as for `enrol`.

        Raises:
            CaError: see the tree at the top of this module.
        """
        names = x509.load_pem_x509_certificate(identity.certificate).subject
        common = str(names.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        key, request = signing_request(common, hosts)
        body = self._enrolment_body(request, profile)
        return _enrolment(self._call("POST", "reenroll", body, signer=identity), key)

    def register(
        self,
        registrar: Enrolment,
        name: str,
        secret: str,
        kind: str = "client",
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Register an identity, so that it can enrol.

        Args:
            registrar: certificate and key of an identity that may register others.
            name: the new identity's enrolment name.
            secret: its enrolment secret.
            kind: `client`, `peer`, `orderer` or `admin`: the node OU of its certificates.
            attributes: attributes that every certificate of the identity carries.

        Raises:
            CaAlreadyRegistered: the name is taken.
            CaError: see the tree at the top of this module.
        """
        body = {
            "id": name,
            "type": kind,
            "secret": secret,
            "affiliation": "",
            "max_enrollments": -1,
            "caname": self._name,
            "attrs": [
                {"name": key, "value": value, "ecert": True} for key, value in (attributes or {}).items()
            ],
        }
        self._call("POST", "register", body, signer=registrar)

    def _enrolment_body(self, request: bytes, profile: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {"certificate_request": request.decode(), "caname": self._name}
        if profile is not None:
            body["profile"] = profile
        return body

    def _call(
        self,
        method: str,
        path: str,
        members: Mapping[str, Any],
        basic: tuple[str, str] | None = None,
        signer: Enrolment | None = None,
    ) -> dict[str, Any]:
        url = f"{self._url}/api/v1/{path}"
        body = json.dumps(members).encode()
        headers = {"Content-Type": "application/json"}
        if signer is not None:
            headers["authorization"] = authorisation_token(
                method, urlsplit(url).path, body, signer.certificate, signer.key
            )
        try:
            answer = self._session.request(
                method, url, data=body, headers=headers, auth=basic, timeout=self._timeout
            )
        except OSError as error:
            raise CaUnreachable(f"no answer from the authority {self._name} at {url}: {error}") from error
        return self._result(path, answer)

    def _result(self, path: str, answer: requests.Response) -> dict[str, Any]:
        try:
            members = answer.json()
        except ValueError as error:
            raise CaUnreachable(
                f"the authority {self._name} answered {path} with status {answer.status_code} and no JSON: "
                f"is {answer.url} a Fabric CA server?"
            ) from error
        if members.get("success") and isinstance(members.get("result"), dict):
            return dict(members["result"])
        errors = [error for error in members.get("errors") or [] if isinstance(error, dict)]
        codes = [int(error.get("code", -1)) for error in errors]
        words = "; ".join(str(error.get("message", "")) for error in errors) or "no reason given"
        message = (
            f"the authority {self._name} refused {path} (status {answer.status_code}, codes {codes}): {words}"
        )
        if answer.status_code == _UNAUTHENTICATED:
            raise CaAuthenticationError(message, answer.status_code, codes)
        if _ALREADY_REGISTERED in codes:
            raise CaAlreadyRegistered(message, answer.status_code, codes)
        raise CaRefused(message, answer.status_code, codes)


def _enrolment(result: Mapping[str, Any], key: bytes) -> Enrolment:
    information = result.get("ServerInfo")
    if not isinstance(information, dict):
        raise CaUnreachable("the authority's answer to an enrolment lacks ServerInfo")
    return Enrolment(_decoded(result, "Cert", "enrol"), key, _decoded(information, "CAChain", "enrol"))


def _decoded(result: Mapping[str, Any], member: str, call: str) -> bytes:
    try:
        return base64.b64decode(str(result[member]), validate=True)
    except (KeyError, binascii.Error) as error:
        raise CaUnreachable(f"the authority's answer to {call} lacks a readable {member}") from error


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
