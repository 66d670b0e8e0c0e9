"""What a view shows as at one block; it stays the same while blocks are added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.layout import TableLayout
from kindpakket.ledgerview.moment import Moment
from kindpakket.ledgerview.schema import SQL

with extra("view"):
    from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, null, or_, select

_AT_ONCE = 2_000
"""Rows that are read from the database at a time."""
_UNTIL = ("until_block", "until_position")
_MEMBERS = [member.name for member in fields(Movement)]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A view as at one block.

    Attributes:
        moment: the block.
        connection: a transaction of the database that sees no later changes; for queries of one's own.
    """

    moment: Moment
    connection: Connection

    def columns(self, table: TableLayout, *, history: bool = False) -> tuple[Column, ...]:
        """The columns that `rows` gives: without history, not until when a row counts."""
        return tuple(column for column in table.columns if history or column.name not in _UNTIL)

    def rows(self, table: TableLayout, *, history: bool = False) -> Iterator[Sequence[Value]]:
        """The rows of a table, in the order of the ledger; read as they are needed.

        Args:
            table: the table.
            history: of things, all versions up to the block instead of those that were current then.
        """
        sql = SQL[table.name]
        chosen: list[ColumnElement[Any]] = [
            self._masked(table, column.name) for column in self.columns(table, history=history)
        ]
        statement = select(*chosen).order_by(*sql.primary_key.columns)
        yield from self._stream(statement.where(self.within(table, history=history)))

    def count(self, table: TableLayout, *, history: bool = False) -> int:
        """How many rows `rows` gives."""
        chosen = select(func.count()).select_from(SQL[table.name]).where(self.within(table, history=history))
        return int(self.connection.execute(chosen).scalar_one())

    def within(self, table: TableLayout, *, history: bool = False) -> ColumnElement[bool]:
        """The condition on rows of a table that they count as at the block."""
        sql = SQL[table.name]
        written = sql.c.block <= self.moment.block
        if table.kind == "journal" or history:
            return written
        return and_(written, or_(sql.c.until_block.is_(None), sql.c.until_block > self.moment.block))

    def movements(self) -> Iterator[Movement]:
        """The movements of money up to the block, in the order of the ledger."""
        sql = SQL["movements"]
        statement = select(*(sql.c[name] for name in _MEMBERS)).order_by(*sql.primary_key.columns)
        for row in self._stream(statement.where(sql.c.block <= self.moment.block)):
            yield Movement(*row)

    def _masked(self, table: TableLayout, name: str) -> ColumnElement[Any]:
        """A column; what replaced a row after the block is not known yet as at the block."""
        sql = SQL[table.name]
        if name not in _UNTIL:
            return sql.c[name]
        return case((sql.c.until_block <= self.moment.block, sql.c[name]), else_=null()).label(name)

    def _stream(self, statement: Select[Any]) -> Iterator[Any]:
        result = self.connection.execution_options(yield_per=_AT_ONCE).execute(statement)
        yield from result
