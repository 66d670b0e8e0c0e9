"""Identities that an authority knows."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any
from urllib.parse import quote, urlencode

from fabric_gateway.hfc.fabric_ca._enrollment import Enrollment
from fabric_gateway.hfc.fabric_ca._rest import Rest, registration


class IdentityService:
    """Calls about identities. All but `create` return the authority's whole answer, also when it refuses."""

    def __init__(self, client: Rest) -> None:
        self._client = client

    def create(
        self,
        registrar: Enrollment,
        enrollmentID: str,
        enrollmentSecret: str | None = None,
        role: str | None = None,
        affiliation: str | None = None,
        maxEnrollments: int = 1,
        attrs: list[Mapping[str, Any]] | None = None,
    ) -> str:
        """Register a user; the secret.

        Raises:
            ValueError: an argument is wrong, or the authority refuses.
        """
        body = registration(enrollmentID, enrollmentSecret, role, affiliation, maxEnrollments, attrs)
        named = self._client.named(body)
        return str(
            self._client.result("Registering failed", "POST", "identities", named, registrar)["secret"]
        )

    def getOne(self, enrollmentID: str, registrar: Enrollment) -> dict[str, Any]:
        """What is known of one identity."""
        path = f"identities/{_name(enrollmentID)}?{urlencode({'ca': self._client.name})}"
        return self._client.answer("GET", path, signer=registrar)

    def getAll(self, registrar: Enrollment) -> dict[str, Any]:
        """What is known of all identities."""
        path = f"identities?{urlencode({'ca': self._client.name})}"
        return self._client.answer("GET", path, signer=registrar)

    def delete(self, enrollmentID: str, registrar: Enrollment, force: bool = False) -> dict[str, Any]:
        """Remove an identity; `force`: also the caller's own."""
        query = {"ca": self._client.name, **({"force": "true"} if force is True else {})}
        path = f"identities/{_name(enrollmentID)}?{urlencode(query)}"
        return self._client.answer("DELETE", path, signer=registrar)

    def update(
        self,
        enrollmentID: str,
        registrar: Enrollment,
        type: str | None = None,
        affiliation: str | None = None,
        maxEnrollments: int | None = None,
        attrs: list[Mapping[str, Any]] | None = None,
        enrollmentSecret: str | None = None,
        caname: str | None = None,
    ) -> dict[str, Any]:
        """Change what is given of an identity."""
        body: dict[str, Any] = {
            "type": type,
            "affiliation": affiliation or None,
            "max_enrollments": maxEnrollments if isinstance(maxEnrollments, Number) else None,
            "attrs": attrs or None,
            "secret": enrollmentSecret,
            "caname": caname or self._client.name,
        }
        given = {key: value for key, value in body.items() if value not in (None, "")}
        return self._client.answer("PUT", f"identities/{_name(enrollmentID)}", given, registrar)


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError('argument "enrollmentID" is not a valid string')
    return quote(name, safe="")
