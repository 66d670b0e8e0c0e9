"""Who has to sign a change of a channel's configuration: its policies, asked about administrators.

Sources: Fabric 3.1 `common/policies/implicitmeta.go` and `common/cauthdsl/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from kindpakket.fabric.blocks import policy_text
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
_MOST_SETS = 6


@dataclass(frozen=True)
class Signatory:
    """Somebody who signed, as policies see it.

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
        words: what it says.
        paths: the changed elements that it guards.
        satisfied: whether those who signed satisfy it.
    """

    policy: str
    words: str
    paths: tuple[str, ...]
    satisfied: bool


def satisfies(group: Any, path: str, signatories: Sequence[Signatory]) -> bool:
    """Whether those who signed satisfy a policy; one that is not there is never satisfied.

    Args:
        group: the channel's configuration, a `common.ConfigGroup`.
        path: the policy's path, such as `/Channel/Orderer/Admins`.
        signatories: who signed.
    """
    *groups, name = path.removeprefix(CHANNEL).strip("/").split("/")
    for each in groups:
        if each not in group.groups:
            return False
        group = group.groups[each]
    return _satisfied(group, name, signatories)


def words_of(group: Any, path: str) -> str:
    """What a policy says, such as `MAJORITY Admins`."""
    *groups, name = path.removeprefix(CHANNEL).strip("/").split("/")
    for each in groups:
        group = group.groups[each]
    return policy_text(group.policies[name].policy)


def lacking(group: Any, policies: Iterable[str], signatories: Sequence[Signatory]) -> list[tuple[str, ...]]:
    """The smallest sets of organisations whose administrators' signatures would satisfy all policies.

    Args:
        group: the channel's configuration, a `common.ConfigGroup`.
        policies: their paths.
        signatories: who has signed.

    Returns:
        At most six sets of MSP ids; one that is empty: nothing is lacking; no set: no administrators can.
    """
    wanted = sorted(set(policies))
    signed = {one.msp for one in signatories if one.role == "admin"}
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
        below = [_satisfied(one, meta.sub_policy, signatories) for one in group.groups.values()]
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
    """Those who are left when a rule has used up the signatures that it needs; None: it is not satisfied."""
    if rule.WhichOneof("Type") == "signed_by":
        for one in free:
            if _is(one, identities[rule.signed_by]):
                return [other for other in free if other is not one]
        return None
    satisfied = 0
    for below in rule.n_out_of.rules:
        left = _rule(below, identities, free)
        if left is not None:
            satisfied, free = satisfied + 1, left
    return free if satisfied >= rule.n_out_of.n else None


def _is(signatory: Signatory, principal: Any) -> bool:
    """Whether somebody is whom a principal means; single identities are nobody's here."""
    if principal.principal_classification != _ROLE:
        return False
    role = m.msp_principal.MSPRole.FromString(principal.principal)
    wanted = _ROLES.get(role.role)
    return role.msp_identifier == signatory.msp and wanted in ("member", signatory.role)
