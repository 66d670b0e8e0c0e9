"""The state that the blocks amount to: each key's version, the hash of its value, and its metadata.

It is kept in tables of a connection that is given, and never committed here: who gives the connection commits
once for some blocks, so that a verification that was killed goes on from there. Values are not kept; the one
case that needs an earlier one, a transaction that sets metadata only, takes it from the block that wrote it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from fabric_gateway.blocks import Version
from fabric_gateway.verification._ranges import Found
from fabric_gateway.verification._sets import Space
from fabric_gateway.verification._updates import KeptValue, Update, Updates

LIFECYCLE = Space("_lifecycle")
"""Where chaincode definitions are; its values are kept."""

ValueReader: TypeAlias = "Callable[[Version, Space, bytes], bytes | None]"
"""Reads a value again: the transaction that wrote it, its space and its key. None if it is not there."""

_TABLES = """
CREATE TABLE IF NOT EXISTS replayed_space (
    id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, collection TEXT NOT NULL,
    metadata INTEGER NOT NULL DEFAULT 0, UNIQUE (namespace, collection)
);
CREATE TABLE IF NOT EXISTS replayed_key (
    space INTEGER NOT NULL, key BLOB NOT NULL, block INTEGER NOT NULL, place INTEGER NOT NULL,
    hash BLOB NOT NULL, value_block INTEGER, value_place INTEGER, metadata BLOB, PRIMARY KEY (space, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replayed_definition (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replayed_transaction (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replayed_expiry (
    block INTEGER NOT NULL, space INTEGER NOT NULL, key BLOB NOT NULL, written INTEGER NOT NULL,
    PRIMARY KEY (block, space, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replayed_position (
    id INTEGER PRIMARY KEY CHECK (id = 1), height INTEGER NOT NULL, commit_hash BLOB NOT NULL,
    claims INTEGER NOT NULL
);
"""
_ROW = "SELECT key, hash, block, place, metadata, value_block, value_place FROM replayed_key WHERE space = ? "
_ONE, _FROM = _ROW + "AND key = ?", _ROW + "AND key >= ? ORDER BY key"
_BETWEEN = _ROW + "AND key >= ? AND key < ? ORDER BY key"
_CACHED = 50_000
"""Keys whose rows are kept in memory: the few that every transaction reads, and those written lately."""


class KeyState(NamedTuple):
    """A key as the blocks leave it.

    Attributes:
        key: its bytes: UTF-8 of a public key, SHA-256 of a private one.
        hash: SHA-256 of its value.
        version: the transaction that last changed it.
        metadata: a serialised `kvrwset.KVMetadataWrite`, or b"".
        valued: the transaction that wrote the value.
    """

    key: bytes
    hash: bytes
    version: Version
    metadata: bytes
    valued: Version


class State:
    """The state after the last block that was added, in the tables of a SQLite connection.

    After the caller rolled the connection back, make a new one.

    Args:
        connection: the tables are made in it; no transaction is committed.
        read_value: reads a value again from an earlier block.
    """

    def __init__(self, connection: sqlite3.Connection, read_value: ValueReader | None = None) -> None:
        self._connection = connection
        self._read_value = read_value
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        self._spaces: dict[Space, int] = {}
        self._with_metadata: set[Space] = set()
        for identifier, namespace, collection, metadata in connection.execute(
            "SELECT id, namespace, collection, metadata FROM replayed_space"
        ):
            self._spaces[Space(namespace, collection)] = identifier
            if metadata:
                self._with_metadata.add(Space(namespace, collection))
        self._expiring = connection.execute("SELECT 1 FROM replayed_expiry LIMIT 1").fetchone() is not None
        self._cache: dict[tuple[int, bytes], KeyState | None] = {}

    @property
    def position(self) -> tuple[int, bytes, bool]:
        """The next block's number, the last one's commit hash, and whether the peer has stated one so far."""
        row = self._connection.execute("SELECT height, commit_hash, claims FROM replayed_position").fetchone()
        return (0, b"", False) if row is None else (row[0], row[1], bool(row[2]))

    def get(self, space: Space, key: bytes) -> KeyState | None:
        """A key; None if it does not exist."""
        identifier = self._spaces.get(space)
        if identifier is None:
            return None
        place = (identifier, key)
        try:
            return self._cache[place]
        except KeyError:
            row = self._connection.execute(_ONE, place).fetchone()
        found = None if row is None else _key_state(row)
        self._remember(place, found)
        return found

    def version(self, space: Space, key: bytes) -> Version | None:
        """A key's version; None if it does not exist."""
        found = self.get(space, key)
        return None if found is None else found.version

    def metadata(self, space: Space, key: bytes) -> bytes:
        """A key's metadata; b"" if it has none or does not exist."""
        if space not in self._with_metadata:
            return b""
        found = self.get(space, key)
        return b"" if found is None else found.metadata

    def value(self, space: Space, key: bytes) -> KeptValue | None:
        """A key's value, read again from the block that wrote it; None if the key does not exist."""
        found = self.get(space, key)
        if found is None:
            return None
        if space.collection:
            return KeptValue(found.hash, found.hash, found.valued)
        value = self._earlier(found.valued, space, key)
        if value is None or hashlib.sha256(value).digest() != found.hash:
            value = b""
        return KeptValue(value, found.hash, found.valued)

    def _earlier(self, written: Version, space: Space, key: bytes) -> bytes | None:
        if space == LIFECYCLE:
            select = "SELECT value FROM replayed_definition WHERE key = ?"
            row = self._connection.execute(select, (key,)).fetchone()
            return None if row is None else bytes(row[0])
        return None if self._read_value is None else self._read_value(written, space, key)

    def keys(self, space: Space, start: bytes = b"", end: bytes | None = None) -> Iterator[KeyState]:
        """The keys of a space in their order, from `start` up to and without `end`."""
        identifier = self._spaces.get(space)
        if identifier is None:
            return
        if end is None:
            rows = self._connection.execute(_FROM, (identifier, start))
        else:
            rows = self._connection.execute(_BETWEEN, (identifier, start, end))
        yield from map(_key_state, rows)

    def range(self, space: Space, start: bytes, end: bytes) -> Iterator[Found]:
        """Keys and versions of a range, as `KeyState` has them; an `end` of b"" is no end."""
        return (Found(item.key, item.version) for item in self.keys(space, start, end or None))

    def spaces(self) -> tuple[Space, ...]:
        """Every space in which there is or was a key, in the order of their names."""
        return tuple(sorted(self._spaces))

    def definition_values(self) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of the public state of `_lifecycle`."""
        yield from self._connection.execute("SELECT key, value FROM replayed_definition")

    def has_transaction(self, transaction_id: str) -> bool:
        """An earlier block holds a transaction of this id, valid or not."""
        row = self._connection.execute(
            "SELECT 1 FROM replayed_transaction WHERE id = ?", (_id(transaction_id),)
        ).fetchone()
        return row is not None

    def add_transactions(self, transaction_ids: Iterator[str]) -> None:
        """Keep the ids of a block's transactions."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO replayed_transaction VALUES (?)",
            ((_id(item),) for item in transaction_ids),
        )

    def apply(self, updates: Updates) -> None:
        """Apply what a block changes."""
        written: list[tuple[object, ...]] = []
        deleted: list[tuple[int, bytes]] = []
        for space, changes in updates:
            identifier = self._identifier(space)
            for key, update in changes.items():
                place = (identifier, key)
                state = _after(space, key, update)
                self._remember(place, state)
                if state is None:
                    deleted.append(place)
                    continue
                written.append((*place, *_row(state)))
                if update.metadata and space not in self._with_metadata:
                    self._mark_metadata(space)
        execute = self._connection.executemany
        if written:
            execute("INSERT OR REPLACE INTO replayed_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)", written)
        if deleted:
            execute("DELETE FROM replayed_key WHERE space = ? AND key = ?", deleted)
        self._keep_definitions(updates)

    def _keep_definitions(self, updates: Updates) -> None:
        for key, update in updates.keys(LIFECYCLE).items():
            if update.value is None:
                self._connection.execute("DELETE FROM replayed_definition WHERE key = ?", (key,))
            else:
                self._connection.execute(
                    "INSERT OR REPLACE INTO replayed_definition VALUES (?, ?)", (key, update.value)
                )

    def let_expire(self, space: Space, keys: Iterator[bytes], written: int, at_block: int) -> None:
        """Keys of a collection whose data live for a number of blocks are to go with block `at_block`."""
        identifier = self._identifier(space)
        self._expiring = True
        self._connection.executemany(
            "INSERT OR REPLACE INTO replayed_expiry VALUES (?, ?, ?, ?)",
            ((at_block, identifier, key, written) for key in keys),
        )

    def expire(self, block: int, updates: Updates) -> None:
        """Remove the keys that expire with a block, but for those that it or a later one wrote again.

        To be called before the block's own changes are applied. Source: `prepareWorkingsetFor` of
        `core/ledger/kvledger/txmgmt/pvtstatepurgemgmt/purge_mgr.go`.
        """
        if not self._expiring:
            return
        names = {identifier: space for space, identifier in self._spaces.items()}
        expiring = self._connection.execute(
            "SELECT space, key, written FROM replayed_expiry WHERE block = ?", (block,)
        ).fetchall()
        for identifier, key, written in expiring:
            found = self.get(names[identifier], key)
            updated = updates.get(names[identifier], key) is not None
            if found is not None and found.version[0] == written and not updated:
                self._connection.execute(
                    "DELETE FROM replayed_key WHERE space = ? AND key = ?", (identifier, key)
                )
                self._remember((identifier, key), None)
        if expiring:
            self._connection.execute("DELETE FROM replayed_expiry WHERE block = ?", (block,))

    def move_to(self, height: int, commit_hash: bytes, claims: bool) -> None:
        """Keep where the verification is."""
        self._connection.execute(
            "INSERT OR REPLACE INTO replayed_position VALUES (1, ?, ?, ?)", (height, commit_hash, claims)
        )

    def _identifier(self, space: Space) -> int:
        identifier = self._spaces.get(space)
        if identifier is None:
            identifier = self._spaces[space] = len(self._spaces) + 1
            self._connection.execute(
                "INSERT INTO replayed_space (id, namespace, collection) VALUES (?, ?, ?)",
                (identifier, *space),
            )
        return identifier

    def _mark_metadata(self, space: Space) -> None:
        self._with_metadata.add(space)
        self._connection.execute(
            "UPDATE replayed_space SET metadata = 1 WHERE namespace = ? AND collection = ?", space
        )

    def _remember(self, place: tuple[int, bytes], state: KeyState | None) -> None:
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        self._cache[place] = state


def _after(space: Space, key: bytes, update: Update) -> KeyState | None:
    if update.value is None:
        return None
    content = update.value if space.collection else update.kept or hashlib.sha256(update.value).digest()
    return KeyState(key, content, update.version, update.metadata, update.valued)


def _key_state(row: tuple[bytes, bytes, int, int, bytes | None, int | None, int | None]) -> KeyState:
    key, content, block, place, metadata, value_block, value_place = row
    version = (block, place)
    valued = version if value_block is None or value_place is None else (value_block, value_place)
    return KeyState(key, content, version, metadata or b"", valued)


def _row(state: KeyState) -> tuple[object, ...]:
    valued = (None, None) if state.valued == state.version else state.valued
    return (*state.version, state.hash, *valued, state.metadata or None)


def _id(transaction_id: str) -> bytes:
    """A transaction's id as it is kept: 32 bytes for the usual hexadecimal, which saves half the room."""
    if len(transaction_id) == 64:
        try:
            content = bytes.fromhex(transaction_id)
        except ValueError:
            pass
        else:
            if content.hex() == transaction_id:
                return content
    return b"\0" + transaction_id.encode()
