"""Checks an organisation's bundle."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.exports.bundle import Bundle
from kindpakket_network.nodes.authority_roots import is_issued_by

_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}[.]pem")
# Clocks of machines differ; Fabric CA dates its certificates back by as much.
_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_MOST_ROOTS = 2


def mistakes_in(bundle: Bundle, topology: Topology, now: datetime | None = None) -> list[str]:
    """The problems with a bundle, each with what to do.

    Args:
        bundle: the bundle.
        topology: the network that its organisation belongs to.
        now: the instant at which its certificates must be valid, UTC; None: the present.
    """
    if "PRIVATE KEY" in bundle.text():
        return [
            "it contains a private key, but may only contain certificates: its owner must replace that key"
        ]
    organisation = next(
        (candidate for candidate in topology.organisations if candidate.name == bundle.organisation), None
    )
    if bundle.network != topology.name or organisation is None or organisation.msp != bundle.msp:
        return [
            f"it is for {bundle.organisation} with the MSP id {bundle.msp} in network {bundle.network}, "
            f"which is not in the topology {topology.name}: use the same topology on both sides"
        ]
    try:
        return list(_certificates(bundle, organisation, now or datetime.now(UTC)))
    except ValueError as error:
        return [f"a certificate in it cannot be read ({error}): export the bundle again"]


def roots_in(bundle: Bundle) -> tuple[list[bytes], list[bytes]]:
    """A bundle's root certificates, for identities and for TLS, PEM, oldest first.

    Raises:
        ValueError: they cannot be read.
    """
    identities, tls = (
        [root.public_bytes(Encoding.PEM) for root in _load_roots(pem)]
        for pem in (bundle.identity_root, bundle.tls_root)
    )
    return identities, tls


def _certificates(bundle: Bundle, organisation: Organisation, now: datetime) -> Iterator[str]:
    identity_roots, tls_roots = (_load_roots(pem) for pem in (bundle.identity_root, bundle.tls_root))
    for name, roots in (("identity_root", identity_roots), ("tls_root", tls_roots)):
        for root in roots:
            yield from _valid(name, root, [root], now)
            if not _is_authority(root):
                yield f"{name} is not an authority's certificate: export the bundle again"
    for name, text in bundle.revocations.items():
        if not _FILE.fullmatch(name):
            yield f"{name!r} is not a valid file name for revocations: export the bundle again"
        elif not _is_signed(x509.load_pem_x509_crl(text.encode()), identity_roots):
            yield f"{name} is not signed by the organisation's authority: export the bundle again"
    if organisation.consenter != (bundle.consenter is not None):
        difference = (
            "it has an orderer, but the topology does not"
            if bundle.consenter
            else "it has no orderer, but the topology does"
        )
        yield f"{difference}: use the same topology on both sides"
    elif bundle.consenter is not None:
        identity, tls = _load(bundle.consenter.identity), _load(bundle.consenter.tls)
        yield from _valid("the orderer's identity", identity, identity_roots, now)
        yield from _valid("the orderer's TLS certificate", tls, tls_roots, now)
        if "orderer" not in _values(identity, NameOID.ORGANIZATIONAL_UNIT_NAME):
            yield (
                "the orderer's identity lacks the role orderer, so its votes would not count: renew it, and "
                "export the bundle again"
            )
        host = organisation.host.address
        if host not in _hosts(tls):
            yield (
                f"the orderer's TLS certificate is not valid for {host}, its address in the topology: use "
                "the same topology on both sides, or renew it"
            )


def _load(pem: str) -> x509.Certificate:
    found = _load_all(pem)
    if len(found) != 1:
        raise ValueError(f"{len(found)} certificates instead of one")
    return found[0]


def _load_roots(pem: str) -> list[x509.Certificate]:
    found = _load_all(pem)
    if len(found) > _MOST_ROOTS:
        raise ValueError(f"{len(found)} roots instead of one, or two while they are renewed")
    return found


def _load_all(pem: str) -> list[x509.Certificate]:
    found = x509.load_pem_x509_certificates(pem.encode())
    # Fabric reads only the first PEM block of a file, which could be a different one.
    if "".join(map(_text, found)) != "".join(pem.split()):
        raise ValueError("extra content besides the certificate")
    return found


def _text(certificate: x509.Certificate) -> str:
    return "".join(certificate.public_bytes(Encoding.PEM).decode("ascii").split())


def _valid(
    name: str, certificate: x509.Certificate, issuers: Sequence[x509.Certificate], now: datetime
) -> Iterator[str]:
    if certificate.not_valid_after_utc <= now:
        yield f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}: its owner must renew it"
    if certificate.not_valid_before_utc > now + _CLOCKS_DIFFER_BY:
        yield (
            f"{name} is only valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC: check the "
            "machines' clocks"
        )
    if not is_issued_by(certificate, issuers):
        yield f"{name} was not issued by the organisation's authority: export the bundle again"


def _is_signed(revocations: x509.CertificateRevocationList, roots: Sequence[x509.Certificate]) -> bool:
    return any(revocations.is_signature_valid(root.public_key()) for root in roots)  # type: ignore[arg-type]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _hosts(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address | object] = list(
        names.get_values_for_type(x509.IPAddress)
    )
    return {*names.get_values_for_type(x509.DNSName), *(str(addresse) for addresse in addresses)}


def _values(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(kind)]
