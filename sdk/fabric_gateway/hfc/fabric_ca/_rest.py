"""The authority's REST interface, by way of `fabric_gateway.ca`: today's token, and the whole answer."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from fabric_gateway.ca import CaClient, Enrolment
from fabric_gateway.hfc.fabric_ca._enrollment import Answer, Enrollment

_TIMEOUT = 30.0


class Rest:
    """One authority.

    Args:
        target: protocol, host and port.
        ca_certs_path: file with the certificates to trust for TLS, PEM; None: those of the system.
        ca_name: name of the authority on its server; "" for the server's default.
    """

    def __init__(self, target: str, ca_certs_path: str | None, ca_name: str) -> None:
        self._target = target
        self._ca_certs_path = ca_certs_path
        self._ca_name = ca_name

    @property
    def name(self) -> str:
        """Name of the authority on its server."""
        return self._ca_name

    def named(self, members: Mapping[str, Any]) -> Answer:
        """Members of a request that have a value, with the authority's name."""
        given = {
            key: value for key, value in members.items() if value not in (None, "") or key == "affiliation"
        }
        return {"caname": self._ca_name, **given} if self._ca_name else given

    def answer(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        signer: Enrollment | None = None,
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """Send a request; the whole answer: `success`, `result`, `errors`, `messages`.

        Raises:
            CaUnreachable: there is no answer, or none in JSON.
            CaError: the certificates to trust cannot be read.
        """
        caller = None if signer is None else _caller(signer)
        with CaClient(self._target, self._ca_name, self._ca_certs_path, timeout=_TIMEOUT) as client:
            return client.request(method, path, body, caller=caller, login=login)

    def result(
        self,
        failed: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        signer: Enrollment | None = None,
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """Send a request; its result.

        Raises:
            ValueError: the authority refuses; the message is hfc's.
        """
        members = self.answer(method, path, body, signer, login)
        if not members.get("success"):
            raise ValueError(f"{failed} with errors {members.get('errors')}")
        result: Answer = members["result"]
        return result


def registration(
    name: str,
    secret: str | None,
    role: str | None,
    affiliation: str | None,
    most: object,
    attributes: list[Mapping[str, Any]] | None,
) -> Answer:
    """The body of a registration.

    Raises:
        ValueError: the name is missing, or the greatest number of enrolments is no number.
    """
    if not name:
        raise ValueError("Missing required parameter. 'enrollmentID' is required.")
    if not isinstance(most, Number):
        raise ValueError(f"maxEnrollments is {most!r}: it must be a number")
    return {
        "id": name,
        "affiliation": affiliation or "",
        "max_enrollments": most,
        "type": role,
        "attrs": attributes,
        "secret": secret,
    }


def pem_of(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as unencrypted PKCS#8, PEM."""
    return private_key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _caller(signer: Enrollment) -> Enrolment:
    if signer.private_key is None:
        raise ValueError("this enrolment has no private key: its owner's request cannot be signed here")
    return Enrolment(signer.cert, pem_of(signer.private_key))
