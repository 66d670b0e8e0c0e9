"""Affiliations that an authority knows."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fabric_gateway.hfc.fabric_ca._enrollment import Enrollment
from fabric_gateway.hfc.fabric_ca._rest import Rest


class AffiliationService:
    """Calls about affiliations. They return the authority's whole answer, also when it refuses."""

    def __init__(self, client: Rest) -> None:
        self._client = client

    def create(
        self, registrar: Enrollment, name: str, caname: str = "", force: bool = False
    ) -> dict[str, Any]:
        """Make an affiliation; `force`: and those above it."""
        body = {"name": name, "caname": caname or self._client.name}
        return self._client.answer("POST", _path("affiliations", force), body, registrar)

    def getOne(self, affiliation: str, registrar: Enrollment) -> dict[str, Any]:
        """One affiliation and those below it."""
        return self._client.answer("GET", f"affiliations/{_name(affiliation)}", signer=registrar)

    def getAll(self, registrar: Enrollment) -> dict[str, Any]:
        """The caller's affiliation and those below it."""
        return self._client.answer("GET", "affiliations", signer=registrar)

    def delete(self, affiliation: str, registrar: Enrollment, force: bool = False) -> dict[str, Any]:
        """Remove an affiliation; `force`: with those below it and their identities."""
        path = _path(f"affiliations/{_name(affiliation)}", force)
        return self._client.answer("DELETE", path, signer=registrar)

    def update(
        self, affiliation: str, registrar: Enrollment, name: str, caname: str = "", force: bool = False
    ) -> dict[str, Any]:
        """Rename an affiliation; `force`: also of identities that have it."""
        if not isinstance(name, str):
            raise ValueError('argument "name" is not a valid string')
        body = {"name": name, "caname": caname or self._client.name}
        return self._client.answer("PUT", _path(f"affiliations/{_name(affiliation)}", force), body, registrar)


def _name(affiliation: object) -> str:
    if not isinstance(affiliation, str):
        raise ValueError('argument "affiliation" is not a valid string')
    return quote(affiliation, safe="")


def _path(path: str, force: bool) -> str:
    return f"{path}?force=true" if force else path
