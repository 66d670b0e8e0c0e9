"""The chain of blocks.

Each block follows the one before it, is signed under the configuration in force, and the first is the one
that the auditor expects.

Source: `common/deliverclient/block_verification.go` and `protoutil/blockutils.go` of Fabric 3.1.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage, hash_of_data, hash_of_header
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._checkpoints import Checkpoint
from fabric_gateway.verification._config_updates import UnlawfulUpdate, check_update
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._consenters import BlockSignatures, expired_consenters, genesis_form
from fabric_gateway.verification._creators import Creator, check_creator, creator_findings
from fabric_gateway.verification._findings import Finding, Kind
from fabric_gateway.verification._signatures import Verdicts

_FILTER = 2


@dataclass(frozen=True, slots=True)
class Position:
    """Where a verification is, so that it can go on later: the next block, and what must be known for it.

    Attributes:
        height: number of the next block.
        hash: SHA-256 of the header of the last one; b"" before block 0.
        genesis: SHA-256 of the header of block 0; b"" if it was not seen.
        configuration_block: number of the last configuration block.
        configuration: its transaction, bytes; b"" if none was seen.
    """

    height: int = 0
    hash: bytes = b""
    genesis: bytes = b""
    configuration_block: int = 0
    configuration: bytes = b""

    def encode(self) -> bytes:
        """The position as bytes, to be kept."""
        values = {
            "height": self.height,
            "hash": self.hash.hex(),
            "genesis": self.genesis.hex(),
            "configuration_block": self.configuration_block,
            "configuration": base64.b64encode(self.configuration).decode(),
        }
        return json.dumps(values).encode()

    @classmethod
    def decode(cls, content: bytes) -> Position:
        """Read a position that was kept.

        Raises:
            DecodeError: the bytes are none.
        """
        try:
            values = json.loads(content)
            return cls(
                height=int(values["height"]),
                hash=bytes.fromhex(values["hash"]),
                genesis=bytes.fromhex(values["genesis"]),
                configuration_block=int(values["configuration_block"]),
                configuration=base64.b64decode(values["configuration"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DecodeError(f"this is not the position of a verification: {error}") from error


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """What the verification of the chain says about a block.

    Attributes:
        number: the block.
        findings: what was found, in order.
        configuration: the configuration under which its transactions are judged; None if none is known.
        creators: who made its transactions, in their order; empty for blocks that a checkpoint covers.
        covered: a checkpoint that is trusted covers the block, so only its hashes were checked.
    """

    number: int
    findings: tuple[Finding, ...]
    configuration: Configuration | None
    creators: tuple[Creator, ...]
    covered: bool


class ChainVerifier:
    """Verifies blocks one after another.

    A block's configuration is believed only if it follows from the one before it. If it does not, that is a
    finding, and what it states is used for the blocks after it all the same, as the peers will have done.
    """

    def __init__(
        self,
        *,
        channel: str | None = None,
        anchor: bytes | None = None,
        trusted: Checkpoint | None = None,
        known: Iterable[Checkpoint] = (),
        position: Position | None = None,
        verdicts: Verdicts | None = None,
    ) -> None:
        """Begin, or go on.

        Args:
            channel: name of the channel that it must be; None: the one that block 0 names.
            anchor: SHA-256 of the header of block 0, from a source other than the ledger's nodes. With
            neither
                this nor a checkpoint, the ledger's beginning is an uncertainty.
            trusted: a checkpoint whose signers are trusted to have verified all blocks below it. Of these,
            only
                the hashes are checked, up to the one that the checkpoint names; the configuration is read
                from them.
            known: further checkpoints that the ledger must agree with; nothing is skipped for them.
            position: where an earlier verification was.
            verdicts: what verifies signatures; default: at once, here.
        """
        self._channel = channel
        self._anchor = anchor
        self._trusted = trusted
        self._verdicts = verdicts
        self._position = position or Position()
        self._begun = position is not None
        self._configuration: Configuration | None = None
        if self._position.configuration:
            self._configuration = Configuration(
                self._position.configuration_block, self._position.configuration, verdicts
            )
            self._channel = self._channel or self._configuration.channel
        self._known = (*known, *((trusted,) if trusted is not None else ()))
        self._start = self._position
        self._expired: set[bytes] = set()
        self._found: list[Finding] = []
        self._number = 0

    @property
    def position(self) -> Position:
        """Where the verification is."""
        return self._position

    @property
    def configuration(self) -> Configuration | None:
        """The configuration in force for the next block; None if none is known."""
        return self._configuration

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the ledger stands, to be signed; None before block 0 was seen.

        What the findings say decides whether it should be signed.
        """
        position = self._position
        if not position.height or not position.genesis or self._configuration is None:
            return None
        return Checkpoint(self._configuration.channel, position.genesis, position.height, position.hash)

    def check(self, block: BlockMessage) -> CheckedBlock:
        """Verify the next block, a `common.Block` message."""
        header = block.header
        self._found, self._number = [], header.number
        if self._position is self._start and self._begun:
            self._check_start()
        envelopes = [bytes(envelope) for envelope in block.data.data]
        own_hash = hash_of_header(header.number, header.previous_hash, header.data_hash)
        self._check_links(block, envelopes, own_hash)
        covered = self._trusted is not None and header.number < self._trusted.height
        new = self._configuration_in(envelopes)
        judge = self._configuration if self._configuration is not None else new
        creators: tuple[Creator, ...] = ()
        if judge is not None and not covered:
            creators = tuple(self._creators(block, envelopes, judge))
            self._check_signatures(block, judge, new, creators)
        if new is not None:
            self._take_over(new, envelopes[0], covered)
        position = self._position
        genesis = own_hash if header.number == 0 else position.genesis
        self._position = Position(
            height=header.number + 1,
            hash=own_hash,
            genesis=genesis,
            configuration_block=new.block if new is not None else position.configuration_block,
            configuration=envelopes[0] if new is not None else position.configuration,
        )
        self._configuration = new or self._configuration
        self._check_known()
        self._begun = True
        return CheckedBlock(header.number, tuple(self._found), judge, creators, covered)

    def end(self) -> Iterator[Finding]:
        """What is to be said when no more blocks come."""
        height = self._position.height
        last = max(height - 1, 0)
        for checkpoint in self._known:
            if checkpoint.height > height:
                said = f"the ledger ends at height {height}; a checkpoint names height {checkpoint.height}"
                yield Finding(last, "", "checkpoint.ahead", "error", said)
            elif checkpoint.height < self._start.height:
                said = (
                    f"a checkpoint at height {checkpoint.height} was not compared: this verification went on "
                    f"from height {self._start.height}"
                )
                yield Finding(last, "", "checkpoint.below", "uncertainty", said)

    def _check_links(self, block: BlockMessage, envelopes: Sequence[bytes], own_hash: bytes) -> None:
        header, position = block.header, self._position
        number = header.number
        if not self._begun:
            self._check_beginning(number, own_hash)
        elif number != position.height and header.previous_hash == position.hash:
            said = f"calls itself block {number}, and follows block {position.height - 1}"
            self._say("header.number", "error", said, position.height)
        elif number != position.height:
            self._say("header.number", "error", f"comes where block {position.height} must come")
        if self._begun and header.previous_hash != position.hash:
            self._say(
                "header.previous-hash",
                "error",
                f"names {header.previous_hash.hex() or 'nothing'} as the block before it, which is "
                f"{position.hash.hex()}",
            )
        if number == 0 and header.previous_hash:
            self._say("header.previous-hash", "error", "names a block before it")
        if header.data_hash != hash_of_data(envelopes):
            self._say("block.data-hash", "error", "holds other transactions than its header vouches for")
        if not envelopes:
            self._say("block.empty", "error", "holds no transactions")

    def _check_start(self) -> None:
        """What an earlier verification saw agrees with what the auditor says now."""
        genesis = self._position.genesis
        if self._anchor is not None and genesis and genesis != self._anchor:
            said = (
                f"goes on from a ledger that begins with {genesis.hex()}; the anchor is {self._anchor.hex()}"
            )
            self._say("anchor.genesis", "error", said)
        self._check_known()

    def _check_beginning(self, number: int, own_hash: bytes) -> None:
        if number:
            self._say(
                "anchor.beginning",
                "uncertainty",
                "is the first one here: the blocks before it, and the configuration, are not known",
            )
        elif self._anchor is not None:
            if own_hash != self._anchor:
                said = f"has the hash {own_hash.hex()}; the anchor is {self._anchor.hex()}"
                self._say("anchor.genesis", "error", said)
        elif not self._known:
            self._say(
                "anchor.missing",
                "uncertainty",
                f"has the hash {own_hash.hex()}: compare it with another source, and name it as the anchor",
            )

    def _check_known(self) -> None:
        position = self._position
        last = position.height - 1
        starts = position.height == 1 or position is self._start
        for checkpoint in self._known:
            if starts and position.genesis and checkpoint.genesis != position.genesis:
                said = f"has the hash {position.genesis.hex()}; a checkpoint begins with "
                self._say("checkpoint.genesis", "error", said + checkpoint.genesis.hex(), 0)
            if position.height == checkpoint.height and checkpoint.hash != position.hash:
                said = f"has the hash {position.hash.hex()}; a checkpoint names {checkpoint.hash.hex()}"
                self._say("checkpoint.contradicted", "error", said, last)

    def _configuration_in(self, envelopes: Sequence[bytes]) -> Configuration | None:
        """The configuration that a block brings; None if it brings none."""
        kinds = [_kind(envelope) for envelope in envelopes]
        if m.common.CONFIG not in kinds:
            return None
        if len(envelopes) > 1:
            self._say("configuration.alone", "error", "holds a configuration among other transactions")
            return None
        try:
            return Configuration(self._number, envelopes[0], self._verdicts)
        except DecodeError as error:
            self._say("configuration.form", "error", f"holds a configuration that cannot be used: {error}")
            return None

    def _creators(
        self, block: BlockMessage, envelopes: Sequence[bytes], judge: Configuration
    ) -> Iterator[Creator]:
        if self._number == 0:
            return  # nobody signs block 0: the anchor vouches for it
        slots = block.metadata.metadata
        flags = bytes(slots[_FILTER]) if len(slots) > _FILTER else b""
        for index, envelope in enumerate(envelopes):
            creator = check_creator(envelope, judge)
            claimed = wire.validation_code(flags[index]) if index < len(flags) else "NOT_VALIDATED"
            self._found.extend(creator_findings(self._number, claimed, creator))
            yield creator

    def _check_signatures(
        self,
        block: BlockMessage,
        judge: Configuration,
        new: Configuration | None,
        creators: Sequence[Creator],
    ) -> None:
        if self._number == 0:
            self._found.extend(genesis_form(block))
            return
        if judge is new:
            said = "cannot be judged: no configuration before it is known"
            self._say("block.signatures", "uncertainty", said)
            return
        self._found.extend(BlockSignatures(block, judge, is_config=new is not None).findings)
        times = [creator.timestamp for creator in creators if creator.timestamp is not None]
        if times:
            self._note_expired(judge, max(times))

    def _note_expired(self, judge: Configuration, at: datetime) -> None:
        for certificate, sentence in expired_consenters(judge, at):
            if certificate not in self._expired:
                self._expired.add(certificate)
                self._found.append(Finding(self._number, "", "consenter.expired", "note", sentence))

    def _take_over(self, new: Configuration, envelope: bytes, covered: bool) -> None:
        old = self._configuration
        if self._channel is None:
            self._channel = new.channel
        if new.channel != self._channel:
            self._say(
                "configuration.channel",
                "error",
                f"holds the configuration of channel {new.channel!r} instead of {self._channel!r}",
            )
        if old is not None and not covered:
            try:
                check_update(old, envelope)
            except UnlawfulUpdate as error:
                self._say(
                    "configuration.update",
                    "error",
                    f"holds a configuration that does not follow from that of block {old.block}: {error}",
                )
        elif old is None and self._number:
            said = "brings a configuration whose origin is not known"
            self._say("configuration.unverified", "uncertainty", said)
        for mspid, stranger in new.membership.unusable.items():
            said = f"defines {mspid} so that it has no members: {stranger}"
            self._say("configuration.organization", "error", said)
        if not new.understood:
            named = ", ".join(new.capabilities["Channel"]) or "none"
            self._say(
                "configuration.capabilities",
                "uncertainty",
                f"sets the channel's capabilities to {named}: rules before V1_4_3 are not followed here",
            )

    def _say(self, rule: str, kind: Kind, said: str, block: int | None = None) -> None:
        number = self._number if block is None else block
        self._found.append(Finding(number, "", rule, kind, f"block {number} {said}"))


def _kind(envelope: bytes) -> int:
    """Header type of a transaction; -1 if it cannot be read."""
    try:
        payload = wire.parse(m.common.Payload, wire.split_envelope(envelope)[0])
        return int(wire.parse(m.common.ChannelHeader, payload.header.channel_header).type)
    except DecodeError:
        return -1
