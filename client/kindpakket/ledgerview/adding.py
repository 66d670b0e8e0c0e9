"""Adds blocks to a view: by one process at a time, and only blocks that follow one another and are intact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from fabric_gateway._storage.locks import LockFile
from fabric_gateway.blocks import Block
from kindpakket.auditor.chain import Chain
from kindpakket.extras import extra
from kindpakket.ledgerview import store
from kindpakket.ledgerview.engine import Address
from kindpakket.ledgerview.errors import LedgerMismatch, ViewError
from kindpakket.ledgerview.moment import moment

with extra("view"):
    from sqlalchemy import Connection, Engine, text

_LOCK = 0x6B696E64
"""The number of the lock in PostgreSQL, which has locks for each database."""
_HOLDER = 1


class Connecting(Protocol):
    """Gives a connection for one transaction, which is committed at the end."""

    def __call__(self, *, writes: bool = False) -> AbstractContextManager[Connection]:
        """A connection whose transaction may write."""


class Adding:
    """Adds blocks to a view.

    Attributes:
        place: where the view is, for messages.
        height: number of blocks it has.
        head: header hash of the last block; b"" before the first.
    """

    def __init__(self, connecting: Connecting, channel: str, chaincode: str, place: str) -> None:
        """Go on after the last block of a view."""
        self.place = place
        self.height, self.head = 0, b""
        self._connecting = connecting
        self._chaincode = chaincode
        with connecting() as connection:
            if height := store.height(connection):
                last = moment(connection, channel, height, None)
                self.height, self.head = height, bytes.fromhex(last.hash)

    def add(self, blocks: Sequence[Block]) -> None:
        """Add the next blocks: all of them and the position after them, or nothing.

        Raises:
            LedgerMismatch: a block does not follow the one before, or its data is not what its header says.
            ViewError: another process has added blocks.
        """
        chain = Chain()
        chain.height, chain.head = self.height, self.head
        for block in blocks:
            chain.add(block)
        if chain.flaws:
            raise LedgerMismatch(
                f"{chain.flaws[0]}, so the view {self.place} was left as it was: the peer's ledger is "
                "damaged or not the one that the view was made of"
            )
        with self._connecting(writes=True) as connection:
            if store.height(connection) != self.height:
                raise ViewError(f"another process has added blocks to the view {self.place}: run this again")
            store.append(connection, blocks, self._chaincode)
        self.height, self.head = chain.height, chain.head


def within(connection: Connection) -> Connecting:
    """Connections that are all one, in whose transaction everything happens."""

    @contextmanager
    def same(*, writes: bool = False) -> Iterator[Connection]:
        yield connection

    return same


@contextmanager
def alone(address: Address, engine: Engine) -> Iterator[None]:
    """Be the one process that adds blocks; the lock is gone when the process is.

    Raises:
        ViewError: another process is.
    """
    if address.path is not None:
        lock = LockFile(address.path.with_name(f"{address.path.name}.lock"))
        try:
            _refuse_unless(lock.take(_HOLDER), address)
            yield
        finally:
            lock.close()
        return
    with engine.connect() as connection:
        taken = connection.execute(text(f"SELECT pg_try_advisory_lock({_LOCK})")).scalar_one()
        connection.commit()
        _refuse_unless(taken, address)
        try:
            yield
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
            connection.commit()


def _refuse_unless(taken: bool, address: Address) -> None:
    if not taken:
        raise ViewError(f"another process adds blocks to the view {address}")
