"""The client of Fabric CA that blocks the calling thread."""

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

T = TypeVar("T")


class CaClient(BaseCaClient):
    """A connection to one authority of a Fabric CA server. May be used by many threads at once.

    Every call may raise a `CaError`.
    """

    def _open(self) -> None:
        import httpx

        self._client = httpx.Client(verify=self._context, timeout=self._timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def info(self) -> CaInfo:
        """The authority's own certificates, and the server's version. Needs no identity."""
        return self._run(ca_certificates.informing(self.name))

    def chain(self) -> bytes:
        """The authority's own certificates, PEM, root included. Needs no identity."""
        return self.info().chain

    def enrol(
        self,
        name: str,
        secret: str,
        *,
        key: KeyAlgorithm | bytes | PrivateKey | KeyHolder = "P-256",
        hosts: Sequence[str] = (),
        profile: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Enrolment:
        """Have a certificate issued to a registered identity.

        Args:
            name: the enrolment name.
            secret: the secret it was registered with.
            key: which kind of key to make; or an existing private key: unencrypted PEM; or a key of
                `cryptography`, or what holds one, such as a `Pkcs11Signer`: it stays where it is, and the
                result signs with it. With Ed25519, the certificate serves `connect`, but no further call
                of the authority.
            hosts: host names and IP addresses, as a TLS certificate needs them.
            profile: the authority's signing profile, such as `tls`; default: its default.
            attributes: names of the attributes that the certificate must carry; default: those registered to
                be in certificates.

        Raises:
            CaAuthenticationError: name or secret is wrong, or was used too often.
        """
        return self._run(ca_certificates.enrolling(self.name, name, secret, key, hosts, profile, attributes))

    def reenrol(
        self,
        present: Enrolment,
        *,
        key: KeyAlgorithm | Literal["same"] | bytes | PrivateKey | KeyHolder = "P-256",
        hosts: Sequence[str] = (),
        profile: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Enrolment:
        """Have a further certificate issued to an identity that still holds a valid one.

        Args:
            present: the present certificate and key; `Enrolment.from_msp` reads them.
            key: which kind of key to make; `same`: keep the key, wherever it is; or another one, as for
                `enrol`.
            hosts: as for `enrol`.
            profile: as for `enrol`.
            attributes: as for `enrol`.

        Raises:
            CaAuthenticationError: the present certificate has expired or was revoked.
            IdentityError: its key is Ed25519, whose signatures Fabric CA does not accept.
        """
        return self._run(ca_certificates.reenrolling(self.name, present, key, hosts, profile, attributes))

    def register(
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
        """Register an identity, so that it can enrol.

        Args:
            registrar: an identity that may register others.
            name: the new identity's enrolment name, at most 64 characters.
            secret: its enrolment secret; default: the authority makes one.
            kind: `client`, `peer`, `orderer` or `admin`: the node OU of its certificates.
            attributes: its attributes.
            affiliation: its place in the authority's tree of affiliations, as `a.b.c`; default: the
                registrar's.
            max_enrolments: how often the secret may be used; -1 for any number; default: what the authority
                allows.

        Returns:
            The secret.

        Raises:
            CaAlreadyRegistered: the name is taken.
            CaForbidden: the registrar may not register such an identity.
        """
        return self._run(
            ca_identities.registering(
                self.name, registrar, name, secret, kind, attributes, affiliation, max_enrolments
            )
        )

    def revoke(
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
        """Revoke one certificate, or an identity with all of its certificates.

        A channel continues to accept them until the list of revoked certificates is in the organisation's
        MSP.

        Args:
            revoker: an identity with the attribute `hf.Revoker`, or the owner.
            name: enrolment name of the identity; or instead
            certificate: the certificate, PEM; or instead
            serial: its serial number, hexadecimal, together with
            aki: its authority key identifier, hexadecimal.
            reason: why.
            crl: return the list of revoked certificates as well.

        Raises:
            CaNotFound: there is no such identity or certificate.
            CaAlreadyRevoked: the certificate is already revoked.
            CaForbidden: the caller may not revoke it.
            ValueError: none, or several, of name, certificate, and serial with aki were given.
        """
        return self._run(
            ca_certificates.revoking(self.name, revoker, name, certificate, serial, aki, reason, crl)
        )

    def crl(
        self,
        caller: Caller,
        *,
        revoked_after: datetime | None = None,
        revoked_before: datetime | None = None,
        expires_after: datetime | None = None,
        expires_before: datetime | None = None,
    ) -> bytes:
        """The list of revoked certificates that have not expired, PEM.

        Args:
            caller: an identity with the attribute `hf.GenCRL`.
            revoked_after: only those that were revoked after this time.
            revoked_before: only those that were revoked before this time.
            expires_after: only those that expire after this time; default: now.
            expires_before: only those that expire before this time.
        """
        revoked, expires = (revoked_after, revoked_before), (expires_after, expires_before)
        return self._run(ca_certificates.listing_revoked(self.name, caller, revoked, expires))

    def certificates(
        self, caller: Caller, *, name: str | None = None, expired: bool = True, revoked: bool = True
    ) -> tuple[bytes, ...]:
        """Certificates that the authority issued, PEM.

        Args:
            caller: an identity that may register or revoke others.
            name: only those of this identity.
            expired: expired ones too.
            revoked: revoked ones too.
        """
        return self._run(ca_certificates.listing_certificates(self.name, caller, name, expired, revoked))

    def identities(self, registrar: Caller) -> tuple[CaIdentity, ...]:
        """All identities that the registrar may manage."""
        return self._run(ca_identities.listing_identities(self.name, registrar))

    def identity(self, registrar: Caller, name: str) -> CaIdentity:
        """One identity.

        Raises:
            CaNotFound: there is none of this name.
        """
        return self._run(ca_identities.showing_identity(self.name, registrar, name))

    def change_identity(
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
        """Change the given properties of a registered identity; existing certificates do not change.

        An attribute with the value "" is removed; attributes that are not named stay.
        """
        return self._run(
            ca_identities.changing_identity(
                self.name, registrar, name, secret, kind, attributes, affiliation, max_enrolments
            )
        )

    def remove_identity(self, registrar: Caller, name: str) -> CaIdentity:
        """Remove a registered identity, where the authority's settings allow that (`allowremove`)."""
        return self._run(ca_identities.removing_identity(self.name, registrar, name))

    def affiliations(self, registrar: Caller) -> tuple[str, ...]:
        """The affiliations that the registrar may see, as `a.b.c`."""
        return self._run(ca_identities.listing_affiliations(self.name, registrar))

    def add_affiliation(self, registrar: Caller, affiliation: str) -> None:
        """Add an affiliation such as `a.b.c`, and those above it that are missing.

        Raises:
            CaRefused: it already exists.
        """
        self._run(ca_identities.adding_affiliation(self.name, registrar, affiliation))

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        caller: Caller | None = None,
        login: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make any call of Fabric CA's REST interface, for which this class has no method.

        Args:
            method: the HTTP method, upper case.
            path: the path under `/api/v1/`, with its query, such as `affiliations/a.b?force=true`.
            body: the members of the request's body; None: no body. The authority's name is not added.
            caller: who signs the call, see `authorisation_token`.
            login: name and secret, instead of `caller`, for `enroll`.

        Returns:
            The whole answer, even when the authority refuses: `success`, `result`, `errors`, `messages`.

        Raises:
            CaUnreachable: there is no answer, or it is not a JSON object.

        Source: Fabric CA 1.5, `swagger/swagger-fabric-ca.json`.
        """
        return self._run(whole_call(method, path, body, caller, login))

    def _run(self, call: CaCall[T]) -> T:
        import httpx

        request = self._request(self._client, call)
        try:
            answer = self._client.send(request)
        except (httpx.HTTPError, OSError) as error:
            raise unreachable(self.name, request, error) from error
        return call.result(self.name, answer.status_code, answer.content)
