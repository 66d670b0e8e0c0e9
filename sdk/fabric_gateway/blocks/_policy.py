"""Policies of a channel as text, in the form in which topologies and `configtx.yaml` write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m


def policy_text(policy: Any) -> str:
    """A `common.Policy` message as text: `OR('Org1MSP.peer', 'Org2MSP.peer')`, or `MAJORITY Admins`.

    Raises:
        DecodeError: it cannot be read.
    """
    kinds = m.policies.Policy.PolicyType
    if policy.type == kinds.Value("SIGNATURE"):
        return signature_policy_text(policy.value)
    if policy.type == kinds.Value("IMPLICIT_META"):
        meta = wire.parse(m.policies.ImplicitMetaPolicy, policy.value)
        return f"{_name(m.policies.ImplicitMetaPolicy.Rule, meta.rule)} {meta.sub_policy}"
    return f"(a policy of type {policy.type})"


def signature_policy_text(policy: bytes) -> str:
    """A serialised `common.SignaturePolicyEnvelope` as text.

    It may come from a channel's configuration, from a chaincode's definition, or from a key's metadata
    (`VALIDATION_PARAMETER`).

    Raises:
        DecodeError: the bytes are not such a message.
    """
    envelope = wire.parse(m.policies.SignaturePolicyEnvelope, policy)
    return _rule(envelope.rule, [_principal(identity) for identity in envelope.identities])


def _rule(rule: Any, principals: Sequence[str]) -> str:
    if rule.WhichOneof("Type") != "n_out_of":
        if not 0 <= rule.signed_by < len(principals):
            return f"(member {rule.signed_by}, which is not defined)"
        return principals[int(rule.signed_by)]
    parts = [_rule(nested, principals) for nested in rule.n_out_of.rules]
    needed = rule.n_out_of.n
    if needed == len(parts):
        return f"AND({', '.join(parts)})"
    return f"OR({', '.join(parts)})" if needed == 1 else f"OutOf({needed}, {', '.join(parts)})"


def _principal(principal: Any) -> str:
    kinds = m.msp_principal.MSPPrincipal.Classification
    if principal.principal_classification == kinds.Value("ROLE"):
        role = wire.parse(m.msp_principal.MSPRole, principal.principal)
        kind = _name(m.msp_principal.MSPRole.MSPRoleType, role.role).lower()
        return f"'{role.msp_identifier}.{kind}'"
    if principal.principal_classification == kinds.Value("ORGANIZATION_UNIT"):
        unit = wire.parse(m.msp_principal.OrganizationUnit, principal.principal)
        return f"'{unit.msp_identifier} unit {unit.organizational_unit_identifier}'"
    return f"({_name(kinds, principal.principal_classification).lower()})"


def _name(enum: Any, number: int) -> str:
    """Name of an enumeration's value; the number itself if this version does not know it."""
    return str(enum.Name(number)) if number in enum.values() else str(number)
