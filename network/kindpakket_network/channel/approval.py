"""Who must sign a change of a channel's configuration: evaluates the policies that guard it.

Sources: Fabric 3.1 `common/policies/implicitmeta.go` and `common/cauthdsl/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from fabric_gateway.blocks import policy_text
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.channel.update import CHANNEL

_ROLE = m.msp_principal.MSPPrincipal.ROLE
_ROLES = {
    m.msp_principal.MSPRole.MEMBER: "member",
    m.msp_principal.MSPRole.ADMIN: "admin",
    m.msp_principal.MSPRole.CLIENT: "client",
    m.msp_principal.MSPRole.PEER: "peer",
    m.msp_principal.MSPRole.ORDERER: "orderer",
}
# Sets that fit into one message; a large network would have hundreds.
_MOST_SETS = 6


@dataclass(frozen=True)
class Signatory:
    """A signer, as policies see it.

    Attributes:
        msp: the MSP id of the organisation.
        role: what the certificate says: `admin`, `client`, `peer` or `orderer`.
    """

    msp: str
    role: str


@dataclass(frozen=True)
class Demand:
    """A policy that a change must satisfy.

    Attributes:
        policy: its path.
        words: its text, such as `MAJORITY Admins`.
        paths: the changed elements that it guards.
        satisfied: whether the signatures satisfy it.
    """

    policy: str
    words: str
    paths: tuple[str, ...]
    satisfied: bool


def satisfies(group: Any, path: str, signatories: Sequence[Signatory]) -> bool:
    """Whether signatures satisfy a policy; a missing policy is never satisfied.

    Args:
        group: the channel's configuration, a `common.ConfigGroup`.
        path: the policy's path, such as `/Channel/Orderer/Admins`.
        signatories: who signed.
    """
    *groups, name = path.removeprefix(CHANNEL).strip("/").split("/")
    for part in groups:
        if part not in group.groups:
            return False
        group = group.groups[part]
    return _satisfied(group, name, signatories)


def words_of(group: Any, path: str) -> str:
    """A policy's text, such as `MAJORITY Admins`."""
    *groups, name = path.removeprefix(CHANNEL).strip("/").split("/")
    for part in groups:
        group = group.groups[part]
    return policy_text(group.policies[name].policy)


def lacking(group: Any, policies: Iterable[str], signatories: Sequence[Signatory]) -> list[tuple[str, ...]]:
    """The smallest sets of organisations whose administrators' signatures would satisfy all policies.

    Args:
        group: the channel's configuration, a `common.ConfigGroup`.
        policies: their paths.
        signatories: who has signed.

    Returns:
        At most six sets of MSP ids. An empty set means that nothing is missing; no set at all means that
        administrators' signatures cannot satisfy the policies.
    """
    wanted = sorted(set(policies))
    signed = {signatory.msp for signatory in signatories if signatory.role == "admin"}
    others = sorted(
        ({*group.groups[APPLICATION].groups} | {*group.groups[ORDERER].groups}) - signed,
    )
    for size in range(len(others) + 1):
        found = (
            chosen
            for chosen in combinations(others, size)
            if all(
                satisfies(group, path, [*signatories, *(Signatory(msp, "admin") for msp in chosen)])
                for path in wanted
            )
        )
        first = list(islice(found, _MOST_SETS))
        if first:
            return first
    return []


def _satisfied(group: Any, name: str, signatories: Sequence[Signatory]) -> bool:
    if name not in group.policies:
        return False
    policy = group.policies[name].policy
    if policy.type == m.policies.Policy.IMPLICIT_META:
        meta = m.policies.ImplicitMetaPolicy.FromString(policy.value)
        below = [_satisfied(child, meta.sub_policy, signatories) for child in group.groups.values()]
        needed = {
            m.policies.ImplicitMetaPolicy.ANY: min(1, len(below)),
            m.policies.ImplicitMetaPolicy.ALL: len(below),
            m.policies.ImplicitMetaPolicy.MAJORITY: len(below) // 2 + 1 if below else 0,
        }[meta.rule]
        return sum(below) >= needed
    if policy.type == m.policies.Policy.SIGNATURE:
        envelope = m.policies.SignaturePolicyEnvelope.FromString(policy.value)
        return _rule(envelope.rule, envelope.identities, list(signatories)) is not None
    return False


def _rule(rule: Any, identities: Any, free: list[Signatory]) -> list[Signatory] | None:
    """The signatures left after a rule has used those it needs; None if it is not satisfied."""
    if rule.WhichOneof("Type") == "signed_by":
        for signatory in free:
            if _is(signatory, identities[rule.signed_by]):
                return [other for other in free if other is not signatory]
        return None
    satisfied = 0
    for below in rule.n_out_of.rules:
        left = _rule(below, identities, free)
        if left is not None:
            satisfied, free = satisfied + 1, left
    return free if satisfied >= rule.n_out_of.n else None


def _is(signatory: Signatory, principal: Any) -> bool:
    """Whether a signer matches a principal; principals that are single identities never match."""
    if principal.principal_classification != _ROLE:
        return False
    role = m.msp_principal.MSPRole.FromString(principal.principal)
    wanted = _ROLES.get(role.role)
    return role.msp_identifier == signatory.msp and wanted in ("member", signatory.role)
