"""What can go wrong with a certificate authority.

FabricError
└── CaError
    ├── CaUnreachable      no answer, or none that can be read
    └── CaRefused          the authority refused
        ├── CaAuthenticationError   wrong secret, or a certificate that it does not (or no longer) accept
        ├── CaForbidden             the caller may not do this
        ├── CaNotFound              there is no such identity, certificate or affiliation
        ├── CaAlreadyRegistered     the name is already registered
        └── CaAlreadyRevoked        the certificate is already revoked
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fabric_gateway.errors import FabricError


class CaError(FabricError):
    """A call to a certificate authority did not succeed."""


class CaUnreachable(CaError):
    """The authority gave no answer, or none that could be read: the call may or may not have had its effect.

    All calls may be repeated. A second enrolment counts against the identity's number of enrolments.
    """


class CaRefused(CaError):
    """The authority refused.

    Attributes:
        status: the HTTP status.
        codes: Fabric CA's own error codes, in the order of its answer.
    """

    def __init__(self, message: str, status: int, codes: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.codes = tuple(codes)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (str(self), self.status, self.codes))


class CaAuthenticationError(CaRefused):
    """The secret is wrong or used up, or the caller's certificate is not (or no longer) accepted."""


class CaForbidden(CaRefused):
    """The caller may not do this: it lacks an attribute such as `hf.Revoker`, or the right to register."""


class CaNotFound(CaRefused):
    """There is no such identity, certificate or affiliation."""


class CaAlreadyRegistered(CaRefused):
    """An identity of this name is already registered; its secret does not change."""


class CaAlreadyRevoked(CaRefused):
    """The certificate is already revoked."""


_ALREADY_REGISTERED = 74  # Fabric CA 1.5, `lib/caerrors/servererror.go`
_ALREADY_REVOKED = 66
_BY_STATUS: Mapping[int, type[CaRefused]] = {401: CaAuthenticationError, 403: CaForbidden, 404: CaNotFound}


def refusal(message: str, status: int, codes: Sequence[int]) -> CaRefused:
    """The error for an answer."""
    kind = _BY_STATUS.get(status, CaRefused)
    if _ALREADY_REGISTERED in codes:
        kind = CaAlreadyRegistered
    elif _ALREADY_REVOKED in codes:
        kind = CaAlreadyRevoked
    return kind(message, status, codes)
