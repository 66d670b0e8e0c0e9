"""Policies as messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m


def role(mspid: str, name: str) -> Any:
    """The principal `'mspid.name'`."""
    kinds = m.msp_principal
    content = kinds.MSPRole(msp_identifier=mspid, role=kinds.MSPRole.MSPRoleType.Value(name.upper()))
    return kinds.MSPPrincipal(
        principal_classification=kinds.MSPPrincipal.ROLE, principal=content.SerializeToString()
    )


def one_identity(identity: Identity) -> Any:
    """The principal that one certificate alone satisfies."""
    kinds = m.msp_principal.MSPPrincipal
    return kinds(principal_classification=kinds.IDENTITY, principal=identity.serialized)


def out_of(needed: int, principals: Sequence[Any]) -> Any:
    """So many of some principals must sign, a `common.SignaturePolicyEnvelope`."""
    rules = [m.policies.SignaturePolicy(signed_by=index) for index in range(len(principals))]
    rule = m.policies.SignaturePolicy(n_out_of=m.policies.SignaturePolicy.NOutOf(n=needed, rules=rules))
    return m.policies.SignaturePolicyEnvelope(version=0, rule=rule, identities=principals)


def any_role(mspid: str, *names: str) -> Any:
    """One of some roles of an organisation."""
    return out_of(1, [role(mspid, name) for name in names])


def endorsement(*mspids: str, needed: int = 0) -> bytes:
    """Peers of so many of some organisations must endorse; default: all. A serialised `ApplicationPolicy`."""
    envelope = out_of(needed or len(mspids), [role(mspid, "peer") for mspid in mspids])
    return bytes(m.policy.ApplicationPolicy(signature_policy=envelope).SerializeToString())


def put(group: Any, name: str, policy: Any, mod_policy: str = "Admins") -> None:
    """Set a group's policy: a `SignaturePolicyEnvelope`, or text such as `MAJORITY Admins`."""
    kinds, target = m.policies.Policy, group.policies[name]
    target.mod_policy = mod_policy
    if isinstance(policy, str):
        rule, below = policy.split()
        meta = m.policies.ImplicitMetaPolicy
        content = meta(sub_policy=below, rule=meta.Rule.Value(rule))
        target.policy.type, target.policy.value = kinds.IMPLICIT_META, content.SerializeToString()
    else:
        target.policy.type, target.policy.value = kinds.SIGNATURE, policy.SerializeToString()


def bft_validation(consenters: Iterable[Identity]) -> Any:
    """A quorum of consenters, as `BlockValidation` names them on BFT."""
    principals = [one_identity(consenter) for consenter in consenters]
    needed = -(-(len(principals) + (len(principals) - 1) // 3 + 1) // 2)
    return out_of(needed, principals)
