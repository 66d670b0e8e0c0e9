"""A signature on a proposed change: who signed, in which role, and whether it is valid on the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from google.protobuf.message import DecodeError

from fabric_gateway.identity import verify
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER

_ROLES = ("client", "peer", "admin", "orderer")


@dataclass(frozen=True)
class Signature:
    """A signature on a proposed change.

    Attributes:
        msp: the MSP id that the signer claims.
        name: the common name in the certificate.
        role: the role in the certificate, such as `admin`; "" if it has none.
        problem: why it is not valid; None if it is.
    """

    msp: str
    name: str
    role: str
    problem: str | None


def signer(signature: Any) -> bytes:
    """The serialised identity that a `common.ConfigSignature` claims to be from."""
    creator: bytes = m.common.SignatureHeader.FromString(signature.signature_header).creator
    return creator


def checked(signature: Any, update: bytes, group: Any) -> Signature:
    """Who signed a proposed change, and whether the signature is valid.

    Args:
        signature: a `common.ConfigSignature`.
        update: the change, a serialised `common.ConfigUpdate`.
        group: the channel's present configuration, a `common.ConfigGroup`.
    """
    try:
        identity = m.identities.SerializedIdentity.FromString(signer(signature))
    except DecodeError:
        return Signature("an unknown organisation", "an unknown signer", "", "signed without an identity")
    try:
        certificate = x509.load_pem_x509_certificate(identity.id_bytes)
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    except (ValueError, x509.InvalidVersion):
        return Signature(identity.mspid, "an unknown signer", "", "signed without a readable certificate")
    organisation = _organisation(group, identity.mspid)
    role = "" if organisation is None else _role(certificate, organisation)
    problem = _problem(certificate, organisation)
    if problem is None and not verify(certificate, signature.signature_header + update, signature.signature):
        problem = "signed something other than this change"
    return Signature(identity.mspid, name, role, problem)


def _organisation(group: Any, msp: str) -> Any | None:
    """The definition of an organisation of a channel, an `msp.FabricMSPConfig`, or None."""
    for part in (APPLICATION, ORDERER):
        if msp in group.groups[part].groups:
            value = group.groups[part].groups[msp].values["MSP"].value
            return m.msp_config.FabricMSPConfig.FromString(m.msp_config.MSPConfig.FromString(value).config)
    return None


def _role(certificate: x509.Certificate, organisation: Any) -> str:
    units = [
        attribute.value
        for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    ]
    for role in _ROLES:
        named = getattr(organisation.fabric_node_ous, f"{role}_ou_identifier")
        if named.organizational_unit_identifier in units:
            return role
    return ""


def _problem(certificate: x509.Certificate, organisation: Any | None) -> str | None:
    if organisation is None:
        return "does not belong to an organisation of this channel"
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return (
            f"signed with a certificate that is valid only from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"until {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    issuers = [*organisation.root_certs, *organisation.intermediate_certs]
    if not any(_issued(certificate, pem) for pem in issuers):
        return "has a certificate that was not issued by the organisation's authority"
    if any(_revoked(certificate, pem) for pem in organisation.revocation_list):
        return "has a revoked certificate"
    return None


def _issued(certificate: x509.Certificate, issuer: bytes) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _revoked(certificate: x509.Certificate, crl: bytes) -> bool:
    found = x509.load_pem_x509_crl(crl)
    revoked = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return found.issuer == certificate.issuer and revoked is not None
