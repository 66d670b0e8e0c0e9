"""Why there is no trusted connection to a peer, and what to change: gRPC's words, understood."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from fabric_gateway._connection.targets import Target
from fabric_gateway._node_messages import UNPROVEN

# What gRPC says (its C core, src/core/tsi/ssl_transport_security.cc and the security connectors).
_WRONG_NAME = "Hostname Verification Check failed"
_WRONG_ROOT = "CERTIFICATE_VERIFY_FAILED"
_NO_TLS = "WRONG_VERSION_NUMBER"
_CLOSED = "Socket closed"


def suspicious(target: Target, reason: str) -> bool:
    """Whether a connection failed in a way that `complaint` can explain."""
    if target.credentials is None:
        return _CLOSED in reason
    return any(words in reason for words in (_WRONG_NAME, _WRONG_ROOT, _NO_TLS))


def complaint(target: Target, reason: str, seconds: float) -> str:
    """What is wrong, and gRPC's own words; "" if a look at the peer shows nothing.

    Blocks for up to `seconds`: it looks at the certificate that the peer shows.
    """
    shown = _shown(target, seconds)
    if target.credentials is None:
        if shown is None:
            return ""
        meaning = f"{target.address} uses TLS: leave out grpc:// (in a profile: give grpcs://)"
    elif _NO_TLS in reason:
        meaning = f"{target.address} does not use TLS: give grpc://{target.address}"
    elif shown is None:
        return ""
    elif _WRONG_NAME in reason:
        meaning = _wrong_name(target, shown)
    else:
        meaning = _wrong_root(target, shown)
    return f"{UNPROVEN}{meaning} ({reason})"


def _wrong_name(target: Target, shown: x509.Certificate) -> str:
    names = _names(shown)
    wanted = _expected(target)
    if not names:
        return (
            f"the TLS certificate of {target.address} names no host, not even {wanted}: have one issued that "
            "does (the subject's common name does not count)"
        )
    return (
        f"the TLS certificate of {target.address} is for {', '.join(names)}, not for {wanted}: give "
        f"server_name={names[0]!r} (in a profile: grpcOptions, ssl-target-name-override), or an address that "
        "it names"
    )


def _wrong_root(target: Target, shown: x509.Certificate) -> str:
    return (
        f"the TLS certificate of {target.address}, issued by {shown.issuer.rfc4514_string()}, valid from "
        f"{shown.not_valid_before_utc:%Y-%m-%d %H:%M} to {shown.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, "
        f"does not chain to {target.roots}: give its issuer's root as tls_root (in a profile: tlsCACerts)"
    )


def _names(certificate: x509.Certificate) -> Sequence[str]:
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    alternatives = found.value
    if not isinstance(alternatives, x509.SubjectAlternativeName):
        return ()
    addresses = map(str, alternatives.get_values_for_type(x509.IPAddress))
    return (*alternatives.get_values_for_type(x509.DNSName), *addresses)


def _expected(target: Target) -> str:
    override = dict(target.options).get("grpc.ssl_target_name_override")
    return str(override or urlsplit(f"//{target.address}").hostname)


def _shown(target: Target, seconds: float) -> x509.Certificate | None:
    """The certificate that the peer shows to anybody; None if it shows none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is looked at, and nothing is sent to it
    place = urlsplit(f"//{target.address}")
    try:
        with (
            socket.create_connection((place.hostname or "", place.port or 443), seconds) as plain,
            context.wrap_socket(plain, server_hostname=_expected(target)) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown) if shown else None
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        return None
