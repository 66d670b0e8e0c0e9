"""The validity of transactions, derived from the blocks in the order in which peers validate.

What a peer says, the flag of each transaction and the commit hash of each block, is compared and never used.

Source: Fabric 3.1.1 `core/committer/txvalidator/v20/validator.go`, then
`core/ledger/kvledger/txmgmt/validation/batch_preparer.go` and `core/ledger/kvledger/kv_ledger.go`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire import messages as m
from kindpakket.fabric.blocks import BlockMessage
from kindpakket.fabric.errors import DecodeError
from kindpakket.fabric.verification._commit_hash import commit_hash
from kindpakket.fabric.verification._configuration import Configuration
from kindpakket.fabric.verification._definitions import Definitions
from kindpakket.fabric.verification._endorsement_policies import EndorsementPolicies, block_to_live
from kindpakket.fabric.verification._endorsements import Endorsements, Signers, Undecidable
from kindpakket.fabric.verification._findings import Finding, Kind
from kindpakket.fabric.verification._reads import read_conflict
from kindpakket.fabric.verification._sets import Space, Version
from kindpakket.fabric.verification._state import State, ValueReader
from kindpakket.fabric.verification._strangers import Stranger
from kindpakket.fabric.verification._taken_apart import Fault, TakenApart
from kindpakket.fabric.verification._updates import Updates

VALID = "VALID"
_CONFIGURATION = (Space(""), b"CHANNEL_CONFIG_ENV_BYTES")
_COMMIT_HASH, _FILTER = 4, 2
_OWN_RULES = "V2_0"


class StateWrite(NamedTuple):
    """A key as a block leaves it.

    Attributes:
        namespace: name of the chaincode; "" for the channel's configuration.
        collection: the private data collection; "" for the public state.
        key: its bytes: UTF-8 of a public key, SHA-256 of a private one.
        value: the value, of a private key its SHA-256; None: it was deleted; b"": metadata alone was set, and
            the block that wrote the value could not be read again.
        version: block and transaction that changed it last.
    """

    namespace: str
    collection: str
    key: bytes
    value: bytes | None
    version: Version


@dataclass(frozen=True, slots=True)
class BlockValidity:
    """What a block's transactions are.

    Attributes:
        block: number of the block.
        flags: the derived name of the `TxValidationCode` of each transaction.
        commit_hash: the derived commit hash; b"" for block 0, which has none.
        findings: where the peer says otherwise, and what cannot be told.
        updates: what the valid transactions changed; see `writes`.
    """

    block: int
    flags: tuple[str, ...]
    commit_hash: bytes
    findings: tuple[Finding, ...]
    updates: Updates = field(repr=False)

    @property
    def writes(self) -> Iterator[StateWrite]:
        """Every key that the block changed, as it leaves it."""
        for space, changes in self.updates:
            for key, update in changes.items():
                yield StateWrite(*space, key, update.value, update.version)


class Validity:
    """Derives which transactions are valid, block by block from block 0, and keeps the state they amount to.

    The state is in tables of a SQLite connection that is given, and nothing is committed: who gives it
    commits once for some blocks. A new object on the same connection goes on after the last block that was
    committed; after a rollback, make a new one.

    Args:
        connection: where the tables are, and are made.
        read_value: reads a value again from the block that wrote it, which is needed only for a transaction
            that sets a key's metadata and not its value. Default: the commit hash of such a block is not
            compared.
    """

    def __init__(self, connection: sqlite3.Connection, *, read_value: ValueReader | None = None) -> None:
        self.state = State(connection, read_value)
        self.height, self._commit_hash, self._claims = self.state.position
        self.definitions = Definitions(self.state)
        self._policies: tuple[Configuration, EndorsementPolicies] | None = None

    def add(
        self, block: BlockMessage, configuration: Configuration, parts: Sequence[TakenApart] | None = None
    ) -> BlockValidity:
        """Derive the validity of the next block's transactions, and apply what the valid ones write.

        Args:
            block: the next block.
            configuration: the configuration in force before it; for block 0, its own.
            parts: its transactions taken apart, if the caller has done so already.

        Raises:
            ValueError: it is not the next block.
        """
        number = block.header.number
        if number != self.height:
            raise ValueError(f"the next block is {self.height}, not {number}")
        taken = [TakenApart.of(data) for data in block.data.data] if parts is None else list(parts)
        judged = _Block(self, number, taken, self._policies_of(configuration), configuration)
        claimed = _claims(block)
        flags = judged.flags(claimed.flags)
        findings = [*judged.findings(claimed.flags)]
        derived = b""
        if number:
            derived = commit_hash(bytes(map(_code, flags)), judged.updates, self._commit_hash)
            findings.extend(self._compared(judged, claimed.commit_hash, derived))
        self._keep(judged, claimed.commit_hash, derived)
        return BlockValidity(number, tuple(flags), derived, tuple(findings), judged.updates)

    def _policies_of(self, configuration: Configuration) -> EndorsementPolicies:
        if self._policies is None or self._policies[0] is not configuration:
            self._policies = configuration, EndorsementPolicies(configuration)
        return self._policies[1]

    def _compared(self, judged: _Block, claimed: bytes, derived: bytes) -> Iterator[Finding]:
        if not claimed:
            if self._claims:
                yield _finding(
                    judged.number,
                    "",
                    "block.commit-hash",
                    "error",
                    "has no commit hash, and the block before it has",
                )
            return
        for space, key, written in judged.updates.unread:
            yield _finding(
                judged.number,
                "",
                "block.commit-hash",
                "uncertainty",
                f"sets metadata of key {key.decode(errors='replace')!r} of {space.namespace}, whose value, of"
                f" transaction {written[1]} of block {written[0]}, cannot be read again: the commit hash is"
                " not compared",
            )
            return
        if claimed != derived:
            yield _finding(
                judged.number,
                "",
                "block.commit-hash",
                "error",
                f"states the commit hash {claimed.hex()}; its transactions amount to {derived.hex()}",
            )

    def _keep(self, judged: _Block, claimed: bytes, derived: bytes) -> None:
        """Move on, from what the peer states, so that one difference is not found in every later block."""
        updates, number = judged.updates, judged.number
        self.state.expire(number, updates)
        self.state.apply(updates)
        self._schedule(updates, number)
        self.state.add_transactions(part.transaction_id for part in judged.parts if part.transaction_id)
        self.definitions.apply(updates)
        self.height = number + 1
        self._commit_hash = claimed or derived
        self._claims = self._claims or bool(claimed)
        self.state.move_to(self.height, self._commit_hash, self._claims)

    def _schedule(self, updates: Updates, number: int) -> None:
        """Let data of collections with a term expire: `committing block + block_to_live + 1`."""
        for space, changes in updates:
            if space.collection:
                live = block_to_live(self.definitions.get(space.namespace), space)
                if live:
                    kept = (key for key, update in changes.items() if update.value is not None)
                    self.state.let_expire(space, kept, number, number + live + 1)


class _Claims(NamedTuple):
    """What the peer that kept the block says."""

    flags: tuple[str, ...]
    commit_hash: bytes


def _claims(block: BlockMessage) -> _Claims:
    metadata = [*block.metadata.metadata, *[b""] * (_COMMIT_HASH + 1)]
    try:
        stated = bytes(wire.parse(m.common.Metadata, metadata[_COMMIT_HASH]).value)
    except DecodeError:
        stated = metadata[_COMMIT_HASH]  # which is the hash of nothing
    return _Claims(tuple(_names()[code] for code in metadata[_FILTER]), stated)


class _Block:
    """One block while it is judged."""

    def __init__(
        self,
        validity: Validity,
        number: int,
        parts: Sequence[TakenApart],
        policies: EndorsementPolicies,
        configuration: Configuration,
    ) -> None:
        self.number = number
        self.parts = parts
        self.updates = Updates(validity.state)
        self._state = validity.state
        self._definitions = validity.definitions
        self._configuration = configuration
        self._endorsements = Endorsements(validity.state, validity.definitions, policies)
        self._own_rules = any(name >= _OWN_RULES for name in configuration.capabilities["Application"])
        self._faults: list[list[Fault]] = []
        """Of each transaction: none if it is valid; several if peers may report any of them."""
        self._undecidable: dict[int, str] = {}
        self._notes: list[Finding] = []

    def flags(self, claimed: Sequence[str]) -> list[str]:
        """The derived flag of each transaction; where it cannot be told, the claimed one."""
        for place, part in enumerate(self.parts):
            try:
                self._faults.append(self._first_faults(part))
            except Undecidable as error:
                self._undecidable[place] = str(error)
                self._faults.append([])
        self._mark_doubles()
        flags = [self._flag(place, claimed) for place in range(len(self.parts))]
        for place, part in enumerate(self.parts):
            if flags[place] == VALID and place not in self._undecidable:
                conflict = read_conflict(part.sets, self._state, self.updates)
                if conflict is not None:
                    self._faults[place], flags[place] = [conflict], conflict.code
            if flags[place] == VALID:
                self._apply(place, part)
        return flags

    def _first_faults(self, part: TakenApart) -> list[Fault]:
        """What the validation before the state says; `validateTx` of `validator.go`."""
        if not self.number:
            return []  # peers take block 0 as it is: it is what they trust
        fault = part.fault or self._creator_fault(part) or part.body_fault
        if fault is not None:
            return [fault]
        if part.configuration or part.kind == "CONFIG":
            return []
        if self._state.has_transaction(part.transaction_id):
            return [Fault("DUPLICATE_TXID", "an earlier block has a transaction of this id")]
        if part.action_fault is not None:
            return [part.action_fault]
        if not self._own_rules:
            raise Undecidable(
                "the channel's application has not the capability V2_0, whose rules are followed here"
            )
        signers = Signers(part, self._configuration.membership)
        self._note(part, signers)
        return self._endorsements.faults(part, signers)

    def _creator_fault(self, part: TakenApart) -> Fault | None:
        if part.channel != self._configuration.channel:
            return Fault("BAD_CREATOR_SIGNATURE", f"it was made for channel {part.channel!r}")
        identity, message, signature = part.creator
        try:
            creator = self._configuration.membership.member(identity)
        except Stranger as stranger:
            return Fault("BAD_CREATOR_SIGNATURE", f"its creator is not a member: {stranger}")
        if not creator.verify(message, signature):
            return Fault(
                "BAD_CREATOR_SIGNATURE", f"the signature of its creator, {creator.label}, does not hold"
            )
        return None

    def _note(self, part: TakenApart, signers: Signers) -> None:
        for sentence in signers.flawed:
            self._add_note(part, "endorsement.flawed", f"has an endorsement that does not count: {sentence}")
        try:
            definition = self._definitions.get(part.chaincode)
        except DecodeError:
            return
        if definition is not None and definition.version != part.version:
            self._add_note(
                part,
                "endorsement.version",
                f"was endorsed by version {part.version!r} of {part.chaincode}; defined is version"
                f" {definition.version!r}",
            )

    def _add_note(self, part: TakenApart, rule: str, sentence: str) -> None:
        self._notes.append(_finding(self.number, part.transaction_id, rule, "note", sentence))

    def _mark_doubles(self) -> None:
        """Of transactions of one block with one id, the first that is valid so far counts."""
        seen: set[str] = set()
        for place, part in enumerate(self.parts):
            if self._faults[place] or part.kind != "ENDORSER_TRANSACTION":
                continue
            if part.transaction_id in seen:
                reason = "an earlier transaction of this block has this id"
                self._faults[place] = [Fault("DUPLICATE_TXID", reason)]
            seen.add(part.transaction_id)

    def _flag(self, place: int, claimed: Sequence[str]) -> str:
        said = claimed[place] if place < len(claimed) else ""
        if place in self._undecidable and not self._faults[place]:
            return said or VALID
        codes = [fault.code for fault in self._faults[place]] or [VALID]
        return said if said in codes else codes[0]

    def _apply(self, place: int, part: TakenApart) -> None:
        version = (self.number, place)
        if part.kind == "CONFIG":
            self.updates.put(*_CONFIGURATION, part.configuration, version)
        else:
            self.updates.apply(part.sets, version)

    def findings(self, claimed: Sequence[str]) -> Iterator[Finding]:
        """Where the claimed flags are not the derived ones, and what cannot be told."""
        yield from self._notes
        for place, reason in self._undecidable.items():
            sentence = f"it cannot be told whether this transaction is valid: {reason}"
            yield self._about(place, "transaction.undecidable", "uncertainty", sentence)
        if claimed and len(claimed) != len(self.parts):
            yield _finding(
                self.number,
                "",
                "block.flags",
                "error",
                f"has {len(self.parts)} transactions and flags of {len(claimed)}",
            )
        for place, said in enumerate(claimed[: len(self.parts)]):
            codes = [fault.code for fault in self._faults[place]] or [VALID]
            if place in self._undecidable or said in codes:
                continue
            why = self._faults[place][0].reason if self._faults[place] else "nothing is wrong with it"
            yield self._about(
                place, "transaction.flag", "error", f"is flagged {said}, and is {codes[0]}: {why}"
            )

    def _about(self, place: int, rule: str, kind: Kind, sentence: str) -> Finding:
        part = self.parts[place]
        named = f"transaction {place} of block {self.number}"
        return Finding(self.number, part.transaction_id, rule, kind, f"{named} {sentence}")


def _finding(block: int, transaction_id: str, rule: str, kind: Kind, sentence: str) -> Finding:
    subject = f"transaction {transaction_id} of block {block}" if transaction_id else f"block {block}"
    return Finding(block, transaction_id, rule, kind, f"{subject} {sentence}")


@cache
def _names() -> tuple[str, ...]:
    return tuple(map(wire.validation_code, range(256)))


@cache
def _code(name: str) -> int:
    return int(name) if name.isdigit() else int(m.transaction.TxValidationCode.Value(name))
