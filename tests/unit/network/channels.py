"""Configurations of a channel, and administrators, made without Fabric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fabric_gateway import Identity
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import Configuration

ROLES = {
    "member": m.msp_principal.MSPRole.MEMBER,
    "admin": m.msp_principal.MSPRole.ADMIN,
    "orderer": m.msp_principal.MSPRole.ORDERER,
}


def name_of(common_name: str, unit: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]
    if unit:
        attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(attributes)


@dataclass
class Authority:
    """An organisation's certificate authority."""

    msp: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    revoked: list[x509.Certificate] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certificate = self._certificate(name_of(f"ca.{self.msp}"), self.key.public_key(), 3650)

    def _certificate(self, subject: x509.Name, key: Any, days: int) -> x509.Certificate:
        now = datetime.now(UTC)
        start = now - timedelta(days=10)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name_of(f"ca.{self.msp}"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(now + timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )

    def identity(self, name: str = "admin", unit: str = "admin", days: int = 30) -> Identity:
        """Somebody of the organisation; with negative days, somebody whose certificate has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(name_of(name, unit), key.public_key(), days)
        return Identity(self.msp, pem(certificate), key)

    def definition(self) -> bytes:
        """The organisation's `msp.MSPConfig`."""
        found = m.msp_config.FabricMSPConfig(name=self.msp, root_certs=[pem(self.certificate)])
        found.fabric_node_ous.enable = True
        for role in ("client", "peer", "admin", "orderer"):
            getattr(found.fabric_node_ous, f"{role}_ou_identifier").organizational_unit_identifier = role
        if self.revoked:
            found.revocation_list.append(self._revocations())
        content: bytes = m.msp_config.MSPConfig(type=0, config=found.SerializeToString()).SerializeToString()
        return content

    def _revocations(self) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(
            name_of(f"ca.{self.msp}"), now, now + timedelta(days=1)
        )
        for each in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(each.serial_number, now).build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def meta(rule: str, sub_policy: str) -> Any:
    """A policy about the policies of the groups below."""
    value = m.policies.ImplicitMetaPolicy(rule=rule, sub_policy=sub_policy).SerializeToString()
    return m.policies.Policy(type=m.policies.Policy.IMPLICIT_META, value=value)


def signed_by(needed: int, principals: Sequence[tuple[str, str]]) -> Any:
    """A policy that needs signatures of so many of some principals, each an MSP id and a role."""
    envelope = m.policies.SignaturePolicyEnvelope()
    for number, (msp, role) in enumerate(principals):
        content = m.msp_principal.MSPRole(msp_identifier=msp, role=ROLES[role]).SerializeToString()
        envelope.identities.add(principal=content)
        envelope.rule.n_out_of.rules.add(signed_by=number)
    envelope.rule.n_out_of.n = needed
    return m.policies.Policy(type=m.policies.Policy.SIGNATURE, value=envelope.SerializeToString())


def channel(*authorities: Authority, name: str = "zuidhorn", sequence: int = 3) -> Configuration:
    """A channel of some organisations, each of which is a member and has a consenter."""
    root = m.configtx.ConfigGroup(mod_policy="Admins")
    put(root, "Admins", meta("MAJORITY", "Admins"))
    for part in ("Application", "Orderer"):
        group = root.groups[part]
        group.mod_policy = "Admins"
        put(group, "Admins", meta("MAJORITY", "Admins"))
        for authority in authorities:
            below = group.groups[authority.msp]
            below.mod_policy = "Admins"
            put(below, "Admins", signed_by(1, [(authority.msp, "admin")]))
            set_value(below, "MSP", authority.definition())
    size = m.orderer.BatchSize(max_message_count=500, absolute_max_bytes=1000, preferred_max_bytes=100)
    set_value(root.groups["Orderer"], "BatchSize", size.SerializeToString())
    acls = m.peer.ACLs()
    acls.acls["event/Block"].policy_ref = "/Channel/Application/BlockReaders"
    set_value(root.groups["Application"], "ACLs", acls.SerializeToString())
    return Configuration(name, 7, root, sequence, b"")


def put(group: Any, name: str, policy: Any) -> None:
    """Give a group a policy."""
    group.policies[name].policy.CopyFrom(policy)
    group.policies[name].mod_policy = "Admins"


def set_value(group: Any, name: str, content: bytes) -> None:
    """Give a group a value."""
    group.values[name].value = content
    group.values[name].mod_policy = "Admins"


def batch_change(present: Configuration, messages: int) -> bytes:
    """A change of the number of transactions in a block, as configtxlator computes it."""
    update = m.configtx.ConfigUpdate(channel_id=present.channel)
    size = present.group.groups["Orderer"].values["BatchSize"]
    for group in (update.read_set, update.write_set):
        group.version = present.group.version
        group.groups["Orderer"].version = present.group.groups["Orderer"].version
    written = update.write_set.groups["Orderer"].values["BatchSize"]
    written.version = size.version + 1
    written.mod_policy = size.mod_policy
    content = m.orderer.BatchSize.FromString(size.value)
    content.max_message_count = messages
    written.value = content.SerializeToString()
    return bytes(update.SerializeToString())


def joining(present: Configuration, authority: Authority) -> bytes:
    """A change that adds an organisation to the application."""
    update = m.configtx.ConfigUpdate(channel_id=present.channel)
    application = present.group.groups["Application"]
    for group in (update.read_set, update.write_set):
        group.version = present.group.version
        below = group.groups["Application"]
        below.version = application.version
        for name, policy in application.policies.items():
            below.policies[name].version = policy.version
        for name, value in application.values.items():
            below.values[name].version = value.version
        for name, member in application.groups.items():
            below.groups[name].version = member.version
    written = update.write_set.groups["Application"]
    written.version, written.mod_policy = application.version + 1, application.mod_policy
    new = written.groups[authority.msp]
    new.mod_policy = "Admins"
    put(new, "Admins", signed_by(1, [(authority.msp, "admin")]))
    set_value(new, "MSP", authority.definition())
    return bytes(update.SerializeToString())
