"""Calls of a certificate authority, with requests as it takes them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from fabric_gateway.hfc.fabric_ca._enrollment import Answer, Enrollment
from fabric_gateway.hfc.fabric_ca._rest import Rest
from fabric_gateway.hfc.fabric_ca.affiliationService import AffiliationService
from fabric_gateway.hfc.fabric_ca.certificateService import CertificateService
from fabric_gateway.hfc.fabric_ca.identityService import IdentityService
from fabric_gateway.hfc.util.crypto.crypto import Ecies

DEFAULT_CA_ENDPOINT = "http://localhost:7054"
DEFAULT_CA_BASE_URL = "/api/v1/"


class CAClient(Rest):
    """Calls of the authority, with requests as it takes them.

    Args:
        target: protocol, host and port.
        ca_certs_path: file with the certificates to trust for TLS, PEM; None: those of the system.
        base_url: path before each call; there is no other than the default.
        ca_name: name of the authority on its server; "" for the server's default.
        cryptoPrimitives: accepted and ignored: tokens are signed on P-256 as the authority expects.
    """

    def __init__(
        self,
        target: str = DEFAULT_CA_ENDPOINT,
        ca_certs_path: str | None = None,
        base_url: str = DEFAULT_CA_BASE_URL,
        ca_name: str = "",
        cryptoPrimitives: Ecies | None = None,
    ) -> None:
        if base_url != DEFAULT_CA_BASE_URL:
            raise ValueError(f"base_url is {base_url!r}: Fabric CA answers below {DEFAULT_CA_BASE_URL} only")
        super().__init__(target, ca_certs_path, ca_name)

    def get_cainfo(self) -> bytes:
        """The authority's own certificates, PEM."""
        result = self.result("get_cainfo failed", "POST", "cainfo", self.named({}))
        return base64.b64decode(result["CAChain"])

    def enroll(
        self,
        enrollment_id: str,
        enrollment_secret: str,
        csr: str,
        profile: str = "",
        attr_reqs: list[Mapping[str, Any]] | None = None,
    ) -> tuple[bytes, bytes]:
        """Have a certificate issued for a request, PEM; it and the authority's own certificates."""
        if not (enrollment_id and enrollment_secret and csr):
            raise ValueError("enrolling needs enrollment_id, enrollment_secret and csr")
        body = self.named({"certificate_request": csr, "profile": profile, "attr_reqs": attr_reqs})
        login = (enrollment_id, enrollment_secret)
        return _issued(self.result("Enrollment failed", "POST", "enroll", body, login=login))

    def register(self, req: Answer, registrar: Enrollment) -> str:
        """Register a user; the secret."""
        result = self.result("Registering failed", "POST", "register", self.named(req), registrar)
        return str(result["secret"])

    def reenroll(self, req: Answer, registrar: Enrollment) -> tuple[bytes, bytes]:
        """Have a new certificate issued to the owner of a valid one."""
        return _issued(self.result("Reenrollment failed", "POST", "reenroll", self.named(req), registrar))

    def revoke(self, req: Answer, registrar: Enrollment) -> tuple[list[Answer], str]:
        """Revoke; what was revoked, and the list of revoked certificates if it was asked for."""
        result = self.result("Revoking failed", "POST", "revoke", self.named(req), registrar)
        return result["RevokedCerts"], result["CRL"]

    def generateCRL(self, req: Answer, registrar: Enrollment) -> str:
        """The list of revoked certificates."""
        result = self.result("generating CRL failed", "POST", "gencrl", self.named(req), registrar)
        return str(result["CRL"])

    def newIdentityService(self) -> IdentityService:
        """Calls about identities."""
        return IdentityService(self)

    def newAffiliationService(self) -> AffiliationService:
        """Calls about affiliations."""
        return AffiliationService(self)

    def newCertificateService(self) -> CertificateService:
        """Calls about certificates."""
        return CertificateService(self)


def _issued(result: Answer) -> tuple[bytes, bytes]:
    return base64.b64decode(result["Cert"]), base64.b64decode(result["ServerInfo"]["CAChain"])
