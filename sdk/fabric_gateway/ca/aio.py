"""The client of Fabric CA for asyncio: the calls of `fabric_gateway.ca`, to be awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from fabric_gateway.ca import _certificates as ca_certificates
from fabric_gateway.ca import _identities as ca_identities
from fabric_gateway.ca._call import CaCall, Caller, whole_call
from fabric_gateway.ca._certificates import CaInfo, Reason, Revocation
from fabric_gateway.ca._enrolment import Enrolment
from fabric_gateway.ca._http import BaseCaClient, unreachable
from fabric_gateway.ca._identities import Attributes, CaIdentity
from fabric_gateway.identity._identity import PrivateKey
from fabric_gateway.identity._keys import KeyAlgorithm
from fabric_gateway.identity._signer_key import KeyHolder

__all__ = ["CaClient"]

T = TypeVar("T")


class CaClient(BaseCaClient):
    """A connection to one authority of a Fabric CA server; see `fabric_gateway.ca.CaClient`."""

    def _open(self) -> None:
        import httpx

        self._client = httpx.AsyncClient(verify=self._context, timeout=self._timeout, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def info(self) -> CaInfo:
        """The authority's own certificates, and the server's version."""
        return await self._run(ca_certificates.informing(self.name))

    async def chain(self) -> bytes:
        """The authority's own certificates, PEM, root included."""
        return (await self.info()).chain

    async def enrol(
        self,
        name: str,
        secret: str,
        *,
        key: KeyAlgorithm | bytes | PrivateKey | KeyHolder = "P-256",
        hosts: Sequence[str] = (),
        profile: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Enrolment:
        """Have a certificate issued to a registered identity."""
        return await self._run(
            ca_certificates.enrolling(self.name, name, secret, key, hosts, profile, attributes)
        )

    async def reenrol(
        self,
        present: Enrolment,
        *,
        key: KeyAlgorithm | Literal["same"] | bytes | PrivateKey | KeyHolder = "P-256",
        hosts: Sequence[str] = (),
        profile: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Enrolment:
        """Have a further certificate issued to an identity that still holds a valid one."""
        return await self._run(
            ca_certificates.reenrolling(self.name, present, key, hosts, profile, attributes)
        )

    async def register(
        self,
        registrar: Caller,
        name: str,
        *,
        secret: str | None = None,
        kind: str = "client",
        attributes: Attributes = (),
        affiliation: str = "",
        max_enrolments: int | None = None,
    ) -> str:
        """Register an identity, and return its secret."""
        return await self._run(
            ca_identities.registering(
                self.name, registrar, name, secret, kind, attributes, affiliation, max_enrolments
            )
        )

    async def revoke(
        self,
        revoker: Caller,
        *,
        name: str | None = None,
        certificate: bytes | None = None,
        serial: str | None = None,
        aki: str | None = None,
        reason: Reason = "unspecified",
        crl: bool = False,
    ) -> Revocation:
        """Revoke one certificate, or an identity with all of its certificates."""
        return await self._run(
            ca_certificates.revoking(self.name, revoker, name, certificate, serial, aki, reason, crl)
        )

    async def crl(
        self,
        caller: Caller,
        *,
        revoked_after: datetime | None = None,
        revoked_before: datetime | None = None,
        expires_after: datetime | None = None,
        expires_before: datetime | None = None,
    ) -> bytes:
        """The list of revoked certificates that have not expired, PEM."""
        revoked, expires = (revoked_after, revoked_before), (expires_after, expires_before)
        return await self._run(ca_certificates.listing_revoked(self.name, caller, revoked, expires))

    async def certificates(
        self, caller: Caller, *, name: str | None = None, expired: bool = True, revoked: bool = True
    ) -> tuple[bytes, ...]:
        """Certificates that the authority issued, PEM."""
        return await self._run(
            ca_certificates.listing_certificates(self.name, caller, name, expired, revoked)
        )

    async def identities(self, registrar: Caller) -> tuple[CaIdentity, ...]:
        """All identities that the registrar may manage."""
        return await self._run(ca_identities.listing_identities(self.name, registrar))

    async def identity(self, registrar: Caller, name: str) -> CaIdentity:
        """One identity."""
        return await self._run(ca_identities.showing_identity(self.name, registrar, name))

    async def change_identity(
        self,
        registrar: Caller,
        name: str,
        *,
        secret: str | None = None,
        kind: str | None = None,
        attributes: Attributes = (),
        affiliation: str | None = None,
        max_enrolments: int | None = None,
    ) -> CaIdentity:
        """Change the given properties of a registered identity."""
        return await self._run(
            ca_identities.changing_identity(
                self.name, registrar, name, secret, kind, attributes, affiliation, max_enrolments
            )
        )

    async def remove_identity(self, registrar: Caller, name: str) -> CaIdentity:
        """Remove a registered identity."""
        return await self._run(ca_identities.removing_identity(self.name, registrar, name))

    async def affiliations(self, registrar: Caller) -> tuple[str, ...]:
        """The affiliations that the registrar may see."""
        return await self._run(ca_identities.listing_affiliations(self.name, registrar))

    async def add_affiliation(self, registrar: Caller, affiliation: str) -> None:
        """Add an affiliation, and those above it that are missing."""
        await self._run(ca_identities.adding_affiliation(self.name, registrar, affiliation))

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        caller: Caller | None = None,
        login: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make any call of Fabric CA's REST interface; the whole answer, even when the authority refuses."""
        return await self._run(whole_call(method, path, body, caller, login))

    async def _run(self, call: CaCall[T]) -> T:
        import httpx

        request = self._request(self._client, call)
        try:
            answer = await self._client.send(request)
        except (httpx.HTTPError, OSError) as error:
            raise unreachable(self.name, request, error) from error
        return call.result(self.name, answer.status_code, answer.content)
