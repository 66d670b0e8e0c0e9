"""Configurations of a channel in hfc's form."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.fabric._decoded_headers import headers, identity, signed_headers

Decoded: TypeAlias = dict[str, Any]

_RULES = ("ANY", "ALL", "MAJORITY")
_ROLES = {0: "MEMBER", 1: "ADMIN"}
_SIGNATURE_POLICY, _IMPLICIT_META_POLICY = 1, 3
_BY_ROLE, _BY_UNIT = 0, 1


def config_envelope(content: bytes) -> Decoded:
    """Decode a `common.ConfigEnvelope`."""
    found = m.configtx.ConfigEnvelope.FromString(content)
    update = m.common.Payload.FromString(found.last_update.payload)
    return {
        "config": configuration(found.config),
        "last_update": {
            "payload": {"header": headers(update.header), "data": config_update_envelope(update.data)},
            "signature": found.last_update.signature,
        },
    }


def config_update_envelope(content: bytes) -> Decoded:
    """Decode a `common.ConfigUpdateEnvelope`."""
    found = m.configtx.ConfigUpdateEnvelope.FromString(content)
    update = m.configtx.ConfigUpdate.FromString(found.config_update)
    return {
        "config_update": {
            "channel_id": update.channel_id,
            "read_set": _group(update.read_set),
            "write_set": _group(update.write_set),
        },
        "signatures": signed_headers(found.signatures),
    }


def configuration(config: Any) -> Decoded:
    """Decode a `common.Config` message."""
    return {"sequence": str(config.sequence), "channel_group": _group(config.channel_group)}


def _group(group: Any) -> Decoded:
    return {
        "version": group.version,
        "groups": {name: _group(group.groups[name]) for name in group.groups},
        "values": {name: _value(name, group.values[name]) for name in group.values},
        "policies": {name: _policy(group.policies[name]) for name in group.policies},
        "mod_policy": group.mod_policy,
    }


def _value(name: str, value: Any) -> Decoded:
    decode = _VALUES.get(name)
    return {
        "version": value.version,
        "mod_policy": value.mod_policy,
        "value": {} if decode is None else decode(value.value),
    }


def _anchor_peers(content: bytes) -> Decoded:
    found = m.peer_configuration.AnchorPeers.FromString(content).anchor_peers
    return {"anchor_peers": [{"host": peer.host, "port": peer.port} for peer in found]} if found else {}


def _addresses(content: bytes) -> Decoded:
    found = m.configuration.OrdererAddresses.FromString(content).addresses
    return {"addresses": list(found)} if found else {}


def _msp(content: bytes) -> Decoded:
    found = m.msp_config.MSPConfig.FromString(content)
    return {"type": found.type, "config": fabric_msp(found.config) if found.type == 0 else {}}


def _batch_size(content: bytes) -> Decoded:
    found = m.orderer_configuration.BatchSize.FromString(content)
    return {
        "max_message_count": found.max_message_count,
        "absolute_max_bytes": found.absolute_max_bytes,
        "preferred_max_bytes": found.preferred_max_bytes,
    }


def _restrictions(content: bytes) -> Decoded:
    return {"max_count": str(m.orderer_configuration.ChannelRestrictions.FromString(content).max_count)}


def _member(kind: Any, source: str, name: str = "name") -> Callable[[bytes], Decoded]:
    """How to decode a message of which one member matters."""
    return lambda content: {name: getattr(kind.FromString(content), source)}


_VALUES: Mapping[str, Callable[[bytes], Decoded]] = {
    "AnchorPeers": _anchor_peers,
    "MSP": _msp,
    "ConsensusType": _member(m.orderer_configuration.ConsensusType, "type", "type"),
    "BatchSize": _batch_size,
    "BatchTimeout": _member(m.orderer_configuration.BatchTimeout, "timeout", "timeout"),
    "ChannelRestrictions": _restrictions,
    "Consortium": _member(m.configuration.Consortium, "name"),
    "HashingAlgorithm": _member(m.configuration.HashingAlgorithm, "name"),
    "BlockDataHashingStructure": _member(m.configuration.BlockDataHashingStructure, "width", "width"),
    "OrdererAddresses": _addresses,
}


def _policy(item: Any) -> Decoded:
    policy: Decoded = {"type": item.policy.type}
    if item.policy.type == _SIGNATURE_POLICY:
        policy["value"] = signature_policy_envelope(item.policy.value)
    elif item.policy.type == _IMPLICIT_META_POLICY:
        found = m.policies.ImplicitMetaPolicy.FromString(item.policy.value)
        policy["value"] = {"sub_policy": found.sub_policy, "rule": _RULES[found.rule]}
    elif item.policy.type == 0:
        policy["value"] = "Unknown"
    return {"version": item.version, "mod_policy": item.mod_policy, "policy": policy}


def signature_policy_envelope(content: bytes) -> Decoded:
    """Decode a `common.SignaturePolicyEnvelope`."""
    found = m.policies.SignaturePolicyEnvelope.FromString(content)
    return {
        "version": found.version,
        "rule": _signature_policy(found.rule),
        "identities": [_principal(item) for item in found.identities],
    }


def _signature_policy(policy: Any) -> Decoded:
    if policy.HasField("n_out_of"):
        rules = [_signature_policy(rule) for rule in policy.n_out_of.rules]
        return {"n_out_of": {"n": policy.n_out_of.n, "rules": rules}}
    if policy.HasField("signed_by"):
        return {"signed_by": policy.signed_by}
    raise ValueError("Unknown signature policy type")


def _principal(item: Any) -> Decoded:
    if item.principal_classification == _BY_ROLE:
        role = m.msp_principal.MSPRole.FromString(item.principal)
        principal: Decoded = {"msp_identifier": role.msp_identifier}
        if role.role in _ROLES:
            principal["role"] = _ROLES[role.role]
        return {"principal_classification": "ROLE", "principal": principal}
    if item.principal_classification == _BY_UNIT:
        unit = m.msp_principal.OrganizationUnit.FromString(item.principal)
        principal = {
            "msp_identifier": unit.msp_identifier,
            "organizational_unit_identifier": unit.organizational_unit_identifier,
            "certifiers_identifier": unit.certifiers_identifier,
        }
        return {"principal_classification": "ORGANIZATION_UNIT", "principal": principal}
    return identity(item.principal)


def fabric_msp(content: bytes) -> Decoded:
    """Decode an `msp.FabricMSPConfig`; certificates are Base64 of their PEM."""
    found = m.msp_config.FabricMSPConfig.FromString(content)
    units = found.fabric_node_ous
    return {
        "name": found.name,
        "root_certs": _base64(found.root_certs),
        "intermediate_certs": _base64(found.intermediate_certs),
        "admins": _base64(found.admins),
        "revocation_list": _base64(found.revocation_list),
        "signing_identity": _signing_identity(found.signing_identity),
        "crypto_config": _crypto(found.crypto_config),
        "organizational_unit_identifiers": [_unit(item) for item in found.organizational_unit_identifiers],
        "tls_root_certs": _base64(found.tls_root_certs),
        "tls_intermediate_certs": _base64(found.tls_intermediate_certs),
        "fabric_node_ous": {
            "enable": units.enable,
            "client_ou_identifier": _unit(units.client_ou_identifier),
            "peer_ou_identifier": _unit(units.peer_ou_identifier),
        },
    }


def _signing_identity(found: Any) -> Decoded | None:
    if not found.ByteSize():
        return None
    key = found.private_signer
    private: Decoded = (
        {"key_identifier": key.key_identifier, "key_material": "private"} if key.ByteSize() else {}
    )
    return {"public_signer": found.public_signer.decode(), "private_signer": private}


def _crypto(found: Any) -> Decoded:
    if not found.ByteSize():
        return {}
    return {
        "signature_hash_family": found.signature_hash_family,
        "identity_identifier_hash_function": found.identity_identifier_hash_function,
    }


def _unit(item: Any) -> Decoded:
    return {
        "certificate": item.certificate.decode(),
        "organizational_unit_identifier": item.organizational_unit_identifier,
    }


def _base64(items: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in items]
