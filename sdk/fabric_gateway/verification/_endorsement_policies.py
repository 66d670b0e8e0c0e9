"""Endorsement policies in force: of chaincodes, of collections, of `_lifecycle`, and of single keys.

Source: Fabric 3.1.1 `core/chaincode/lifecycle/deployedcc_infoprovider.go`, and
`LifecycleEndorsementPolicyAsBytes` of `core/chaincode/lifecycle/lifecycle.go`.
"""

from __future__ import annotations

from collections.abc import Sequence

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._definitions import Definition
from fabric_gateway.verification._membership import Member
from fabric_gateway.verification._policies import Policy, application_policy
from fabric_gateway.verification._sets import Space
from fabric_gateway.verification._state import LIFECYCLE

_OF_LIFECYCLE = "/Channel/Application/LifecycleEndorsement"
_IMPLICIT = "_implicit_org_"
_PARAMETER = "VALIDATION_PARAMETER"
_CACHED = 10_000


class UnknownCollection(LookupError):
    """A collection that neither the chaincode's definition nor the channel's organisations give."""


class EndorsementPolicies:
    """Decides endorsement policies under one configuration; remembers what it decided.

    Attributes:
        configuration: the configuration in force.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        organizations = configuration.decoded.organizations
        self._names = {organization.msp.mspid: organization.name for organization in organizations}
        self._decided: dict[tuple[bytes, tuple[Member, ...]], bool] = {}

    def satisfied(self, policy: bytes, signers: tuple[Member, ...]) -> bool:
        """Whether signers satisfy a serialised `protos.ApplicationPolicy`; unreadable: nobody does."""
        key = (policy, signers)
        found = self._decided.get(key)
        if found is None:
            if len(self._decided) >= _CACHED:
                self._decided.clear()
            found = self._decided[key] = self._satisfied(policy, signers)
        return found

    def _satisfied(self, policy: bytes, signers: tuple[Member, ...]) -> bool:
        try:
            found: Policy = application_policy(policy, self.configuration.get_policy)
        except DecodeError:
            return False
        return found.satisfied_by(signers)

    def of_lifecycle(self) -> bytes:
        """The policy of `_lifecycle`: the channel's, or members of a majority of its organisations."""
        if self.configuration.get_policy(_OF_LIFECYCLE) is not None:
            return _by_path(_OF_LIFECYCLE)
        mspids = sorted(self._names)
        return _members(mspids, len(mspids) // 2 + 1)

    def of_collection(self, definition: Definition | None, space: Space) -> bytes:
        """A collection's own policy; b"": it has none, and the chaincode's counts.

        Raises:
            UnknownCollection: there is no such collection.
        """
        if space.collection.startswith(_IMPLICIT):
            mspid = space.collection.removeprefix(_IMPLICIT)
            if mspid not in self._names:
                raise UnknownCollection(f"{mspid!r} is not an organisation of the channel")
            path = f"/Channel/Application/{self._names[mspid]}/Endorsement"
            return _by_path(path) if self.configuration.get_policy(path) is not None else _members([mspid], 1)
        if definition is None or space.collection not in definition.collections:
            raise UnknownCollection(f"{space.namespace} has no collection {space.collection!r}")
        return definition.collections[space.collection].endorsement_policy or definition.endorsement_policy

    def knows_collection(self, definition: Definition | None, space: Space) -> bool:
        """The state can be asked about a collection's keys."""
        try:
            self.of_collection(definition, space)
        except UnknownCollection:
            return False
        return True


def block_to_live(definition: Definition | None, space: Space) -> int:
    """Number of blocks after which a collection's data are removed; 0: never."""
    if space == LIFECYCLE or definition is None or space.collection not in definition.collections:
        return 0
    return definition.collections[space.collection].block_to_live


def key_policy(metadata: bytes) -> bytes:
    """A key's own policy in its metadata, as a serialised `protos.ApplicationPolicy`; b"" if it has none.

    Raises:
        DecodeError: there is one that cannot be read; a peer stops at it.
    """
    policy = b""
    for entry in wire.parse(m.kv_rwset.KVMetadataWrite, metadata).entries:
        if entry.name == _PARAMETER:
            policy = entry.value
    if not policy:
        return b""
    envelope = wire.parse(m.policies.SignaturePolicyEnvelope, policy)
    return bytes(m.policy.ApplicationPolicy(signature_policy=envelope).SerializeToString())


def _by_path(path: str) -> bytes:
    return bytes(m.policy.ApplicationPolicy(channel_config_policy_reference=path).SerializeToString())


def _members(mspids: Sequence[str], needed: int) -> bytes:
    """`needed` of the organisations have a member sign."""
    rules = m.policies.SignaturePolicy
    roles = m.msp_principal.MSPRole
    envelope = m.policies.SignaturePolicyEnvelope(
        rule=rules(
            n_out_of=rules.NOutOf(n=needed, rules=[rules(signed_by=index) for index in range(len(mspids))])
        ),
        identities=[
            m.msp_principal.MSPPrincipal(
                principal_classification=m.msp_principal.MSPPrincipal.ROLE,
                principal=roles(msp_identifier=mspid, role=roles.MEMBER).SerializeToString(),
            )
            for mspid in mspids
        ],
    )
    return bytes(m.policy.ApplicationPolicy(signature_policy=envelope).SerializeToString())
