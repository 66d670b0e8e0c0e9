"""Whether the right peers endorsed a transaction, each signature verified and each policy decided anew.

Source: Fabric 3.1.1 `Dispatch` of `core/committer/txvalidator/v20/plugindispatcher/dispatcher.go`,
`core/handlers/validation/builtin/v20/validation_logic.go`, and `validator_keylevel.go`, `v20.go` and
`vpmanagerimpl.go` of `core/common/validation/statebased/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from fabric_gateway.errors import DecodeError, FabricError
from fabric_gateway.verification._definitions import Definition, Definitions
from fabric_gateway.verification._endorsement_policies import (
    EndorsementPolicies,
    UnknownCollection,
    key_policy,
)
from fabric_gateway.verification._membership import Member, Membership
from fabric_gateway.verification._sets import NamespaceSets, Space
from fabric_gateway.verification._state import LIFECYCLE, State
from fabric_gateway.verification._strangers import Stranger
from fabric_gateway.verification._taken_apart import Fault, TakenApart

_LEGACY = Space("lscc")
_BUILT_IN = "vscc"


class Undecidable(FabricError):
    """The validity of a transaction depends on something that is not in the blocks, or a peer stops at it."""


class Signers:
    """Who endorsed a transaction.

    Attributes:
        members: peers whose signature holds, each once.
        flawed: why endorsements do not count, as sentences.
    """

    def __init__(self, transaction: TakenApart, membership: Membership) -> None:
        members: dict[Member, None] = {}
        self.flawed: list[str] = []
        for signed in transaction.endorsements:
            try:
                member = membership.identity(signed.identity)
            except Stranger as stranger:
                self.flawed.append(f"an endorser is a stranger: {stranger}")
                continue
            if member in members:
                continue
            if member.verify(signed.message, signed.signature):
                members[member] = None
            else:
                self.flawed.append(f"the signature of {member.label} does not hold")
        self.members = tuple(members)

    def __str__(self) -> str:
        names = sorted({member.mspid for member in self.members})
        return ", ".join(names) or "nobody"


class Endorsements:
    """Judges the endorsements of one block's transactions, in their order.

    Args:
        state: the state before the block.
        definitions: the definitions before the block.
        policies: those of the configuration in force.
    """

    def __init__(self, state: State, definitions: Definitions, policies: EndorsementPolicies) -> None:
        self._state = state
        self._definitions = definitions
        self._policies = policies
        self._changed: set[tuple[Space, bytes]] = set()
        """Keys whose own policy an earlier transaction of the block may have changed."""

    def faults(self, transaction: TakenApart, signers: Signers) -> list[Fault]:
        """What is wrong with a transaction's endorsements, for each namespace that it needs a policy of.

        Peers walk through the namespaces in an order of chance, so that any one of several faults may be the
        one that they report.

        Raises:
            Undecidable: it cannot be told.
        """
        written = {found.space.namespace: found for found in transaction.sets if found.writes}
        faults = []
        for name in sorted({transaction.chaincode, *written}):
            fault = self._namespace_fault(name, written.get(name), signers)
            if fault is not None:
                faults.append(fault)
            elif name in written:
                self._changed.update(_metadata_places(written[name]))
        return faults

    def _namespace_fault(self, name: str, sets: NamespaceSets | None, signers: Signers) -> Fault | None:
        try:
            definition = self._definitions.get(name)
        except DecodeError as error:
            raise Undecidable(f"the definition of {name} cannot be read: {error}") from error
        if name == LIFECYCLE.namespace:
            policy = self._policies.of_lifecycle()
        elif definition is None:
            if self._state.get(_LEGACY, name.encode()) is not None:
                raise Undecidable(f"{name} is defined by Fabric 1's lifecycle, which is not followed here")
            return Fault("INVALID_CHAINCODE", f"chaincode {name!r} has no definition")
        elif not definition.plugin or not definition.endorsement_policy:
            return Fault("INVALID_CHAINCODE", f"the definition of {name} has no plugin or no policy")
        elif definition.plugin != _BUILT_IN:
            raise Undecidable(f"{name} is validated by a plugin of its own, {definition.plugin!r}")
        else:
            policy = definition.endorsement_policy
        return _NamespaceCheck(self, name, definition, policy, signers).fault(sets)

    @property
    def policies(self) -> EndorsementPolicies:
        """The policies in force."""
        return self._policies

    def own_policy(self, definition: Definition | None, space: Space, key: bytes) -> bytes:
        """A key's own policy; b"" if it has none.

        Raises:
            Undecidable: it has one that cannot be read.
        """
        if space.collection and not self._policies.knows_collection(definition, space):
            return b""
        metadata = self._state.metadata(space, key)
        if not metadata:
            return b""
        try:
            return key_policy(metadata)
        except DecodeError as error:
            raise Undecidable(f"the policy of a key of {space.namespace} cannot be read: {error}") from error

    def changed(self, space: Space, key: bytes) -> bool:
        """An earlier transaction of the block set the key's metadata."""
        return (space, key) in self._changed


class _NamespaceCheck:
    """One namespace of one transaction: each policy is decided once."""

    def __init__(
        self,
        endorsements: Endorsements,
        name: str,
        definition: Definition | None,
        policy: bytes,
        signers: Signers,
    ) -> None:
        self._endorsements = endorsements
        self._name = name
        self._definition = definition
        self._policy = policy
        self._signers = signers
        self._satisfied: set[str] = set()
        self._any = False

    def fault(self, sets: NamespaceSets | None) -> Fault | None:
        if sets is not None:
            for space, key in _written_places(sets):
                fault = self._key_fault(space, key)
                if fault is not None:
                    return fault
        return None if self._any else self._chaincode_fault()

    def _key_fault(self, space: Space, key: bytes) -> Fault | None:
        if self._endorsements.changed(space, key):
            return self._failure(
                f"an earlier transaction of this block changed the policy of key {_shown(space, key)}"
            )
        own = self._endorsements.own_policy(self._definition, space, key)
        if own:
            if not self._holds(own):
                return self._failure(
                    f"the policy of key {_shown(space, key)} is not satisfied by {self._signers}"
                )
            self._any = True
            return None
        return self._collection_fault(space) if space.collection else self._chaincode_fault()

    def _collection_fault(self, space: Space) -> Fault | None:
        if space.collection in self._satisfied:
            return None
        try:
            policy = self._endorsements.policies.of_collection(self._definition, space)
        except UnknownCollection as error:
            return self._failure(str(error))
        if not policy:
            return self._chaincode_fault()
        if not self._holds(policy):
            return self._failure(
                f"the endorsement policy of collection {space.collection} is not satisfied by {self._signers}"
            )
        self._satisfied.add(space.collection)
        self._any = True
        return None

    def _chaincode_fault(self) -> Fault | None:
        if "" in self._satisfied:
            return None
        if not self._holds(self._policy):
            return self._failure(
                f"the endorsement policy of {self._name} is not satisfied by {self._signers}"
            )
        self._satisfied.add("")
        self._any = True
        return None

    def _holds(self, policy: bytes) -> bool:
        return self._endorsements.policies.satisfied(policy, self._signers.members)

    def _failure(self, reason: str) -> Fault:
        flawed = "".join(f"; {sentence}" for sentence in self._signers.flawed)
        return Fault("ENDORSEMENT_POLICY_FAILURE", reason + flawed)


def _written_places(sets: NamespaceSets) -> Iterator[tuple[Space, bytes]]:
    """Keys that need a policy, in the order in which peers look at them."""
    for write in sets.public.writes:
        yield sets.space, write.key.encode()
    for write in sets.public.metadata_writes:
        yield sets.space, write.key.encode()
    for space, message in sets.hashed:
        for write in message.hashed_writes:
            yield space, write.key_hash
    for space, message in sets.hashed:
        for write in message.metadata_writes:
            yield space, write.key_hash


def _metadata_places(sets: NamespaceSets) -> Iterator[tuple[Space, bytes]]:
    for write in sets.public.metadata_writes:
        yield sets.space, write.key.encode()
    for space, message in sets.hashed:
        for write in message.metadata_writes:
            yield space, write.key_hash


def _shown(space: Space, key: bytes) -> str:
    return key.hex() if space.collection else repr(key.decode(errors="replace"))
