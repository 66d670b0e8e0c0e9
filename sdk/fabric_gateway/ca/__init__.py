"""A client of Fabric CA: registration, enrolment, renewal and revocation of X.509 certificates.

    with CaClient.from_profile(profile) as ca:
        registrar = ca.enrol("admin", "adminpw")
        secret = ca.register(registrar, "till-1", attributes={"role": "cashier"})
        enrolment = ca.enrol("till-1", secret)
    enrolment.save("wallet/till-1")
    gateway = connect(profile, enrolment.identity("Org1MSP"))

A private key is generated here and never leaves: the authority sees a certificate signing request only.
`fabric_gateway.ca.aio.CaClient` is the same for asyncio. Every error is a `CaError`.
"""

from typing import TYPE_CHECKING

from fabric_gateway._lazy import lazily

if TYPE_CHECKING:
    from fabric_gateway.ca._call import Caller, authorisation_token
    from fabric_gateway.ca._certificates import CaInfo, Reason, Revocation
    from fabric_gateway.ca._client import CaClient
    from fabric_gateway.ca._enrolment import Enrolment
    from fabric_gateway.ca._errors import (
        CaAlreadyRegistered,
        CaAlreadyRevoked,
        CaAuthenticationError,
        CaError,
        CaForbidden,
        CaNotFound,
        CaRefused,
        CaUnreachable,
    )
    from fabric_gateway.ca._identities import Attribute, Attributes, CaIdentity
    from fabric_gateway.identity._keys import KeyAlgorithm, signing_request
else:
    __getattr__ = lazily(
        __name__,
        {
            "._call": "Caller authorisation_token",
            "._certificates": "CaInfo Reason Revocation",
            "._client": "CaClient",
            "._enrolment": "Enrolment",
            "._errors": (
                "CaAlreadyRegistered CaAlreadyRevoked CaAuthenticationError CaError CaForbidden "
                "CaNotFound CaRefused CaUnreachable"
            ),
            "._identities": "Attribute Attributes CaIdentity",
            "..identity._keys": "KeyAlgorithm signing_request",
        },
    )

__all__ = [
    "Attribute",
    "Attributes",
    "CaAlreadyRegistered",
    "CaAlreadyRevoked",
    "CaAuthenticationError",
    "CaClient",
    "CaError",
    "CaForbidden",
    "CaIdentity",
    "CaInfo",
    "CaNotFound",
    "CaRefused",
    "CaUnreachable",
    "Caller",
    "Enrolment",
    "KeyAlgorithm",
    "Reason",
    "Revocation",
    "authorisation_token",
    "signing_request",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
