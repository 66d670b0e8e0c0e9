"""A client of Fabric CA: registration, enrolment, renewal and revocation of X.509 certificates.

    with CaClient.from_profile(profile) as ca:
        registrar = ca.enrol("admin", "adminpw")
        secret = ca.register(registrar, "till-1", attributes={"role": "cashier"})
        enrolment = ca.enrol("till-1", secret)
    enrolment.save("wallet/till-1")
    gateway = connect(profile, enrolment.identity("Org1MSP"))

A private key is made here and never leaves: the authority sees a certificate signing request only.
`kindpakket.fabric.ca.aio.CaClient` is the same for asyncio. What can go wrong is in `ca_errors`."""

from kindpakket.fabric.ca._client import (
    Attribute,
    Attributes,
    CaAlreadyRegistered,
    CaAlreadyRevoked,
    CaAuthenticationError,
    CaClient,
    CaError,
    CaForbidden,
    CaIdentity,
    CaInfo,
    Caller,
    CaNotFound,
    CaRefused,
    CaUnreachable,
    Enrolment,
    KeyAlgorithm,
    Reason,
    Revocation,
    authorisation_token,
    signing_request,
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
