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

from google.protobuf.message import DecodeError

from fabric_gateway import FabricError, Identity
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.approval import Demand, Signatory, lacking, satisfies, words_of
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.difference import differences
from kindpakket_network.channel.review import Review
from kindpakket_network.channel.signature import Signature, checked, signer
from kindpakket_network.channel.update import applied, holds, outdated, read_update, touched
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import write


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
            signer(m.configtx.ConfigSignature.FromString(content)) == identity.serialized
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
            yield checked(signature, self.update, group)
