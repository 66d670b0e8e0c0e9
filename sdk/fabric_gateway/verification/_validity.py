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

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage, Version
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._commit_hash import commit_hash
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._creators import Creator
from fabric_gateway.verification._definitions import Definitions
from fabric_gateway.verification._endorsement_policies import EndorsementPolicies, block_to_live
from fabric_gateway.verification._findings import Finding
from fabric_gateway.verification._judging import JudgedBlock, block_finding
from fabric_gateway.verification._sets import Space
from fabric_gateway.verification._state import State, ValueReader
from fabric_gateway.verification._taken_apart import TakenApart
from fabric_gateway.verification._updates import Updates

_COMMIT_HASH, _FILTER = 4, 2
_FOR_EVER = 2**62
"""Numbers of blocks that no ledger reaches. Fabric takes a sum beyond 64 bits for no term at all."""


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
        self._policies: EndorsementPolicies | None = None

    def add(
        self, block: BlockMessage, configuration: Configuration, creators: Sequence[Creator] = ()
    ) -> BlockValidity:
        """Derive the validity of the next block's transactions, and apply what the valid ones write.

        Args:
            block: the next block.
            configuration: the configuration in force before it; for block 0, its own.
            creators: what `ChainVerifier` found about who made its transactions, so that it is neither looked
                at nor told twice; empty: it is looked at here.

        Raises:
            ValueError: it is not the next block.
        """
        number = block.header.number
        if number != self.height:
            raise ValueError(f"the next block is {self.height}, not {number}")
        transactions = block.data.data
        opened = [creator.opened for creator in creators] or [None] * len(transactions)
        parts = [TakenApart.of(data, known) for data, known in zip(transactions, opened, strict=True)]
        policies = self._policies_of(configuration)
        judged = JudgedBlock(number, parts, self.state, self.definitions, policies, creators)
        claimed = _claims(block)
        flags = judged.flags(claimed.flags)
        by_peer = self._claims or bool(claimed.commit_hash)
        findings = [*judged.findings(claimed.flags, by_peer=by_peer)]
        derived = b""
        if number:
            derived = commit_hash(bytes(map(_code, flags)), judged.updates, self._commit_hash)
            findings.extend(self._compared(judged, claimed.commit_hash, derived))
        self._keep(judged, claimed.commit_hash, derived)
        return BlockValidity(number, tuple(flags), derived, tuple(findings), judged.updates)

    def _policies_of(self, configuration: Configuration) -> EndorsementPolicies:
        if self._policies is None or self._policies.configuration is not configuration:
            self._policies = EndorsementPolicies(configuration)
        return self._policies

    def _compared(self, judged: JudgedBlock, claimed: bytes, derived: bytes) -> Iterator[Finding]:
        if not claimed:
            if self._claims:
                sentence = "has no commit hash, and the block before it has"
                yield block_finding(judged.number, "commit-hash.missing", "error", sentence)
            return
        unread = next(judged.updates.unread, None)
        if unread is not None:
            space, key, (block, place) = unread
            sentence = (
                f"sets metadata of key {key.decode(errors='replace')!r} of {space.namespace}, whose value, of"
                f" transaction {place} of block {block}, cannot be read again: the commit hash is not"
                " compared"
            )
            yield block_finding(judged.number, "commit-hash.unknown", "uncertainty", sentence)
        elif claimed != derived:
            sentence = f"states the commit hash {claimed.hex()}; its transactions amount to {derived.hex()}"
            yield block_finding(judged.number, "commit-hash.differs", "error", sentence)

    def _keep(self, judged: JudgedBlock, claimed: bytes, derived: bytes) -> None:
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
            live = self._block_to_live(space) if space.collection else 0
            if 0 < live < _FOR_EVER:
                kept = (key for key, update in changes.items() if update.value is not None)
                self.state.let_expire(space, kept, number, number + live + 1)

    def _block_to_live(self, space: Space) -> int:
        try:
            return block_to_live(self.definitions.get(space.namespace), space)
        except DecodeError:
            return 0  # a peer stops here; that validity is uncertain has been said


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


@cache
def _names() -> tuple[str, ...]:
    return tuple(map(wire.validation_code, range(256)))


@cache
def _code(name: str) -> int:
    return int(name) if name.isdigit() else int(m.transaction.TxValidationCode.Value(name))
