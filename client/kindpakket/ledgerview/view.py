"""The ledger view: what is on the ledger, as tables that can be asked in SQL.

    with LedgerView("view.db") as view, view.reading() as snapshot:
        print(snapshot.moment)
        for row in snapshot.rows(table("vouchers")): …

It is made of the blocks of the organisation's own peer (`kindpakket.ledgerview.following`), in an SQLite file
or a PostgreSQL database, and can be rebuilt from them at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kindpakket.extras import extra
from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview import store
from kindpakket.ledgerview.adding import Adding, alone, within
from kindpakket.ledgerview.columns import canonical
from kindpakket.ledgerview.engine import WRITES, Address
from kindpakket.ledgerview.errors import ViewError
from kindpakket.ledgerview.layout import LAYOUT, TABLES
from kindpakket.ledgerview.moment import Moment, moment
from kindpakket.ledgerview.snapshot import Snapshot

with extra("view"):
    from sqlalchemy import Connection, text
    from sqlalchemy.exc import DatabaseError, OperationalError


@dataclass(frozen=True, slots=True)
class Status:
    """How far a view is.

    Attributes:
        channel, chaincode: what it shows.
        layout: the layout of its tables.
        height: number of blocks it has read.
        moment: its last block; None: it has none.
        flaws: number of valid transactions whose money does not add up; there should be none.
        rows: number of rows by table, versions included.
    """

    channel: str
    chaincode: str
    layout: int
    height: int
    moment: Moment | None
    flaws: int
    rows: dict[str, int]


class LedgerView:
    """A view. One process at a time adds blocks to it; any number may read.

    Attributes:
        address: where it is.
        channel: the channel that it shows.
        chaincode: the chaincode that it shows.
        layout: the layout of its tables.
    """

    def __init__(self, where: Path | str, *, channel: str = "", chaincode: str = "") -> None:
        """Open a view.

        Args:
            where: an SQLite file, or the URL of a PostgreSQL database.
            channel: the channel; with `chaincode`, a view that does not exist is made.
            chaincode: the chaincode.

        Raises:
            ViewError: there is none, or it shows another channel, or it cannot be opened.
        """
        self.address = Address.parse(where)
        making = bool(channel and chaincode)
        if not making and self.address.path is not None and not self.address.path.is_file():
            raise ViewError(f"there is no view {self.address}: make one with kindpakket view follow --once")
        self.address.make_file()
        self._engine = self.address.engine()
        try:
            known = self._open(channel, chaincode) if making else self._known()
        except DatabaseError as error:
            self._engine.dispose()
            raise ViewError(f"{self.address} is not a view: {error.orig}") from None
        except BaseException:
            self._engine.dispose()
            raise
        self.channel, self.chaincode = known["channel"], known["chaincode"]
        self.layout = int(known["layout"])
        if making and (self.channel, self.chaincode) != (channel, chaincode):
            self._engine.dispose()
            raise ViewError(
                f"the view {self.address} is of chaincode {self.chaincode} on channel {self.channel}, not of "
                f"{chaincode} on {channel}: give another one"
            )

    @property
    def height(self) -> int:
        """Number of blocks that it has read."""
        with self._connection() as connection:
            return store.height(connection)

    def status(self) -> Status:
        """How far it is, and how many rows it has."""
        self._check_layout()
        with self._connection() as connection:
            height = store.height(connection)
            rows = {
                table.name: connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one()  # noqa: S608
                for table in TABLES
            }
            last = moment(connection, self.channel, height, None) if height else None
        return Status(self.channel, self.chaincode, self.layout, height, last, rows["flaws"], rows)

    @contextmanager
    def reading(self, as_at: int | date | None = None) -> Iterator[Snapshot]:
        """Read it as at a block, or the end of a day; default: its last block.

        Raises:
            ViewError: it has no such block, or has to be rebuilt.
        """
        self._check_layout()
        with self._connection() as connection:
            height = store.height(connection)
            yield Snapshot(moment(connection, self.channel, height, as_at), connection)

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        """The movements of money in the order of the ledger.

        Args:
            until_block: the last block; default: the view's last one.

        Raises:
            ViewError: it has no such block, or has to be rebuilt.
        """
        with self.reading(until_block) as snapshot:
            yield from snapshot.movements()

    def digest(self) -> str:
        """The hash over its tables: SHA-256 over its height, its head and every row, hexadecimal.

        The same blocks give the same hash, on SQLite and PostgreSQL, whenever and however they were read.
        """
        hashed = hashlib.sha256()
        with self.reading() as snapshot:
            hashed.update(canonical([LAYOUT, self.chaincode, snapshot.moment.as_json()]).encode())
            for table in TABLES:
                hashed.update(f"\n{table.name}".encode())
                for row in snapshot.rows(table, history=True):
                    hashed.update(b"\n" + canonical(list(row)).encode())
        return hashed.hexdigest()

    @contextmanager
    def adding(self) -> Iterator[Adding]:
        """Be the one who adds blocks.

        Raises:
            ViewError: another process does, or the view has to be rebuilt.
        """
        self._check_layout()
        with alone(self.address, self._engine):
            yield Adding(self._connection, self.channel, self.chaincode, str(self.address))

    @contextmanager
    def rebuilding(self) -> Iterator[Adding]:
        """Add all blocks anew, to tables of the present layout. Until the end, readers see what was there.

        All of it is one transaction: if anything fails, the view is as it was.

        Raises:
            ViewError: another process adds blocks.
        """
        with alone(self.address, self._engine), self._connection(writes=True) as connection:
            store.clear(connection, self._settings(connection))
            yield Adding(within(connection), self.channel, self.chaincode, str(self.address))
        self.layout = LAYOUT

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> LedgerView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _connection(self, *, writes: bool = False) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                bound = connection.execution_options(**{WRITES: writes})
                with bound.begin():
                    yield bound
        except OperationalError as error:
            raise ViewError(f"the view {self.address} cannot be used: {error.orig}") from None

    def _open(self, channel: str, chaincode: str) -> dict[str, str]:
        with self._connection() as connection:
            known = store.settings(connection)
        if known is not None:
            return known
        with self._connection(writes=True) as connection:
            known = store.settings(connection)
            if known is None:
                store.furnish(connection, channel, chaincode)
            return self._settings(connection)

    def _known(self) -> dict[str, str]:
        with self._connection() as connection:
            return self._settings(connection)

    def _settings(self, connection: Connection) -> dict[str, str]:
        known = store.settings(connection)
        if known is None:
            raise ViewError(
                f"there is no view in {self.address}: make one with kindpakket view follow --once"
            )
        return known

    def _check_layout(self) -> None:
        if self.layout != LAYOUT:
            raise ViewError(
                f"the view {self.address} has layout {self.layout}, and this version of kindpakket uses "
                f"{LAYOUT}: run kindpakket view rebuild"
            )
