"""The differences between two configurations of a channel, as text for people who sign a change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from google.protobuf.json_format import MessageToDict

from fabric_gateway.blocks import policy_text
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.update import CHANNEL
from kindpakket_network.description.host import at

# Hexadecimal digits of a digest: 64 bits, too many to find a second certificate with the same ones by chance.
_SHOWN = 16
_CERTIFICATES = ("root_certs", "intermediate_certs", "tls_root_certs", "tls_intermediate_certs", "admins")
_ROLES = ("client", "peer", "admin", "orderer")


@dataclass(frozen=True)
class Difference:
    """An element that differs between two configurations.

    Attributes:
        path: its path, such as `/Channel/Orderer/BatchSize/max_message_count`.
        before: its value in the first; None if it is new.
        after: its value in the second; None if it is removed.
    """

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.path}: new: {self.after}"
        if self.after is None:
            return f"{self.path}: removed: {self.before}"
        return f"{self.path}: {self.before} -> {self.after}"


def differences(before: Any, after: Any) -> list[Difference]:
    """The differences between two configurations, sorted by path.

    Args:
        before: the first, a `common.ConfigGroup`.
        after: the second.
    """
    first, second = _words(before), _words(after)
    found = [
        Difference(path, first.get(path), second.get(path))
        for path in sorted({*first, *second})
        if first.get(path) != second.get(path)
    ]
    listed = [f"{difference.path}/" for difference in found]
    hidden = [
        Difference(path, *contents)
        for path, contents in _changed_contents(CHANNEL, before, after)
        if not any(prefix.startswith(f"{path}/") for prefix in listed)
    ]
    return sorted([*found, *hidden], key=lambda difference: difference.path)


def _words(group: Any) -> dict[str, str]:
    """Values by path. Several values at one path are all listed, so that none can hide behind another."""
    found: dict[str, list[str]] = {}
    for path, text in _leaves(CHANNEL, group):
        found.setdefault(path, []).append(text)
    return {path: "; and ".join(text) for path, text in found.items()}


def _changed_contents(path: str, before: Any, after: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """The values and policies whose bytes differ, with digests, even if their text does not."""
    for name in sorted({*before.values} & {*after.values}):
        contents = before.values[name].value, after.values[name].value
        # Protobuf does not define the order of a map's entries.
        if contents[0] != contents[1] and name != "ACLs":
            yield f"{path}/{name}", (_digest(contents[0]), _digest(contents[1]))
    for name in sorted({*before.policies} & {*after.policies}):
        policies = [
            configuration.policies[name].policy.SerializeToString(deterministic=True)
            for configuration in (before, after)
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
    """The policy for changing an element, unless it is the usual `Admins`."""
    if element.mod_policy != "Admins":
        yield f"{path} (changed by)", element.mod_policy or "nobody"


def policy_words(policy: Any) -> str:
    """A policy as text; if it names single certificates, their number and a digest."""
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
        yield path, ", ".join(str(item) for item in value)
    else:
        yield path, str(value)


def _msp(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    found = m.msp_config.FabricMSPConfig.FromString(m.msp_config.MSPConfig.FromString(content).config)
    yield f"{path}/name", found.name
    for kind in _CERTIFICATES:
        certificates = getattr(found, kind)
        if certificates:
            yield f"{path}/{kind}", ", ".join(certificate_words(certificate) for certificate in certificates)
    if found.revocation_list:
        yield (
            f"{path}/revocation_list",
            ", ".join(_revocation_words(entry) for entry in found.revocation_list),
        )
    units = found.fabric_node_ous
    yield f"{path}/node_ous", "on" if units.enable else "off"
    for role in _ROLES:
        yield (
            f"{path}/node_ous/{role}",
            getattr(units, f"{role}_ou_identifier").organizational_unit_identifier,
        )
    yield f"{path}/other", _digest(_without_words(found))


def _without_words(definition: Any) -> bytes:
    """The rest of an organisation's definition, without the members that are shown as text."""
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
    for consenter in m.configuration.Orderers.FromString(content).consenter_mapping:
        yield f"{path}/{consenter.id}", f"{consenter.msp_id} at {at(consenter.host, consenter.port)}"
        yield f"{path}/{consenter.id}/identity", certificate_words(consenter.identity)
        yield from _tls(f"{path}/{consenter.id}", consenter)


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
    for consenter in metadata.consenters:
        place = f"{path}/consenters/{at(consenter.host, consenter.port)}"
        yield place, "consenter"
        yield from _tls(place, consenter)


def _tls(path: str, consenter: Any) -> Iterator[tuple[str, str]]:
    yield f"{path}/client_tls", certificate_words(consenter.client_tls_cert)
    yield f"{path}/server_tls", certificate_words(consenter.server_tls_cert)


def _anchors(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    found = m.peer.AnchorPeers.FromString(content).anchor_peers
    yield path, ", ".join(at(difference.host, difference.port) for difference in found) or "none"


def _acls(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    for name, acl in sorted(m.peer.ACLs.FromString(content).acls.items()):
        yield f"{path}/{name}", acl.policy_ref


def certificate_words(pem: bytes) -> str:
    """A certificate as text: its common name, its end date, and the start of its SHA-256 fingerprint.

    The fingerprint is needed because whoever makes a certificate chooses its names, dates and serial number.
    """
    try:
        found = x509.load_pem_x509_certificate(pem)
        names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = names[0].value if names else found.subject.rfc4514_string()
    except (ValueError, x509.InvalidVersion):
        return f"not a certificate ({_digest(pem)})"
    digest = found.fingerprint(SHA256()).hex()[:_SHOWN]
    return f"{name!s} until {found.not_valid_after_utc:%Y-%m-%d} (SHA-256 {digest})"


def _revocation_words(pem: bytes) -> str:
    try:
        found = x509.load_pem_x509_crl(pem)
    except ValueError:
        return f"not a revocation list ({_digest(pem)})"
    serials = sorted(f"{difference.serial_number:x}" for difference in found)
    return f"{len(serials)} revoked: {', '.join(serials)}" if serials else "none revoked"


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
