"""Two configurations of a channel side by side, in words: what is where, from what, to what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from google.protobuf.json_format import MessageToDict

from kindpakket.fabric.blocks import policy_text
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.update import CHANNEL
from kindpakket_network.description.host import at

_SHOWN = 16
_CERTIFICATES = ("root_certs", "intermediate_certs", "tls_root_certs", "tls_intermediate_certs", "admins")
_ROLES = ("client", "peer", "admin", "orderer")


@dataclass(frozen=True)
class Difference:
    """Something that is otherwise in another configuration.

    Attributes:
        path: where it is, such as `/Channel/Orderer/BatchSize/max_message_count`.
        before: its value; None when it was not there.
        after: its value then; None when it is gone.
    """

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.path}: new: {self.after}"
        if self.after is None:
            return f"{self.path}: taken out: {self.before}"
        return f"{self.path}: {self.before} -> {self.after}"


def differences(before: Any, after: Any) -> list[Difference]:
    """What is otherwise in the second of two configurations, by paths.

    Args:
        before: a `common.ConfigGroup`.
        after: another one.
    """
    first, second = _words(before), _words(after)
    found = [
        Difference(path, first.get(path), second.get(path))
        for path in sorted({*first, *second})
        if first.get(path) != second.get(path)
    ]
    told = [f"{one.path}/" for one in found]
    hidden = [
        Difference(path, *contents)
        for path, contents in _changed_contents(CHANNEL, before, after)
        if not any(one.startswith(f"{path}/") for one in told)
    ]
    return sorted([*found, *hidden], key=lambda one: one.path)


def _words(group: Any) -> dict[str, str]:
    """What is where. Of what is at one place twice, all is told: nothing can hide behind another."""
    found: dict[str, list[str]] = {}
    for path, words in _leaves(CHANNEL, group):
        found.setdefault(path, []).append(words)
    return {path: "; and ".join(words) for path, words in found.items()}


def _changed_contents(path: str, before: Any, after: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """The values and policies that are not the same, with digests, whatever words there are for them."""
    for name in sorted({*before.values} & {*after.values}):
        contents = before.values[name].value, after.values[name].value
        # The order of a map's members in the bytes means nothing.
        if contents[0] != contents[1] and name != "ACLs":
            yield f"{path}/{name}", (_digest(contents[0]), _digest(contents[1]))
    for name in sorted({*before.policies} & {*after.policies}):
        policies = [
            one.policies[name].policy.SerializeToString(deterministic=True) for one in (before, after)
        ]
        if policies[0] != policies[1]:
            yield f"{path}/{name} (policy)", (_digest(policies[0]), _digest(policies[1]))
    for name in sorted({*before.groups} & {*after.groups}):
        yield from _changed_contents(f"{path}/{name}", before.groups[name], after.groups[name])


def _digest(content: bytes) -> str:
    return f"{len(content)} bytes, {hashlib.sha256(content).hexdigest()[:_SHOWN]}"


def _leaves(path: str, group: Any) -> Iterator[tuple[str, str]]:
    for name, value in group.values.items():
        yield from _value(f"{path}/{name}", name, value.value)
        yield from _guard(f"{path}/{name}", value)
    for name, policy in group.policies.items():
        yield f"{path}/{name} (policy)", policy_words(policy.policy)
        yield from _guard(f"{path}/{name} (policy)", policy)
    for name, below in group.groups.items():
        yield from _leaves(f"{path}/{name}", below)
    yield from _guard(path, group)


def _guard(path: str, element: Any) -> Iterator[tuple[str, str]]:
    """Who may change an element, unless that is as everywhere."""
    if element.mod_policy != "Admins":
        yield f"{path} (changed by)", element.mod_policy or "nobody"


def policy_words(policy: Any) -> str:
    """A policy as text; where it names single certificates, how many, and which ones as a digest."""
    text = policy_text(policy)
    if "(identity)" not in text:
        return text
    envelope = m.policies.SignaturePolicyEnvelope.FromString(policy.value)
    digest = hashlib.sha256(policy.value).hexdigest()[:_SHOWN]
    return f"{envelope.rule.n_out_of.n} of {len(envelope.identities)} certificates ({digest})"


def _value(path: str, name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if name in _SPECIAL:
        yield from _SPECIAL[name](path, content)
    elif name in _KINDS:
        yield from _members(path, _KINDS[name].FromString(content))
    else:
        yield path, _digest(content)


def _members(path: str, message: Any) -> Iterator[tuple[str, str]]:
    for name, value in MessageToDict(message, preserving_proto_field_name=True).items():
        yield from _flat(f"{path}/{name}", value)


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _flat(f"{path}/{name}", below)
        if not value:
            yield path, "set"
    elif isinstance(value, list):
        yield path, ", ".join(str(one) for one in value)
    else:
        yield path, str(value)


def _msp(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    found = m.msp_config.FabricMSPConfig.FromString(m.msp_config.MSPConfig.FromString(content).config)
    yield f"{path}/name", found.name
    for kind in _CERTIFICATES:
        certificates = getattr(found, kind)
        if certificates:
            yield f"{path}/{kind}", ", ".join(certificate_words(one) for one in certificates)
    if found.revocation_list:
        yield f"{path}/revocation_list", ", ".join(_revocation_words(one) for one in found.revocation_list)
    units = found.fabric_node_ous
    yield f"{path}/node_ous", "on" if units.enable else "off"
    for role in _ROLES:
        yield (
            f"{path}/node_ous/{role}",
            getattr(units, f"{role}_ou_identifier").organizational_unit_identifier,
        )
    yield f"{path}/other", _digest(_without_words(found))


def _without_words(definition: Any) -> bytes:
    """What is in the definition of an organisation beside the members that have words."""
    rest = m.msp_config.FabricMSPConfig()
    rest.CopyFrom(definition)
    for name in ("name", *_CERTIFICATES, "revocation_list"):
        rest.ClearField(name)
    rest.fabric_node_ous.ClearField("enable")
    for role in _ROLES:
        getattr(rest.fabric_node_ous, f"{role}_ou_identifier").ClearField("organizational_unit_identifier")
    content: bytes = rest.SerializeToString(deterministic=True)
    return content


def _orderers(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    for one in m.configuration.Orderers.FromString(content).consenter_mapping:
        yield f"{path}/{one.id}", f"{one.msp_id} at {at(one.host, one.port)}"
        yield f"{path}/{one.id}/identity", certificate_words(one.identity)
        yield from _tls(f"{path}/{one.id}", one)


def _consensus(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    found = m.orderer.ConsensusType.FromString(content)
    yield f"{path}/type", found.type
    if found.state:
        yield f"{path}/state", "in maintenance"
    if found.type != "etcdraft":
        yield from _members(f"{path}/options", m.smartbft.Options.FromString(found.metadata))
        return
    metadata = m.etcdraft.ConfigMetadata.FromString(found.metadata)
    yield from _members(f"{path}/options", metadata.options)
    for one in metadata.consenters:
        place = f"{path}/consenters/{at(one.host, one.port)}"
        yield place, "consenter"
        yield from _tls(place, one)


def _tls(path: str, consenter: Any) -> Iterator[tuple[str, str]]:
    yield f"{path}/client_tls", certificate_words(consenter.client_tls_cert)
    yield f"{path}/server_tls", certificate_words(consenter.server_tls_cert)


def _anchors(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    found = m.peer.AnchorPeers.FromString(content).anchor_peers
    yield path, ", ".join(at(one.host, one.port) for one in found) or "none"


def _acls(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    for name, acl in sorted(m.peer.ACLs.FromString(content).acls.items()):
        yield f"{path}/{name}", acl.policy_ref


def certificate_words(pem: bytes) -> str:
    """A certificate in words: whose, until when, and the first digits of its SHA-256 fingerprint.

    Who makes a certificate chooses its names, dates and serial number, so these do not tell it from another.
    """
    try:
        found = x509.load_pem_x509_certificate(pem)
        names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = names[0].value if names else found.subject.rfc4514_string()
    except (ValueError, x509.InvalidVersion):
        return f"something that is no certificate ({_digest(pem)})"
    digest = found.fingerprint(SHA256()).hex()[:_SHOWN]
    return f"{name!s} until {found.not_valid_after_utc:%Y-%m-%d} (SHA-256 {digest})"


def _revocation_words(pem: bytes) -> str:
    try:
        found = x509.load_pem_x509_crl(pem)
    except ValueError:
        return f"something that is no revocation list ({_digest(pem)})"
    serials = sorted(f"{one.serial_number:x}" for one in found)
    return f"{len(serials)} revoked: {', '.join(serials)}" if serials else "nobody revoked"


_KINDS: Mapping[str, Any] = {
    "BatchSize": m.orderer.BatchSize,
    "BatchTimeout": m.orderer.BatchTimeout,
    "BlockDataHashingStructure": m.configuration.BlockDataHashingStructure,
    "Capabilities": m.configuration.Capabilities,
    "ChannelRestrictions": m.orderer.ChannelRestrictions,
    "Consortium": m.configuration.Consortium,
    "Endpoints": m.configuration.OrdererAddresses,
    "HashingAlgorithm": m.configuration.HashingAlgorithm,
    "OrdererAddresses": m.configuration.OrdererAddresses,
}
_SPECIAL: Mapping[str, Callable[[str, bytes], Iterator[tuple[str, str]]]] = {
    "ACLs": _acls,
    "AnchorPeers": _anchors,
    "ConsensusType": _consensus,
    "MSP": _msp,
    "Orderers": _orderers,
}
