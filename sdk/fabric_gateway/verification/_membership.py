"""Who belongs to a channel: the members of its organisations, under one configuration.

Source: `msp/mspimpl.go`, `msp/mspmgrimpl.go` and `msp/identities.go` of Fabric 3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._authorities import Certified, Chain
from fabric_gateway.verification._organization import Organization
from fabric_gateway.verification._signatures import AtOnce, Verdicts, message_digest
from fabric_gateway.verification._strangers import Stranger

_KEPT = 4096  # identities; a busy channel has some hundreds
_FABRIC_MSP = 0
_ROLES = {0: "member", 1: "admin", 2: "client", 3: "peer", 4: "orderer"}


class Member:
    """An identity that chains to an organisation of the channel.

    Two members are equal if Fabric takes them for the same identity, and counts them once.

    Attributes:
        mspid: MSP id of the organisation.
        problem: why Fabric's `Validate` refuses the identity, such as a revocation; None if it is valid.
            Fabric lets such identities go where nothing but a signature counts, so they are told apart here.
    """

    __slots__ = (
        "_certified",
        "_chain",
        "_key",
        "_organization",
        "_satisfied",
        "_verdicts",
        "mspid",
        "problem",
    )

    def __init__(self, organization: Organization, certified: Certified, verdicts: Verdicts) -> None:
        self.mspid = organization.mspid
        self._organization = organization
        self._certified = certified
        self._verdicts = verdicts
        self._key = organization.key(certified)
        self._chain: Chain = organization.chain(certified)
        self.problem = organization.problem(certified, self._key, self._chain)
        self._satisfied: dict[tuple[int, bytes], bool] = {}

    @property
    def certificate(self) -> x509.Certificate:
        """The enrolment certificate."""
        return self._certified.certificate

    @property
    def identifier(self) -> tuple[str, bytes]:
        """MSP id and certificate: what makes two identities the same."""
        return self.mspid, self._certified.der

    @property
    def label(self) -> str:
        """How sentences name it: MSP id and serial number, no personal name."""
        return f"{self.mspid} (certificate {self.certificate.serial_number:x})"

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature of a message is this identity's, in a form that Fabric accepts."""
        digest = message_digest(self._key, message, self._organization.sha3)
        return self._verdicts.verified(self._key, self._certified.hash, digest, signature)

    def expiry_problem(self, at: datetime) -> Stranger | None:
        """Why the certificate does not count at a time, UTC; None if it does.

        Peers never ask this when they validate a block; orderers and endorsers do, by their own clock.
        """
        certificate = self.certificate
        if at > certificate.not_valid_after_utc:
            ended = certificate.not_valid_after_utc.isoformat()
            return Stranger("expired", f"{self.label} expired at {ended}; it was used at {at.isoformat()}")
        if at < certificate.not_valid_before_utc:
            begins = certificate.not_valid_before_utc.isoformat()
            return Stranger(
                "not-yet-valid", f"{self.label} is valid from {begins}; it was used at {at.isoformat()}"
            )
        return None

    def satisfies(self, principal: Any) -> bool:
        """Whether it is what a policy asks for, an `MSPPrincipal` message."""
        key = (principal.principal_classification, principal.principal)
        found = self._satisfied.get(key)
        if found is None:
            found = self._satisfied[key] = self._satisfies(*key)
        return found

    def _satisfies(self, kind: int, content: bytes) -> bool:
        kinds = m.msp_principal.MSPPrincipal
        decide = {
            kinds.ROLE: self._has_role,
            kinds.ORGANIZATION_UNIT: self._in_unit,
            kinds.IDENTITY: self._is,
            kinds.ANONYMITY: self._may_be_anonymous,
            kinds.COMBINED: self._is_all,
        }.get(kind)
        try:
            return decide is not None and decide(content)
        except DecodeError:
            return False

    def _has_role(self, content: bytes) -> bool:
        asked = wire.parse(m.msp_principal.MSPRole, content)
        if asked.msp_identifier != self.mspid:
            return False
        role, organization = _ROLES.get(asked.role, ""), self._organization
        if role == "admin" and organization.is_named_admin(self._certified):
            return True
        if self.problem is not None or not role:
            return False
        return role == "member" or organization.has_role(self._certified, role)

    def _in_unit(self, content: bytes) -> bool:
        asked = wire.parse(m.msp_principal.OrganizationUnit, content)
        return bool(
            asked.msp_identifier == self.mspid
            and self.problem is None
            and asked.organizational_unit_identifier in self._certified.units
            and asked.certifiers_identifier == self._organization.certifiers_of(self._chain)
        )

    def _is(self, content: bytes) -> bool:
        asked = wire.parse(m.identities.SerializedIdentity, content)
        if asked.mspid != self.mspid or self.problem is not None:
            return False
        try:
            other = Certified.from_pem(asked.id_bytes)
            self._organization.chain(other)
        except Stranger:
            return False
        return other.der == self._certified.der

    def _may_be_anonymous(self, content: bytes) -> bool:
        asked = wire.parse(m.msp_principal.MSPIdentityAnonymity, content)
        return bool(asked.anonymity_type == m.msp_principal.MSPIdentityAnonymity.NOMINAL)

    def _is_all(self, content: bytes) -> bool:
        parts = wire.parse(m.msp_principal.CombinedPrincipal, content).principals
        return bool(parts) and all(
            self._satisfies(part.principal_classification, part.principal) for part in parts
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Member) and other.identifier == self.identifier

    def __hash__(self) -> int:
        return hash(self.identifier)

    def __repr__(self) -> str:
        return f"Member({self.label})"


class Membership:
    """The members of a channel under one configuration."""

    def __init__(
        self, messages: Iterable[Any], *, ed25519_allowed: bool, verdicts: Verdicts | None = None
    ) -> None:
        """Read the organisations.

        Args:
            messages: their definitions, `msp.MSPConfig` messages; the same one may come several times.
            ed25519_allowed: the channel has the capability V3_0.
            verdicts: what verifies signatures; default: at once, here.
        """
        self._verdicts = verdicts or AtOnce()
        self._organizations: dict[str, Organization] = {}
        self._unusable: dict[str, Stranger] = {}
        for message in messages:
            if message.type != _FABRIC_MSP:
                continue
            config = wire.parse(m.msp_config.FabricMSPConfig, message.config)
            try:
                self._organizations[config.name] = Organization(config, ed25519_allowed=ed25519_allowed)
            except Stranger as stranger:
                self._unusable[config.name] = stranger
        self._known = lru_cache(maxsize=_KEPT)(self._look)

    @property
    def organizations(self) -> Mapping[str, Organization]:
        """The organisations by their MSP ids."""
        return self._organizations

    @property
    def unusable(self) -> Mapping[str, Stranger]:
        """Organisations whose definition cannot be used, by MSP id, and why."""
        return self._unusable

    def identity(self, serialized: bytes) -> Member:
        """Look at an identity, as it is serialised in messages, without asking whether it is valid.

        This is what Fabric does with the signers of a policy: each principal asks by itself.

        Raises:
            Stranger: it is no identity, or no organisation's.
        """
        found = self._known(serialized)
        if isinstance(found, Stranger):
            raise found.again()
        return found

    def member(self, serialized: bytes, at: datetime | None = None) -> Member:
        """Look at an identity, as it is serialised in messages, that must be a member's.

        Args:
            serialized: a serialised `msp.SerializedIdentity`.
            at: a time at which its certificate must be valid, UTC. None: not asked, as peers do when they
                validate a block.

        Raises:
            Stranger: it is not a member, and why.
        """
        member = self.identity(serialized)
        problem = member.problem or (member.expiry_problem(at) if at is not None else None)
        if problem is not None:
            raise problem.again()
        return member

    def _look(self, serialized: bytes) -> Member | Stranger:
        try:
            try:
                identity = wire.parse(m.identities.SerializedIdentity, serialized)
            except DecodeError as error:
                raise Stranger("unreadable", f"an identity that cannot be read: {error}") from error
            if identity.mspid in self._unusable:
                return self._unusable[identity.mspid]
            organization = self._organizations.get(identity.mspid)
            if organization is None:
                raise Stranger(
                    "unknown-organization", f"{identity.mspid!r} is not an organisation of the channel"
                )
            return Member(organization, Certified.from_pem(identity.id_bytes), self._verdicts)
        except Stranger as stranger:
            return stranger
