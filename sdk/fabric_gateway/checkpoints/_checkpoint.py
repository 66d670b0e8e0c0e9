"""Where a reader of blocks or events has got to, so that the next run goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from fabric_gateway._storage.files import replace
from fabric_gateway._storage.locks import LockFile
from fabric_gateway.blocks._events import ChaincodeEvent
from fabric_gateway.errors import CheckpointError

_HOLDER = 1


class Checkpointer(Protocol):
    """Keeps the position of one reader. Call one of its methods after what was read has been dealt with.

    Attributes:
        block_number: the block to go on with; None: nothing was kept yet.
        transaction_id: the last transaction of that block that was dealt with; "": none of it.
    """

    @property
    def block_number(self) -> int | None:
        """The block to go on with; None: nothing was kept yet."""

    @property
    def transaction_id(self) -> str:
        """The last transaction of that block that was dealt with; "": none of it."""

    def checkpoint_block(self, block_number: int) -> None:
        """A whole block was dealt with: go on with the one after it."""

    def checkpoint_transaction(self, block_number: int, transaction_id: str) -> None:
        """A transaction was dealt with, and those before it in its block."""

    def checkpoint_event(self, event: ChaincodeEvent) -> None:
        """An event was dealt with, and those before it."""


@dataclass(frozen=True, slots=True)
class Position:
    """A block to go on with, and the last transaction of it that was dealt with."""

    block_number: int | None = None
    transaction_id: str = ""


class BaseCheckpointer:
    """The three ways to move a position, for checkpointers that know how to keep one."""

    def __init__(self, position: Position) -> None:
        self._position = position

    @property
    def block_number(self) -> int | None:
        """The block to go on with; None: nothing was kept yet."""
        return self._position.block_number

    @property
    def transaction_id(self) -> str:
        """The last transaction of that block that was dealt with; "": none of it."""
        return self._position.transaction_id

    def checkpoint_block(self, block_number: int) -> None:
        """A whole block was dealt with: go on with the one after it."""
        self._move(Position(block_number + 1))

    def checkpoint_transaction(self, block_number: int, transaction_id: str) -> None:
        """A transaction was dealt with, and those before it in its block."""
        self._move(Position(block_number, transaction_id))

    def checkpoint_event(self, event: ChaincodeEvent) -> None:
        """An event was dealt with, and those before it."""
        self.checkpoint_transaction(event.block_number, event.transaction_id)

    def _move(self, position: Position) -> None:
        self._keep(position)
        self._position = position

    def _keep(self, position: Position) -> None:
        """Keep a position beyond this object, if it is kept elsewhere."""


class MemoryCheckpointer(BaseCheckpointer):
    """A position that lasts as long as the object."""

    def __init__(self) -> None:
        super().__init__(Position())


class FileCheckpointer(BaseCheckpointer):
    """A position in a file of its own, which survives a crash at any instant.

    The file holds the position before or after a move, never anything else: the new one is written beside
    it, synced, renamed over it, and the folder synced, before the method returns. What was dealt with but
    not yet kept when the process died is read again: make it harmless twice, or keep the position with it
    in one database transaction (`fabric_gateway.checkpoints.sql.SqlCheckpointer`).

    The content is JSON: `{"blockNumber": 12, "transactionId": ""}`. Files of Fabric's SDKs for Go, Node and
    Java are read too, so a reader that is ported goes on where it stopped. One reader at a time may use the
    file, which `.lock` beside it makes sure. Use it in a `with` statement, or close it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or begin one.

        Raises:
            CheckpointError: it cannot be read, is in use, or holds no position.
        """
        self._path = Path(path)
        self._closed = False
        try:
            self._lock = LockFile(self._path.with_name(f"{self._path.name}.lock"))
        except OSError as error:
            raise self._error("opened", error) from error
        try:
            if not self._lock.take(_HOLDER):
                raise CheckpointError(f"checkpoint {self._path} is in use by another reader")
            super().__init__(self._read())
        except OSError as error:
            self._lock.close()
            raise self._error("opened", error) from error
        except BaseException:
            self._lock.close()
            raise

    def _read(self) -> Position:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return Position()
        position = _position(content)
        if position is None:
            raise CheckpointError(f"{self._path} is not a checkpoint: it begins with {content[:40]!r}")
        return position

    def _keep(self, position: Position) -> None:
        kept = {"blockNumber": position.block_number, "transactionId": position.transaction_id}
        if self._closed:
            raise CheckpointError(f"checkpoint {self._path} was closed")
        try:
            replace(self._path, json.dumps(kept).encode())
        except OSError as error:
            raise self._error("written", error) from error

    def _error(self, doing: str, error: OSError) -> CheckpointError:
        return CheckpointError(f"checkpoint {self._path} cannot be {doing}: {error.strerror}")

    def close(self) -> None:
        """Let another reader use the file."""
        self._closed = True
        self._lock.close()

    def __enter__(self) -> FileCheckpointer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _position(content: bytes) -> Position | None:
    """The position in a file, as this package and Fabric's SDKs for Go, Node and Java write it; or None.

    Node writes the number as text, and Node and Java leave out the transaction between blocks.
    """
    try:
        kept = json.loads(content)
        number, transaction = kept["blockNumber"], kept.get("transactionId", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number)
    if type(number) is not int or number < 0 or type(transaction) is not str:
        return None
    return Position(number, transaction)
