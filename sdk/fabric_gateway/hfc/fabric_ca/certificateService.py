"""Certificates that an authority issued."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fabric_gateway.hfc.fabric_ca._enrollment import Enrollment
from fabric_gateway.hfc.fabric_ca._rest import Rest


class CertificateService:
    """Calls about certificates."""

    def __init__(self, client: Rest) -> None:
        self._client = client

    def getCertificates(
        self,
        registrar: Enrollment,
        id: str | None = None,
        aki: str | None = None,
        serial: str | None = None,
        revoked_start: str | None = None,
        revoked_end: str | None = None,
        expired_start: str | None = None,
        expired_end: str | None = None,
        notexpired: bool | None = None,
        notrevoked: bool | None = None,
        ca: str | None = None,
    ) -> dict[str, Any]:
        """The authority's whole answer: the certificates that the arguments select.

        hfc corrupts its own arguments and gets all certificates; here they select.
        """
        asked = {
            "id": id,
            "aki": aki,
            "serial": serial,
            "revoked_start": revoked_start,
            "revoked_end": revoked_end,
            "expired_start": expired_start,
            "expired_end": expired_end,
            "notexpired": "true" if notexpired else None,
            "notrevoked": "true" if notrevoked else None,
            "ca": ca or self._client.name or None,
        }
        query = urlencode({key: value for key, value in asked.items() if value})
        return self._client.answer(
            "GET", f"certificates?{query}" if query else "certificates", signer=registrar
        )
