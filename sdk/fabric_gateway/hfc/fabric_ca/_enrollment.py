"""A certificate with its key, as hfc has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec

Answer: TypeAlias = dict[str, Any]

_REASONS = frozenset(
    {
        "unspecified",
        "keycompromise",
        "cacompromise",
        "affiliationchange",
        "superseded",
        "cessationofoperation",
        "certificatehold",
        "removefromcrl",
        "privilegewithdrawn",
        "aacompromise",
    }
)


class Authority(Protocol):
    """The calls of a `CAService` that an enrolment makes for its owner."""

    def register(
        self,
        enrollmentID: str,
        enrollmentSecret: str | None,
        role: str | None,
        affiliation: str | None,
        maxEnrollments: int,
        attrs: list[Mapping[str, Any]] | None,
        registrar: Enrollment,
    ) -> str:
        """Register a user on behalf of a registrar; the secret."""

    def revoke(
        self,
        enrollmentID: str | None,
        aki: str | None,
        serial: str | None,
        reason: str | None,
        gencrl: bool,
        registrar: Enrollment,
    ) -> tuple[list[Answer], str]:
        """Revoke on behalf of a registrar."""

    def generateCRL(
        self,
        revokedBefore: str | None,
        revokedAfter: str | None,
        expireBefore: str | None,
        expireAfter: str | None,
        registrar: Enrollment,
    ) -> str:
        """The list of revoked certificates."""


class Enrollment:
    """A certificate with its key, and what its owner may ask of the authority.

    Attributes:
        private_key: the key; None if it was made elsewhere.
        cert: the certificate, PEM.
        caCert: the authority's own certificates, PEM.
    """

    def __init__(
        self,
        private_key: ec.EllipticCurvePrivateKey | None,
        enrollmentCert: bytes,
        caCertChain: bytes | None = None,
        service: Authority | None = None,
    ) -> None:
        self._private_key = private_key
        self._cert = enrollmentCert
        self._caCert = caCertChain
        self._service = service

    @property
    def private_key(self) -> ec.EllipticCurvePrivateKey | None:
        """The key; None if it was made elsewhere."""
        return self._private_key

    @private_key.setter
    def private_key(self, private_key: ec.EllipticCurvePrivateKey | None) -> None:
        self._private_key = private_key

    @property
    def cert(self) -> bytes:
        """The certificate, PEM."""
        return self._cert

    @cert.setter
    def cert(self, cert: bytes) -> None:
        self._cert = cert

    @property
    def caCert(self) -> bytes | None:
        """The authority's own certificates, PEM."""
        return self._caCert

    @caCert.setter
    def caCert(self, caCert: bytes | None) -> None:
        self._caCert = caCert

    def register(
        self,
        enrollmentID: str,
        enrollmentSecret: str | None = None,
        role: str | None = None,
        affiliation: str | None = None,
        maxEnrollments: int = 1,
        attrs: list[Mapping[str, Any]] | None = None,
    ) -> str:
        """Register a user; the secret to enrol with, made by the authority if none is given.

        Raises:
            ValueError: an argument is wrong, or the authority refuses.
        """
        return self._at().register(
            enrollmentID, enrollmentSecret, role, affiliation, maxEnrollments, attrs, self
        )

    def revoke(
        self,
        enrollmentID: str | None = None,
        aki: str | None = None,
        serial: str | None = None,
        reason: str | None = None,
        gencrl: bool = False,
    ) -> tuple[list[Answer], str]:
        """Revoke a user, or one certificate by `aki` and `serial`; what was revoked, and the list (CRL).

        Raises:
            ValueError: an argument is wrong, or the authority refuses.
        """
        if not enrollmentID and not (aki and serial):
            raise ValueError('name what to revoke: enrollmentID, or both "aki" and "serial"')
        if reason and reason not in _REASONS:
            raise ValueError(f"reason {reason!r} is not one of {', '.join(sorted(_REASONS))}")
        return self._at().revoke(enrollmentID, aki, serial, reason, gencrl, self)

    def generateCRL(
        self,
        revokedBefore: datetime | None = None,
        revokedAfter: datetime | None = None,
        expireBefore: datetime | None = None,
        expireAfter: datetime | None = None,
    ) -> str:
        """The list of revoked certificates, PEM in Base64.

        Raises:
            ValueError: the dates contradict one another, or the authority refuses.
        """
        if revokedAfter and revokedBefore and revokedAfter > revokedBefore:
            raise ValueError(f"revokedAfter, {revokedAfter}, is later than revokedBefore, {revokedBefore}")
        return self._at().generateCRL(
            _text(revokedBefore), _text(revokedAfter), _text(expireBefore), _text(expireAfter), self
        )

    def _at(self) -> Authority:
        if self._service is None:
            raise ValueError("this enrolment was not made by a CAService: there is no authority to ask")
        return self._service


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
