"""Policies of a channel, decided as Fabric decides them.

Source: `common/cauthdsl/cauthdsl.go`, `common/policies/policy.go` and `implicitmeta.go`, and
`core/policy/application.go` of Fabric 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._membership import Member

_Rule: TypeAlias = Callable[[Sequence[Member], list[bool]], bool]
_SEPARATOR = "/"


class Policy(Protocol):
    """What a set of signers must amount to."""

    def satisfied_by(self, members: Iterable[Member]) -> bool:
        """Whether signers, whose signatures were verified, satisfy the policy. Each counts once."""


class NoPolicy:
    """Where a policy is missing: nobody satisfies it."""

    def satisfied_by(self, members: Iterable[Member]) -> bool:
        """Never; see `Policy`."""
        return False


class SignaturePolicy:
    """A rule over principals, such as `AND('A.peer', OR('B.peer', 'C.peer'))`."""

    def __init__(self, envelope: Any) -> None:
        """Read a `common.SignaturePolicyEnvelope` message.

        Raises:
            DecodeError: it is not one that Fabric understands.
        """
        if envelope.version != 0:
            raise DecodeError(f"a signature policy of version {envelope.version}: Fabric knows version 0")
        self._rule = _compiled(envelope.rule, list(envelope.identities))

    @classmethod
    def decode(cls, policy: bytes) -> SignaturePolicy:
        """Decode a serialised `common.SignaturePolicyEnvelope`.

        Raises:
            DecodeError: the bytes are not such a message, or not one that Fabric understands.
        """
        return cls(wire.parse(m.policies.SignaturePolicyEnvelope, policy))

    def satisfied_by(self, members: Iterable[Member]) -> bool:
        """Whether signers satisfy the policy; see `Policy`."""
        signers = list(dict.fromkeys(members))
        return self._rule(signers, [False] * len(signers))


class ImplicitMetaPolicy:
    """ANY, ALL or MAJORITY of the policies of one name in the groups below."""

    def __init__(self, below: Sequence[Policy], rule: int) -> None:
        rules = m.policies.ImplicitMetaPolicy
        self._below = below
        thresholds = {rules.ANY: 1, rules.ALL: len(below), rules.MAJORITY: len(below) // 2 + 1}
        self.threshold = thresholds.get(rule, 0) if below else 0

    def satisfied_by(self, members: Iterable[Member]) -> bool:
        """Whether signers satisfy the policy; see `Policy`."""
        signers = list(dict.fromkeys(members))
        left = self.threshold
        for policy in self._below:
            if left <= 0:
                break
            left -= policy.satisfied_by(signers)
        return left <= 0


class Policies:
    """The policies of a configuration's group and of the groups below it."""

    def __init__(self, group: Any) -> None:
        """Read a `common.ConfigGroup` message.

        Raises:
            DecodeError: a policy is not one that Fabric understands.
        """
        self.groups: Mapping[str, Policies] = {name: Policies(below) for name, below in group.groups.items()}
        self._own = {name: self._policy(item.policy) for name, item in group.policies.items()}

    def _policy(self, policy: Any) -> Policy:
        kinds = m.policies.Policy
        if policy.type == kinds.SIGNATURE:
            return SignaturePolicy.decode(policy.value)
        if policy.type == kinds.IMPLICIT_META:
            meta = wire.parse(m.policies.ImplicitMetaPolicy, policy.value)
            below = [group.find(meta.sub_policy) for group in self.groups.values()]
            return ImplicitMetaPolicy(below, meta.rule)
        raise DecodeError(f"a policy of type {policy.type}, which Fabric does not know")

    def find(self, path: str) -> Policy:
        """A policy by its path from here, such as `Application/Writers`; `NoPolicy` if it is not there."""
        return self.get(path) or NoPolicy()

    def get(self, path: str) -> Policy | None:
        """A policy by its path from here; None if it is not there."""
        first, separator, rest = path.partition(_SEPARATOR)
        if not separator:
            return self._own.get(first)
        return self.groups[first].get(rest) if first in self.groups else None


def application_policy(policy: bytes, by_path: Callable[[str], Policy | None]) -> Policy:
    """A chaincode's or collection's endorsement policy.

    Args:
        policy: a serialised `protos.ApplicationPolicy`.
        by_path: finds a policy of the channel by its path, such as `Configuration.get_policy`.

    Raises:
        DecodeError: the bytes are not such a message, or name a policy that the channel does not have.
    """
    message = wire.parse(m.policy.ApplicationPolicy, policy)
    kind = message.WhichOneof("Type")
    if kind == "signature_policy":
        return SignaturePolicy(message.signature_policy)
    if kind == "channel_config_policy_reference":
        found = by_path(message.channel_config_policy_reference)
        if found is None:
            raise DecodeError(f"the channel has no policy {message.channel_config_policy_reference}")
        return found
    raise DecodeError("an application policy of a type that Fabric does not know")


def _compiled(rule: Any, principals: Sequence[Any]) -> _Rule:
    kind = rule.WhichOneof("Type")
    if kind == "signed_by":
        if not 0 <= rule.signed_by < len(principals):
            raise DecodeError(
                f"a rule names principal {rule.signed_by}, and the policy has {len(principals)}"
            )
        return _signed_by(principals[rule.signed_by])
    if kind == "n_out_of":
        rules = [_compiled(below, principals) for below in rule.n_out_of.rules]
        return _out_of(rule.n_out_of.n, rules)
    raise DecodeError("a rule of a signature policy that is empty")


def _signed_by(principal: Any) -> _Rule:
    def decide(signers: Sequence[Member], used: list[bool]) -> bool:
        for index, signer in enumerate(signers):
            if not used[index] and signer.satisfies(principal):
                used[index] = True
                return True
        return False

    return decide


def _out_of(needed: int, rules: Sequence[_Rule]) -> _Rule:
    def decide(signers: Sequence[Member], used: list[bool]) -> bool:
        # As Fabric counts: what a rule that failed had used is free again, what one that held used is not.
        satisfied = 0
        for rule in rules:
            trial = list(used)
            if rule(signers, trial):
                satisfied += 1
                used[:] = trial
        return satisfied >= needed

    return decide
