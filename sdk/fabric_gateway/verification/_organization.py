"""One organisation as a channel's configuration defines it, and who its members are.

Source: `msp/mspimpl.go`, `mspimplsetup.go` and `mspimplvalidate.go` of Fabric 3.1, for channels whose
capabilities are V1_4_3 or later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from fabric_gateway._wire.der import ends_at_a_byte
from fabric_gateway.verification._authorities import Authorities, Certified, Chain
from fabric_gateway.verification._signatures import PublicKey, public_key
from fabric_gateway.verification._strangers import Stranger

_IDENTIFIER_HASHES = {
    "": "sha256",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA3_256": "sha3_256",
    "SHA3_384": "sha3_384",
}


class Organization:
    """An organisation's definition.

    Attributes:
        mspid: its MSP id.
        sha3: its signatures cover SHA3-256 digests instead of SHA-256 ones.
        node_ous: certificates say themselves what they are.
    """

    def __init__(self, message: Any, *, ed25519_allowed: bool) -> None:
        """Read an `msp.FabricMSPConfig` message.

        Raises:
            Stranger: its authorities cannot be read, so that it has no members.
        """
        self.mspid: str = message.name
        self.sha3 = message.crypto_config.signature_hash_family == "SHA3"
        self._ed25519_allowed = ed25519_allowed
        name = message.crypto_config.identity_identifier_hash_function
        if name not in _IDENTIFIER_HASHES:
            raise Stranger("unreadable", f"{self.mspid} names the unknown hash function {name!r}")
        self._identifier_hash = _IDENTIFIER_HASHES[name]
        self._authorities = Authorities(message.root_certs, message.intermediate_certs)
        self._lists = tuple(_revocation_list(data) for data in message.revocation_list)
        self._admins = frozenset(self._admin(pem) for pem in message.admins)
        self._demanded: dict[str, set[bytes]] = {}
        for unit in message.organizational_unit_identifiers:
            certifiers = self._certifiers(unit.certificate)
            self._demanded.setdefault(unit.organizational_unit_identifier, set()).add(certifiers)
        nodes = message.fabric_node_ous
        named = {
            role: getattr(nodes, f"{role}_ou_identifier")
            for role in ("client", "peer", "admin", "orderer")
            if nodes.HasField(f"{role}_ou_identifier")
        }
        self.node_ous: bool = nodes.enable and bool(named)
        self._units = {role: unit.organizational_unit_identifier for role, unit in named.items()}
        self._node_certifiers = {
            unit.organizational_unit_identifier: self._certifiers(unit.certificate)
            for unit in named.values()
            if unit.certificate
        }

    def key(self, certified: Certified) -> PublicKey:
        """The key of a certificate.

        Raises:
            Stranger: it is of a kind that Fabric does not know.
        """
        key = public_key(certified.certificate)
        if key is None:
            raise Stranger("key", f"{self.mspid}: a key that is neither ECDSA nor Ed25519")
        return key

    def chain(self, certified: Certified) -> Chain:
        """The chain of a certificate to the organisation's authorities.

        Raises:
            Stranger: there is not exactly one.
        """
        try:
            return self._authorities.chain(certified)
        except Stranger as stranger:
            raise Stranger(stranger.reason, f"{self.mspid}: {stranger}") from None

    def certifiers_of(self, chain: Chain) -> bytes:
        """Identifier of the authorities above a certificate."""
        return self._hash_of(chain[1:])

    def problem(self, certified: Certified, key: PublicKey, chain: Chain) -> Stranger | None:
        """Why Fabric does not take a certificate with that key and chain for a member's; None if it does."""
        if isinstance(key, ed25519.Ed25519PublicKey) and not self._ed25519_allowed:
            return Stranger("key", f"{self.mspid}: an Ed25519 key, which needs the channel capability V3_0")
        return self._revoked(certified, chain) or self._misplaced(certified, chain)

    def is_named_admin(self, certified: Certified) -> bool:
        """The organisation lists the certificate as an administrator's."""
        return certified.der in self._admins

    def has_role(self, certified: Certified, role: str) -> bool:
        """The certificate says that it is a client's, peer's, admin's or orderer's."""
        return self.node_ous and role in self._units and self._units[role] in certified.units

    def _revoked(self, certified: Certified, chain: Chain) -> Stranger | None:
        issuer = chain[1]
        if issuer.key_identifier is None:
            return Stranger("chain", f"{self.mspid}: the issuer has no subject key identifier")
        for found in self._lists:
            try:
                authority = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
            except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
                return Stranger("revocation-list", f"{self.mspid}: a revocation list names no authority")
            if authority.key_identifier != issuer.key_identifier:
                continue
            serial = certified.certificate.serial_number
            entry = found.get_revoked_certificate_by_serial_number(serial)
            if entry is not None and _signed(found, issuer):
                return Stranger(
                    "revoked", f"{self.mspid}: certificate {serial:x} is on the revocation list in force"
                )
        return None

    def _misplaced(self, certified: Certified, chain: Chain) -> Stranger | None:
        certifiers = self.certifiers_of(chain)
        units = certified.units
        if self._demanded and not any(certifiers in self._demanded.get(unit, ()) for unit in units):
            return Stranger(
                "organizational-unit", f"{self.mspid}: none of the units that the organisation demands"
            )
        if not self.node_ous:
            return None
        roles = [unit for unit in units if unit in self._units.values()]
        if any(self._node_certifiers.get(unit, certifiers) != certifiers for unit in roles[:2]):
            return Stranger("node-ou", f"{self.mspid}: a unit that another authority must certify")
        if len(roles) != 1:
            said = "none" if not roles else f"{len(roles)}: {', '.join(roles)}"
            return Stranger(
                "node-ou", f"{self.mspid}: one unit must say client, peer, orderer or admin; there is {said}"
            )
        return None

    def _admin(self, pem: bytes) -> bytes:
        admin = Certified.from_pem(pem)
        self._authorities.chain(admin)
        return admin.der

    def _certifiers(self, pem: bytes) -> bytes:
        return self._hash_of(self._authorities.authority_chain(Certified.from_pem(pem)))

    def _hash_of(self, chain: Iterable[Certified]) -> bytes:
        return hashlib.new(self._identifier_hash, b"".join(found.der for found in chain)).digest()


def _revocation_list(data: bytes) -> x509.CertificateRevocationList:
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        return x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
    except ValueError as error:
        raise Stranger("revocation-list", f"a revocation list cannot be read: {error}") from error


def _signed(found: x509.CertificateRevocationList, issuer: Certified) -> bool:
    if not ends_at_a_byte(found.public_bytes(Encoding.DER), found.signature):
        return False
    key = issuer.certificate.public_key()
    try:
        return found.is_signature_valid(cast(CertificateIssuerPublicKeyTypes, key))
    except (TypeError, UnsupportedAlgorithm):
        return False
