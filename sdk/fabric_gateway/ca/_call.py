"""A call of Fabric CA's REST interface as a value: what is sent, and how the answer is read.

Source: Fabric CA 1.5, `swagger/swagger-fabric-ca.json` and `lib/`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric import ed25519

from fabric_gateway.ca._enrolment import Enrolment
from fabric_gateway.ca._errors import CaUnreachable, refusal
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._identity import Identity

T = TypeVar("T")

Caller: TypeAlias = Enrolment | Identity
"""Whose certificate and key sign a call: an identity that this authority issued."""


@dataclass(frozen=True, slots=True)
class CaCall(Generic[T]):
    """One call.

    Attributes:
        name: what it is called in messages.
        method: HTTP method.
        path: path under `/api/v1/`, with its query.
        body: the request's body, or b"".
        decode: how its result is read.
        basic: name and secret.
        caller: who signs it.
    """

    name: str
    method: str
    path: str
    body: bytes
    decode: Callable[[Mapping[str, Any]], T]
    basic: tuple[str, str] | None = field(default=None, repr=False)
    caller: Caller | None = None

    def authorization(self, uri: str) -> str | None:
        """The value of the header `authorization`, or None. `uri` is path and query as they are sent."""
        if self.basic:
            return "Basic " + _base64(":".join(self.basic).encode())
        return authorisation_token(self.method, uri, self.body, self.caller) if self.caller else None

    def result(self, authority: str, status: int, content: bytes) -> T:
        """What the answer means.

        Raises:
            CaUnreachable: it cannot be read.
            CaRefused: the authority refused.
        """
        try:
            members = json.loads(content)
            if members.get("success") and isinstance(members.get("result"), dict):
                return self.decode(members["result"])
            errors = [error for error in members.get("errors") or [] if isinstance(error, dict)]
            codes = [int(error.get("code", -1)) for error in errors]
        except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise _unreadable(authority, self.name, status, error) from error
        words = "; ".join(str(error.get("message", "")) for error in errors) or "no reason given"
        message = f"the authority {authority} refused {self.name} (status {status}, codes {codes}): {words}"
        raise refusal(message, status, codes)


class WholeCall(CaCall[dict[str, Any]]):
    """A call whose whole answer is returned, even when the authority refuses."""

    def result(self, authority: str, status: int, content: bytes) -> dict[str, Any]:
        """The members of the answer. Raises `CaUnreachable` if it is not a JSON object."""
        try:
            members = json.loads(content)
        except ValueError as error:
            raise _unreadable(authority, self.name, status, error) from error
        if not isinstance(members, dict):
            raise _unreadable(authority, self.name, status, TypeError(type(members).__name__))
        return members


def whole_call(
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    caller: Caller | None,
    login: tuple[str, str] | None,
) -> WholeCall:
    """The call that `CaClient.request` makes."""
    content = b"" if body is None else json_body(body)
    return WholeCall(path.partition("?")[0], method, path, content, dict, login, caller)


def authorisation_token(method: str, uri: str, body: bytes, caller: Caller) -> str:
    """The value of the header `authorization` that Fabric CA 1.4 and newer requires.

    It is `base64(certificate).base64(signature)`; the signature covers
    `method.base64(uri).base64(body).base64(certificate)`, with s in the lower half of the group's order.

    Args:
        method: the HTTP method, upper case.
        uri: path and query as in the request line.
        body: the request's body, b"" when there is none.
        caller: who signs. The authority verifies with the hash function of its own `bccsp` settings, SHA-256
            unless they say otherwise: for SHA-384 or SHA-3 give an `Identity` with that `hash`.

    Raises:
        IdentityError: the key cannot be used: Fabric CA 1.5 issues certificates for Ed25519, and does not
            accept tokens signed with them.
    """
    identity = caller if isinstance(caller, Identity) else caller.identity("MSP")
    if isinstance(identity.certificate.public_key(), ed25519.Ed25519PublicKey):
        raise IdentityError(
            f"Fabric CA does not accept tokens signed with Ed25519, the key of {identity!r}: enrol again "
            "with the secret"
        )
    encoded = _base64(identity.certificate_pem)
    payload = f"{method}.{_base64(uri.encode())}.{_base64(body)}.{encoded}"
    return f"{encoded}.{_base64(identity.sign(payload.encode()))}"


def _unreadable(authority: str, name: str, status: int, error: Exception) -> CaUnreachable:
    return CaUnreachable(
        f"the authority {authority} answered {name} with status {status} and content that cannot be read "
        f"({type(error).__name__}: {error}): is it a Fabric CA server?"
    )


def query(ca: str, **more: str) -> str:
    """The query that names an authority, with its question mark."""
    members = {**({"ca": ca} if ca else {}), **more}
    return f"?{urlencode(members)}" if members else ""


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def json_body(members: Mapping[str, Any]) -> bytes:
    """A request's body."""
    return json.dumps(members).encode()


def decoded(value: Any) -> bytes:
    """What a member of an answer holds in base64."""
    return base64.b64decode(str(value), validate=True)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
