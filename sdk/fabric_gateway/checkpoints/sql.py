"""A reader's position inside the application's own SQL transaction. Needs the extra `sql` (SQLAlchemy 2).

    metadata.create_all(engine)  # once; or let a migration tool make the table
    with engine.connect() as connection:
        start = SqlCheckpointer(connection, "books")
    for event in network.chaincode_events("basic", start_block=0, checkpoint=start):
        with engine.begin() as connection:
            connection.execute(insert(payments).values(…))
            SqlCheckpointer(connection, "books").checkpoint_event(event)

The rows and the position are there together or not at all.
"""

from __future__ import annotations

from fabric_gateway.checkpoints._checkpoint import BaseCheckpointer, Position
from fabric_gateway.errors import CheckpointError
from fabric_gateway.extras import extra

with extra("sql"):
    from sqlalchemy import (
        BigInteger,
        Column,
        Connection,
        MetaData,
        String,
        Table,
        insert,
        inspect,
        select,
        update,
    )
    from sqlalchemy.exc import IntegrityError

__all__ = ["SqlCheckpointer", "checkpoints", "metadata"]

metadata = MetaData()
"""What the database must have: the table `fabric_checkpoints`."""

checkpoints = Table(
    "fabric_checkpoints",
    metadata,
    Column("reader", String(200), primary_key=True),
    Column("block_number", BigInteger, nullable=False),
    Column("transaction_id", String(64), nullable=False),
)
"""One row for each reader."""


class SqlCheckpointer(BaseCheckpointer):
    """The position of one reader, kept in the database that it writes what it reads to.

    It writes within the transaction of the connection that it is given, and never commits: so the rows that
    the application makes of an event and the position after it are there together or not at all, and each
    event has its effect once. Make one for each transaction. With an ORM session give it
    `session.connection()`; with asyncio use `await connection.run_sync(…)`.
    """

    def __init__(self, connection: Connection, reader: str) -> None:
        """Read the position of a reader, by a name of the application's choice.

        Raises:
            CheckpointError: the database lacks the table.
        """
        if not inspect(connection).has_table(checkpoints.name):
            raise CheckpointError(
                f"the database has no table {checkpoints.name}: "
                "call fabric_gateway.checkpoints.sql.metadata.create_all(engine)"
            )
        self._connection = connection
        self._reader = reader
        columns = select(checkpoints.c.block_number, checkpoints.c.transaction_id)
        row = connection.execute(columns.where(checkpoints.c.reader == reader)).one_or_none()
        super().__init__(Position(*row) if row else Position())

    def _keep(self, position: Position) -> None:
        old, new = self._position, position
        values = {"block_number": new.block_number, "transaction_id": new.transaction_id}
        if old.block_number is not None and (new.block_number or 0) < old.block_number:
            raise CheckpointError(
                f"the position of reader {self._reader!r} is block {old.block_number}: block "
                f"{new.block_number} has already been processed: roll back"
            )
        try:
            if old.block_number is None:
                self._connection.execute(insert(checkpoints).values(reader=self._reader, **values))
                return
            changed = self._connection.execute(
                update(checkpoints)
                .where(
                    checkpoints.c.reader == self._reader,
                    checkpoints.c.block_number == old.block_number,
                    checkpoints.c.transaction_id == old.transaction_id,
                )
                .values(values)
            )
        except IntegrityError:
            moved = True
        else:
            moved = changed.rowcount != 1
        if moved:
            raise CheckpointError(
                f"another process has moved reader {self._reader!r} in the meantime: roll back, and give "
                "each process a reader name of its own"
            )
