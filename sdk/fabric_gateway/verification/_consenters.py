"""Whether the ordering service signed a block: a quorum of consenters, or who the channel's policy asks for.

The configuration that judges a block is the one before it, for a configuration block too.

Source: `protoutil/blockutils.go`, `common/policies/bft.go`, `internal/peer/gossip/mcs.go` and
`orderer/common/multichannel/blockwriter.go` of Fabric 3.1; `util.go` of SmartBFT for the quorum.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage, Consenter, header_bytes
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._configuration import BLOCK_VALIDATION, Configuration
from fabric_gateway.verification._findings import Finding, Kind
from fabric_gateway.verification._membership import Member
from fabric_gateway.verification._strangers import Stranger

_SIGNATURES, _LAST_CONFIG, _FILTER, _ORDERER = range(4)
_NUMERIC = "V3_0"


def quorum(consenters: int) -> int:
    """How many of so many consenters must sign a block on BFT.

    With n consenters of which f = ⌊(n − 1) / 3⌋ may lie, ⌈(n + f + 1) / 2⌉.
    """
    faulty = (consenters - 1) // 3
    return (consenters + faulty + 2) // 2


class BlockSignatures:
    """The orderers' signatures on one block, judged under one configuration.

    Attributes:
        last_config: the last configuration block up to this one, as the orderers signed it; None if they
        state
            none.
        findings: what is wrong with them.
    """

    def __init__(self, block: BlockMessage, configuration: Configuration, *, is_config: bool) -> None:
        self._configuration = configuration
        self._number: int = block.header.number
        self.findings: list[Finding] = []
        self.last_config: int | None = None
        self._valid: dict[Member, int | None] = {}
        """Whose signature holds, and their ids in the consenter mapping."""
        slots = list(block.metadata.metadata)
        self._check_form(slots, len(block.data.data))
        try:
            metadata = wire.parse(m.common.Metadata, slots[_SIGNATURES] if slots else b"")
            self._check_statement(metadata.value, slots, is_config)
            header = header_bytes(self._number, block.header.previous_hash, block.header.data_hash)
            for item in metadata.signatures:
                self._check_signature(metadata.value, item, header)
        except DecodeError as error:
            self._say("block.signatures", "error", f"has signatures that cannot be read: {error}")
            return
        self._count()

    def _check_form(self, slots: list[bytes], transactions: int) -> None:
        """Nothing but what Fabric writes is there, so that no byte of a block's metadata goes unseen."""
        names = len(m.common.BlockMetadataIndex.keys())
        if len(slots) != names:
            said = f"has {len(slots)} pieces of metadata instead of {names}"
            self._say("block.metadata", "uncertainty", said)
        if len(slots) > _FILTER and slots[_FILTER] and len(slots[_FILTER]) != transactions:
            self._say(
                "block.metadata",
                "error",
                f"has {transactions} transactions, and flags for {len(slots[_FILTER])}",
            )
        if len(slots) > _ORDERER and slots[_ORDERER]:
            said = "has metadata of orderers that Fabric 3 does not write"
            self._say("block.metadata", "uncertainty", said)
        if slots and not _is_canonical(slots[_SIGNATURES]):
            self._say("block.metadata", "uncertainty", "has signatures in a form that Fabric does not write")

    def _check_statement(self, statement: bytes, slots: list[bytes], is_config: bool) -> None:
        stated = wire.parse(m.common.OrdererBlockMetadata, statement)
        self.last_config = stated.last_config.index if stated.HasField("last_config") else None
        expected = self._number if is_config else self._configuration.block
        if self.last_config != expected:
            self._say(
                "block.last-config",
                "error",
                f"names block {self.last_config} as its configuration: that is block {expected}",
            )
        slot = slots[_LAST_CONFIG] if len(slots) > _LAST_CONFIG else b""
        value = m.common.LastConfig(index=expected).SerializeToString()
        if slot not in (b"", m.common.Metadata(value=value).SerializeToString()):
            self._say("block.metadata", "uncertainty", "names its configuration a second time, differently")

    def _check_signature(self, statement: bytes, item: Any, header: bytes) -> None:
        numeric = _NUMERIC in self._configuration.capabilities["Channel"]
        if numeric and not item.signature_header and item.identifier_header:
            number = wire.parse(m.common.IdentifierHeader, item.identifier_header).identifier
            consenter = self._consenter(number)
            if consenter is None:
                self._say(
                    "block.signer",
                    "uncertainty",
                    f"is signed as consenter {number}, which configuration block "
                    f"{self._configuration.block} does not have",
                )
                return
            identity = wire.serialized_identity(consenter.mspid, consenter.certificate_pem)
            name, own_header = f"consenter {number} ({consenter.mspid})", item.identifier_header
        else:
            identity = wire.parse(m.common.SignatureHeader, item.signature_header).creator
            number, name, own_header = None, "an orderer", item.signature_header
        try:
            member = self._configuration.membership.identity(identity)
        except Stranger as stranger:
            self._say("block.signer", "uncertainty", f"is signed by {name}, who is a stranger: {stranger}")
            return
        name = name if number is not None else member.label
        if member in self._valid:
            self._say("block.signer", "uncertainty", f"is signed more than once by {name}, which counts once")
        elif not member.verify(statement + own_header + header, item.signature):
            self._say("block.signature", "uncertainty", f"has a signature of {name} that does not hold")
        else:
            self._valid[member] = self._id_of(member) if number is None else number

    def _consenter(self, number: int) -> Consenter | None:
        consenters = self._configuration.ordering.consenters
        return next((found for found in consenters if found.id == number), None)

    def _id_of(self, member: Member) -> int | None:
        """Id in the consenter mapping of who signed with a whole identity, as on Raft."""
        for consenter in self._configuration.ordering.consenters:
            identity = wire.serialized_identity(consenter.mspid, consenter.certificate_pem)
            try:
                if consenter.id and self._configuration.membership.identity(identity) == member:
                    return consenter.id
            except Stranger:
                continue
        return None

    def _count(self) -> None:
        configuration = self._configuration
        if configuration.bft:
            total = len(configuration.ordering.consenters)
            ids = sorted({number for number in self._valid.values() if number is not None})
            needed = quorum(total)
            if len(ids) < needed:
                who = f" ({', '.join(map(str, ids))})" if ids else ""
                self._say(
                    "block.signatures",
                    "error",
                    f"is signed by {len(ids)} of {total} consenters{who}: {needed} must sign under "
                    f"configuration block {configuration.block}",
                )
                return
        if not configuration.policy(BLOCK_VALIDATION).satisfied_by(self._valid):
            signers = ", ".join(sorted(member.label for member in self._valid)) or "nobody"
            refused = "".join(f"; {member.problem}" for member in self._valid if member.problem)
            self._say(
                "block.signatures",
                "error",
                f"is signed by {signers}: that does not satisfy {BLOCK_VALIDATION} of configuration "
                f"block {configuration.block}{refused}",
            )

    def _say(self, rule: str, kind: Kind, said: str) -> None:
        self.findings.append(Finding(self._number, "", rule, kind, f"block {self._number} {said}"))


def genesis_form(block: BlockMessage) -> Iterator[Finding]:
    """What is wrong with the metadata of block 0, which nobody signs."""
    slots = list(block.metadata.metadata)
    unsigned = m.common.OrdererBlockMetadata(last_config=m.common.LastConfig()).SerializeToString()
    allowed = (b"", m.common.Metadata(value=unsigned).SerializeToString())
    last = m.common.Metadata(value=m.common.LastConfig().SerializeToString()).SerializeToString()
    wrong = (
        not slots
        or slots[_SIGNATURES] not in allowed
        or any(slot not in (b"", last) for slot in slots[_LAST_CONFIG:_FILTER])
        or any(slots[_ORDERER : _ORDERER + 1])
    )
    if wrong:
        said = "block 0 has metadata in a form that Fabric does not write"
        yield Finding(0, "", "block.metadata", "uncertainty", said)


def expired_consenters(configuration: Configuration, at: datetime) -> Iterator[tuple[bytes, str]]:
    """Consenters whose certificate has expired at a time, UTC: the certificate, and a sentence."""
    for consenter in configuration.ordering.consenters:
        if not consenter.certificate_pem:
            continue
        identity = wire.serialized_identity(consenter.mspid, consenter.certificate_pem)
        try:
            member = configuration.membership.identity(identity)
        except Stranger:
            continue
        ended = member.certificate.not_valid_after_utc
        if ended < at:
            yield (
                consenter.certificate_pem,
                f"the certificate of consenter {consenter.id} ({consenter.mspid}) expired at "
                f"{ended.isoformat()}: Fabric lets it go on signing",
            )


def _is_canonical(slot: bytes) -> bool:
    """The bytes are exactly those that a parsed message gives again."""
    try:
        message = wire.parse(m.common.Metadata, slot)
        message.DiscardUnknownFields()
        if message.SerializeToString() != slot:
            return False
        for kind, content in (
            (m.common.OrdererBlockMetadata, message.value),
            *((m.common.IdentifierHeader, item.identifier_header) for item in message.signatures),
        ):
            inner = wire.parse(kind, content)
            inner.DiscardUnknownFields()
            if inner.SerializeToString() != content:
                return False
    except DecodeError:
        return False
    return True
