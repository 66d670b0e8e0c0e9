"""A certificate authority (Fabric CA), as `hfc.fabric_ca.caservice` speaks to it, with today's token.

hfc signs its requests in the form of Fabric CA 1.3, which Fabric CA 1.5 refuses unless it is told to take it;
here they are signed in the form of `fabric_gateway.ca`, which every version since 1.4 takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fabric_gateway.hfc.fabric_ca._client import DEFAULT_CA_BASE_URL, DEFAULT_CA_ENDPOINT, CAClient
from fabric_gateway.hfc.fabric_ca._enrollment import Answer, Enrollment
from fabric_gateway.hfc.fabric_ca._rest import registration
from fabric_gateway.hfc.fabric_ca.affiliationService import AffiliationService
from fabric_gateway.hfc.fabric_ca.certificateService import CertificateService
from fabric_gateway.hfc.fabric_ca.identityService import IdentityService
from fabric_gateway.hfc.util.crypto.crypto import Ecies, ecies

__all__ = [
    "DEFAULT_CA_BASE_URL",
    "DEFAULT_CA_ENDPOINT",
    "CAClient",
    "CAService",
    "Enrollment",
    "ca_service",
]


class CAService:
    """An authority, for programs that do not make signing requests themselves. Arguments as of `CAClient`."""

    def __init__(
        self,
        target: str = DEFAULT_CA_ENDPOINT,
        ca_certs_path: str | None = None,
        crypto: Ecies | None = None,
        ca_name: str = "",
    ) -> None:
        self._crypto = crypto or ecies()
        self._ca_client = CAClient(target, ca_certs_path, ca_name=ca_name)

    def enroll(
        self,
        enrollment_id: str,
        enrollment_secret: str,
        csr: x509.CertificateSigningRequest | None = None,
        profile: str = "",
        attr_reqs: list[Mapping[str, Any]] | None = None,
    ) -> Enrollment:
        """Enrol a registered user, on a new key unless a request is given.

        Raises:
            ValueError: an argument is wrong, or the authority refuses.
        """
        _check(attr_reqs)
        key = None
        if csr is None:
            key = self._crypto.generate_private_key()
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, enrollment_id)])
            csr = self._crypto.generate_csr(key, subject)
        request = csr.public_bytes(Encoding.PEM).decode()
        issued = self._ca_client.enroll(enrollment_id, enrollment_secret, request, profile, attr_reqs)
        return Enrollment(key, *issued, self)

    def reenroll(
        self, currentUser: Enrollment, attr_reqs: list[Mapping[str, Any]] | None = None
    ) -> Enrollment:
        """Issue a new certificate, on a new key, to the owner of a valid one.

        Raises:
            ValueError: an argument is wrong, or the authority refuses.
        """
        if not isinstance(currentUser, Enrollment):
            raise ValueError('"currentUser" is not a valid Enrollment object')
        _check(attr_reqs)
        key = self._crypto.generate_private_key()
        subject = x509.load_pem_x509_certificate(currentUser.cert).subject
        request = self._crypto.generate_csr(key, subject).public_bytes(Encoding.PEM).decode()
        body = {"certificate_request": request, "attr_reqs": attr_reqs}
        return Enrollment(key, *self._ca_client.reenroll(body, currentUser), self)

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
        body = registration(enrollmentID, enrollmentSecret, role, affiliation, maxEnrollments, attrs)
        return self._ca_client.register(body, registrar)

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
        body = {"id": enrollmentID, "aki": aki, "serial": serial, "reason": reason, "gencrl": gencrl}
        return self._ca_client.revoke(body, registrar)

    def generateCRL(
        self,
        revokedBefore: str | None,
        revokedAfter: str | None,
        expireBefore: str | None,
        expireAfter: str | None,
        registrar: Enrollment,
    ) -> str:
        """The list of revoked certificates; times are texts in the form of RFC 3339."""
        body = {
            "revokedBefore": revokedBefore,
            "revokedAfter": revokedAfter,
            "expireBefore": expireBefore,
            "expireAfter": expireAfter,
        }
        return self._ca_client.generateCRL(body, registrar)

    def newIdentityService(self) -> IdentityService:
        """Calls about identities."""
        return self._ca_client.newIdentityService()

    def newAffiliationService(self) -> AffiliationService:
        """Calls about affiliations."""
        return self._ca_client.newAffiliationService()

    def newCertificateService(self) -> CertificateService:
        """Calls about certificates."""
        return self._ca_client.newCertificateService()


def ca_service(
    target: str = DEFAULT_CA_ENDPOINT,
    ca_certs_path: str | None = None,
    crypto: Ecies | None = None,
    ca_name: str = "",
) -> CAService:
    """Make a `CAService`."""
    return CAService(target, ca_certs_path, crypto, ca_name)


def _check(attr_reqs: object) -> None:
    if attr_reqs is None:
        return
    if not isinstance(attr_reqs, list) or not all(
        isinstance(request, dict) and request.get("name") for request in attr_reqs
    ):
        raise ValueError(
            "attr_reqs is a list of mappings with a name, such as {'name': 'role', 'optional': True}"
        )
