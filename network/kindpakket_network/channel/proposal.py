"""A proposed change of a channel's configuration, as a file that each organisation signs in turn.

The file has the format of Fabric's own programs, an envelope with a `ConfigUpdateEnvelope`, so that
`peer channel signconfigtx` can sign it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from google.protobuf.message import DecodeError

from kindpakket.fabric import FabricError, Identity
from kindpakket.fabric.identity import verify
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.approval import Demand, Signatory, lacking, satisfies, words_of
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.difference import Difference, differences
from kindpakket_network.channel.update import applied, holds, outdated, read_update, touched
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write

_ROLES = ("client", "peer", "admin", "orderer")


@dataclass(frozen=True)
class Signature:
    """A signature on a proposed change.

    Attributes:
        msp: the MSP id that the signer claims.
        name: the common name in the certificate.
        role: the role in the certificate, such as `admin`; "" if it has none.
        problem: why it is not valid; None if it is.
    """

    msp: str
    name: str
    role: str
    problem: str | None


@dataclass(frozen=True)
class Review:
    """A proposed change compared with the channel's present configuration.

    Attributes:
        channel: the channel.
        differences: what would change.
        signatures: the signatures so far.
        demands: the policies that it must satisfy.
        lacking: the smallest sets of organisations whose administrators' signatures would suffice, by MSP id.
        outdated: the elements that were changed in the channel since the proposal was made.
        done: whether the channel already has this change.
    """

    channel: str
    differences: tuple[Difference, ...]
    signatures: tuple[Signature, ...]
    demands: tuple[Demand, ...]
    lacking: tuple[tuple[str, ...], ...]
    outdated: tuple[str, ...]
    done: bool

    @property
    def complete(self) -> bool:
        """Whether it can be submitted as it is."""
        return not (self.outdated or self.done or self.refused) and all(
            demand.satisfied for demand in self.demands
        )

    @property
    def refused(self) -> tuple[Signature, ...]:
        """The invalid signatures."""
        return tuple(signature for signature in self.signatures if signature.problem)

    def ensure_current(self) -> None:
        """Check that the proposal is up to date.

        Raises:
            NetworkError: the channel has changed since, or a signature is not valid.
        """
        if self.outdated:
            raise NetworkError(
                f"{self.channel} has changed since this was proposed ({', '.join(self.outdated)}): propose "
                "it again from the channel's present configuration"
            )
        if self.refused:
            problems = "; ".join(
                f"{signature.name} of {signature.msp} {signature.problem}" for signature in self.refused
            )
            raise NetworkError(
                f"this change of {self.channel} has an invalid signature: {problems}. Propose it again"
            )

    def ensure_complete(self) -> None:
        """Check that the proposal can be submitted.

        Raises:
            NetworkError: it is outdated, a signature is not valid, or signatures are missing.
        """
        self.ensure_current()
        if any(not demand.satisfied for demand in self.demands):
            raise NetworkError(
                f"{self.lacking_words()}: have it signed with `kindpakket network channel sign`, then "
                "submit it"
            )

    def lacking_words(self) -> str:
        """A sentence about the missing signatures, and the policies that require them."""
        rules = "; ".join(
            f"{demand.policy} is {demand.words}" for demand in self.demands if not demand.satisfied
        )
        sets = " or ".join(" and ".join(msps) for msps in self.lacking)
        signers = f"administrators of {sets}" if sets else "identities other than its members' administrators"
        return f"the change of {self.channel} still needs signatures of {signers} ({rules})"

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "channel": self.channel,
            "complete": self.complete,
            "done": self.done,
            "outdated": list(self.outdated),
            "differences": [vars(difference) for difference in self.differences],
            "signatures": [vars(signature) for signature in self.signatures],
            "demands": [vars(demand) for demand in self.demands],
            "lacking": [list(msps) for msps in self.lacking],
        }


@dataclass(frozen=True)
class Proposal:
    """A proposed change with its signatures.

    Attributes:
        channel: the channel that it is for.
        update: the change, a serialised `common.ConfigUpdate`.
        signatures: serialised `common.ConfigSignature`s.
    """

    channel: str
    update: bytes = field(repr=False)
    signatures: tuple[bytes, ...] = field(repr=False, default=())

    @classmethod
    def of(cls, update: bytes) -> Self:
        """A change that nobody has signed yet."""
        return cls(read_update(update).channel_id, update)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            NetworkError: it cannot be read, or is not a proposed change.
        """
        try:
            payload = m.common.Payload.FromString(m.common.Envelope.FromString(path.read_bytes()).payload)
            header = m.common.ChannelHeader.FromString(payload.header.channel_header)
            envelope = m.configtx.ConfigUpdateEnvelope.FromString(payload.data)
        except OSError as error:
            raise NetworkError(f"{path} cannot be read ({error.strerror}): name an existing file") from error
        except DecodeError:
            header = None
        if header is None or header.type != m.common.CONFIG_UPDATE:
            raise NetworkError(
                f"{path} is not a proposed change of a channel: name a file from `channel propose`"
            )
        made = cls.of(envelope.config_update)
        if made.channel != header.channel_id:
            raise NetworkError(
                f"{path} claims to be for {header.channel_id}, but changes {made.channel}: do not sign it"
            )
        return replace(
            made, signatures=tuple(signature.SerializeToString() for signature in envelope.signatures)
        )

    def save(self, path: Path) -> None:
        """Write it to a file.

        Raises:
            NetworkError: the path is not a file's, such as a device.
        """
        if path.exists() and not path.is_file():
            raise NetworkError(f"{path} is not a regular file: name one, or a path that does not exist yet")
        write(path, self.envelope())

    def envelope(self) -> bytes:
        """The change and its signatures in the format of Fabric's own programs."""
        content = m.configtx.ConfigUpdateEnvelope(config_update=self.update)
        for signature in self.signatures:
            content.signatures.add().MergeFromString(signature)
        header = m.common.ChannelHeader(type=m.common.CONFIG_UPDATE, channel_id=self.channel)
        header.timestamp.FromDatetime(datetime.now(UTC))
        payload = m.common.Payload(data=content.SerializeToString())
        payload.header.channel_header = header.SerializeToString()
        envelope: bytes = m.common.Envelope(payload=payload.SerializeToString()).SerializeToString()
        return envelope

    def signed(self, identity: Identity) -> Proposal:
        """The proposal with an identity's signature added, unless it is already there."""
        if any(
            _signer(m.configtx.ConfigSignature.FromString(content)) == identity.serialized
            for content in self.signatures
        ):
            return self
        header = m.common.SignatureHeader(
            creator=identity.serialized, nonce=os.urandom(24)
        ).SerializeToString()
        signature = m.configtx.ConfigSignature(
            signature_header=header, signature=identity.sign(header + self.update)
        )
        return replace(self, signatures=(*self.signatures, signature.SerializeToString()))

    def review(self, present: Configuration) -> Review:
        """What it would change in a channel, who has signed it, and who must still sign.

        Args:
            present: the channel's present configuration.

        Raises:
            NetworkError: it is for another channel.
        """
        if present.channel != self.channel:
            raise NetworkError(
                f"this proposal is for {self.channel}, not {present.channel}: name that channel"
            )
        update = read_update(self.update)
        done = holds(present.group, update)
        stale = () if done else tuple(outdated(present.group, update))
        signatures = tuple(self._signatures(present.group))
        if stale or done:
            return Review(self.channel, (), signatures, (), (), stale, done)
        try:
            changes = tuple(differences(present.group, applied(present.group, update)))
        except (DecodeError, FabricError, ValueError) as error:
            raise NetworkError(
                f"this change would put unreadable content into {self.channel} ({error}): do not sign it"
            ) from error
        signatories = [
            Signatory(signature.msp, signature.role) for signature in signatures if signature.problem is None
        ]
        guarded: dict[str, list[str]] = {}
        for element in touched(present.group, update):
            guarded.setdefault(element.policy, []).append(element.path)
        demands = tuple(
            Demand(
                policy,
                words_of(present.group, policy),
                tuple(paths),
                satisfies(present.group, policy, signatories),
            )
            for policy, paths in guarded.items()
        )
        return Review(
            self.channel,
            changes,
            signatures,
            demands,
            tuple(lacking(present.group, guarded, signatories)),
            (),
            done,
        )

    def _signatures(self, group: Any) -> Iterator[Signature]:
        for content in self.signatures:
            signature = m.configtx.ConfigSignature.FromString(content)
            yield _checked(signature, self.update, group)


def _signer(signature: Any) -> bytes:
    creator: bytes = m.common.SignatureHeader.FromString(signature.signature_header).creator
    return creator


def _checked(signature: Any, update: bytes, group: Any) -> Signature:
    try:
        identity = m.identities.SerializedIdentity.FromString(_signer(signature))
    except DecodeError:
        return Signature("an unknown organisation", "an unknown signer", "", "signed without an identity")
    try:
        certificate = x509.load_pem_x509_certificate(identity.id_bytes)
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    except (ValueError, x509.InvalidVersion):
        return Signature(identity.mspid, "an unknown signer", "", "signed without a readable certificate")
    organisation = _organisation(group, identity.mspid)
    role = "" if organisation is None else _role(certificate, organisation)
    problem = _problem(certificate, organisation)
    if problem is None and not verify(certificate, signature.signature_header + update, signature.signature):
        problem = "signed something other than this change"
    return Signature(identity.mspid, name, role, problem)


def _organisation(group: Any, msp: str) -> Any | None:
    """The definition of an organisation of a channel, an `msp.FabricMSPConfig`, or None."""
    for part in (APPLICATION, ORDERER):
        if msp in group.groups[part].groups:
            value = group.groups[part].groups[msp].values["MSP"].value
            return m.msp_config.FabricMSPConfig.FromString(m.msp_config.MSPConfig.FromString(value).config)
    return None


def _role(certificate: x509.Certificate, organisation: Any) -> str:
    units = [
        attribute.value
        for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    ]
    for role in _ROLES:
        named = getattr(organisation.fabric_node_ous, f"{role}_ou_identifier")
        if named.organizational_unit_identifier in units:
            return role
    return ""


def _problem(certificate: x509.Certificate, organisation: Any | None) -> str | None:
    if organisation is None:
        return "does not belong to an organisation of this channel"
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return (
            f"signed with a certificate that is valid only from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"until {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    issuers = [*organisation.root_certs, *organisation.intermediate_certs]
    if not any(_issued(certificate, pem) for pem in issuers):
        return "has a certificate that was not issued by the organisation's authority"
    if any(_revoked(certificate, pem) for pem in organisation.revocation_list):
        return "has a revoked certificate"
    return None


def _issued(certificate: x509.Certificate, issuer: bytes) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _revoked(certificate: x509.Certificate, crl: bytes) -> bool:
    found = x509.load_pem_x509_crl(crl)
    revoked = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return found.issuer == certificate.issuer and revoked is not None
