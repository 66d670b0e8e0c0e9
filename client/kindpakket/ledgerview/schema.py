"""The tables of a view in the database, made from their layout."""

from __future__ import annotations

from typing import Any

from kindpakket.extras import extra
from kindpakket.ledgerview.columns import Column as Described
from kindpakket.ledgerview.layout import TABLES, TableLayout

with extra("view"):
    from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table, Text
    from sqlalchemy.types import TypeEngine

metadata = MetaData()
SETTINGS = Table(
    "view_settings",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the view knows of itself: channel, chaincode, layout, and names of its tables."""

RECORDS = Table(
    "records",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("table_name", String(32), nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("record", Text, nullable=False),
)
"""The records that are on the ledger now, with the place of their current rows."""

_TYPES: dict[str, TypeEngine[Any]] = {
    "text": Text(),
    "json": Text(),
    "day": String(10),
    "flag": Boolean(),
    "cents": BigInteger(),
    "number": BigInteger(),
    "instant": BigInteger(),
}
_FOUND_BY = {"vouchers": "scheme", "payments": "scheme", "items": "settlement", "settlements": "scheme"}


def _column(described: Described, is_key: bool) -> Column[Any]:
    return Column(described.name, _TYPES[described.kind], primary_key=is_key, autoincrement=False)


def _table(layout: TableLayout) -> Table:
    columns = [_column(column, place < layout.keys) for place, column in enumerate(layout.columns)]
    table = Table(layout.name, metadata, *columns)
    if layout.kind == "things":
        Index(f"{layout.name}_until", table.c.until_block)
        if "id" in table.c:
            Index(f"{layout.name}_id", table.c.id)
        if column := _FOUND_BY.get(layout.name):
            Index(f"{layout.name}_{column}", table.c[column])
    if layout.name == "requests":
        Index("requests_transaction", table.c.transaction_id)
    return table


SQL = {layout.name: _table(layout) for layout in TABLES}
"""The tables of the layout, by name."""
