"""Authorities of an organisation, and chains of certificates as Go and Fabric build them.

Fabric looks at a certificate's chain as of one second after the certificate became valid, whatever the time
is (FAB-3678), so that a block's validity never depends on when it is looked at. Expiry is another question.

Source: `Certificate.Verify` of Go's `crypto/x509`; `msp/mspimpl.go` and `msp/cert.go` of Fabric 3.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeAlias, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from fabric_gateway._wire.der import BIT_STRING, SEQUENCE, element, ends_at_a_byte, split
from fabric_gateway.identity import load_certificate
from fabric_gateway.verification._signatures import canonical
from fabric_gateway.verification._strangers import Stranger

Chain: TypeAlias = "tuple[Certified, ...]"
"""A certificate, the authority that issued it, and so on to a root."""

_E = TypeVar("_E", bound=x509.ExtensionType)
_DER = serialization.Encoding.DER
_ECDSA = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA1,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
}
_LONGEST = 100  # what Go allows of signature checks while it looks for chains
_KNOWN_CRITICAL = frozenset(
    {
        ExtensionOID.KEY_USAGE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
_ACCEPTED_USAGES = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}

# What `cryptography` raises for extensions that cannot be read; the warning, where warnings are errors.
_DAMAGE = (x509.DuplicateExtension, CryptographyDeprecationWarning, ValueError)


class Certified:
    """A certificate, with its signature in the one form that Fabric compares.

    Attributes:
        certificate: the certificate as it was given.
        der: its DER; once its issuer is known, with an ECDSA signature whose s is in the lower half.
    """

    def __init__(self, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.der = certificate.public_bytes(_DER)

    @classmethod
    def from_pem(cls, pem: bytes) -> Certified:
        """Read a certificate, PEM.

        Raises:
            Stranger: it is none.
        """
        try:
            return cls(load_certificate(pem))
        except ValueError as error:
            raise Stranger("unreadable", f"the certificate cannot be read: {error}") from error

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the certificate as it was given, DER."""
        return hashlib.sha256(self.certificate.public_bytes(_DER)).digest()

    @cached_property
    def entity(self) -> tuple[bytes, bytes]:
        """Subject and public key: what must not appear twice in a chain."""
        try:
            key = self.certificate.public_key()
        except (UnsupportedAlgorithm, ValueError) as error:
            raise Stranger("key", f"a certificate's key cannot be read: {error}") from error
        info = key.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return self.certificate.subject.public_bytes(), info

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The organisational units of its subject, in order."""
        names = self.certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
        return tuple(str(name.value) for name in names)

    @cached_property
    def is_authority(self) -> bool:
        """It may issue certificates."""
        basic = self.extension(x509.BasicConstraints)
        return basic is not None and basic.ca

    @cached_property
    def key_identifier(self) -> bytes | None:
        """Its subject key identifier."""
        found = self.extension(x509.SubjectKeyIdentifier)
        return None if found is None else found.digest

    def sanitize(self, issuer: Certified) -> None:
        """Bring its signature, which the issuer made, to the one form that Fabric compares."""
        self.der = _sanitized(self.certificate, issuer.certificate)

    def extension(self, kind: type[_E]) -> _E | None:
        """An extension; None if it is not there, or none can be read."""
        try:
            return self.certificate.extensions.get_extension_for_class(kind).value
        except (x509.ExtensionNotFound, *_DAMAGE):
            return None

    def issued(self, other: Certified) -> bool:
        """It signed another certificate, and was allowed to."""
        usage = self.extension(x509.KeyUsage)
        if not self.is_authority or (usage is not None and not usage.key_cert_sign):
            return False
        if not ends_at_a_byte(other.certificate.public_bytes(_DER), other.certificate.signature):
            return False
        try:
            other.certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False
        return True


class Authorities:
    """The roots and intermediate authorities of an organisation."""

    def __init__(self, roots: Iterable[bytes], intermediates: Iterable[bytes]) -> None:
        """Read them, PEM.

        Raises:
            Stranger: one of them cannot be read, so that the organisation has no members.
        """
        self._roots = _each_once(roots)
        self._intermediates = _each_once(intermediates)
        self._inner: set[bytes] = set()
        for root in self._roots:
            if root.issued(root):
                root.sanitize(root)
        chains = [chain for found in self._intermediates for chain in self._chains((found,), _moment(found))]
        for chain in chains:
            chain[0].sanitize(chain[1])
        self._inner = {above.der for chain in chains for above in chain[1:]}
        """Authorities that have authorities below them: they may issue nothing else."""

    def chain(self, leaf: Certified) -> Chain:
        """The one chain of a member's certificate.

        Raises:
            Stranger: there is none, or several, or it does not begin at an authority of the lowest level.
        """
        if leaf.is_authority:
            raise Stranger("chain", "the certificate is an authority's own, not a member's")
        chain = self._only_chain(leaf)
        if chain[1].der in self._inner:
            raise Stranger("chain", "the authority that issued the certificate may issue only to authorities")
        return chain

    def authority_chain(self, authority: Certified) -> Chain:
        """The chain of one of these authorities, itself included.

        Raises:
            Stranger: it is not one of them, or has no chain of its own.
        """
        for root in self._roots:
            if root.certificate == authority.certificate:
                return (root,)
        if all(found.certificate != authority.certificate for found in self._intermediates):
            raise Stranger("chain", "a certificate that names an organisational unit is not an authority's")
        chain = self._only_chain(authority)
        if chain[0].der in self._inner:
            raise Stranger("chain", "an authority that names an organisational unit has authorities below it")
        return chain

    def _only_chain(self, leaf: Certified) -> Chain:
        problem = _unusable(leaf)
        if problem:
            raise Stranger("chain", problem)
        if any(root.certificate == leaf.certificate for root in self._roots):
            raise Stranger("chain", "the certificate is one of the organisation's roots")
        chains = [
            chain
            for chain in self._chains((leaf,), _moment(leaf))
            if all(_usage_fits(found) for found in chain)
        ]
        if len(chains) != 1:
            found = "does not chain" if not chains else f"chains in {len(chains)} ways"
            raise Stranger("chain", f"the certificate {found} to the organisation's authorities")
        leaf.sanitize(chains[0][1])
        return chains[0]

    def _chains(self, chain: Chain, moment: datetime, left: int = _LONGEST) -> Iterator[Chain]:
        if not left or not _valid_at(chain[-1], moment):
            return
        for root in self._roots:
            if _extends(chain, root) and _valid_at(root, moment):
                yield (*chain, root)
        for above in self._intermediates:
            if _extends(chain, above):
                yield from self._chains((*chain, above), moment, left - 1)


def _each_once(pems: Iterable[bytes]) -> list[Certified]:
    return list({found.der: found for found in map(Certified.from_pem, pems)}.values())


def _extends(chain: Chain, above: Certified) -> bool:
    if any(above.entity == found.entity for found in chain):
        return False
    basic = above.extension(x509.BasicConstraints)
    if basic is None or (basic.path_length is not None and len(chain) - 1 > basic.path_length):
        return False
    return not _unusable(above) and above.issued(chain[-1])


def _unusable(found: Certified) -> str:
    """What keeps Go from using a certificate in any chain; "" if nothing does."""
    try:
        extensions = found.certificate.extensions
    except _DAMAGE as error:
        return f"the certificate's extensions cannot be read: {error}"
    for extension in extensions:
        if extension.oid == ExtensionOID.NAME_CONSTRAINTS:
            return "an authority constrains names, which is not supported here"
        if extension.critical and extension.oid not in _KNOWN_CRITICAL:
            return (
                f"the certificate has a critical extension {extension.oid.dotted_string} that Fabric rejects"
            )
    return ""


def _usage_fits(found: Certified) -> bool:
    usages = found.extension(x509.ExtendedKeyUsage)
    return usages is None or any(usage in _ACCEPTED_USAGES for usage in usages)


def _moment(found: Certified) -> datetime:
    return found.certificate.not_valid_before_utc + timedelta(seconds=1)


def _valid_at(found: Certified, moment: datetime) -> bool:
    return found.certificate.not_valid_before_utc <= moment <= found.certificate.not_valid_after_utc


def _sanitized(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    der = certificate.public_bytes(_DER)
    key = issuer.public_key()
    if certificate.signature_algorithm_oid not in _ECDSA or not isinstance(key, ec.EllipticCurvePublicKey):
        return der
    signature = canonical(certificate.signature, key.curve.name)
    if signature == certificate.signature:
        return der
    content, _ = split(der, SEQUENCE)
    signed = certificate.tbs_certificate_bytes
    algorithm, _ = split(content[len(signed) :], SEQUENCE)
    parts = (signed, element(SEQUENCE, algorithm), element(BIT_STRING, b"\0" + signature))
    return element(SEQUENCE, b"".join(parts))
