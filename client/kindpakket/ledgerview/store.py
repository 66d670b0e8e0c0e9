"""What writes a view's tables: new rows, rows that ended, records as they are now, and the position."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from fabric_gateway.blocks import Block
from fabric_gateway.checkpoints.sql import SqlCheckpointer, checkpoints
from fabric_gateway.checkpoints.sql import metadata as position
from kindpakket.extras import extra
from kindpakket.ledgerview.changes import kind_of
from kindpakket.ledgerview.columns import canonical
from kindpakket.ledgerview.errors import ViewError
from kindpakket.ledgerview.folding import Current, Fold, Place
from kindpakket.ledgerview.layout import LAYOUT, OF_RECORDS
from kindpakket.ledgerview.prepared import Prepared
from kindpakket.ledgerview.schema import RECORDS, SETTINGS, SQL, metadata

with extra("view"):
    from sqlalchemy import Connection, MetaData, bindparam, delete, insert, inspect, select, update
    from sqlalchemy.dialects import postgresql, sqlite

READER = "kindpakket-view"
"""The name under which the view keeps its position among the readers of `fabric_checkpoints`."""
_AT_ONCE = 500
"""Keys asked for in one statement; SQLite takes 999 parameters at least."""
T = TypeVar("T")


def settings(connection: Connection) -> dict[str, str] | None:
    """What the view knows of itself; None if the database has no view.

    Raises:
        ViewError: the database has tables of something else.
    """
    found = set(inspect(connection).get_table_names())
    if SETTINGS.name not in found:
        if foreign := sorted(found & {*SQL, RECORDS.name}):
            raise ViewError(
                f"the database has a table {foreign[0]} that is not a view's: give the view its own one"
            )
        return None
    return {row.name: row.value for row in connection.execute(select(SETTINGS))}


def furnish(connection: Connection, channel: str, chaincode: str) -> None:
    """Make the tables of a new view."""
    metadata.create_all(connection)
    position.create_all(connection)
    made = {
        "channel": channel,
        "chaincode": chaincode,
        "layout": str(LAYOUT),
        "tables": " ".join(table.name for table in metadata.sorted_tables),
    }
    connection.execute(insert(SETTINGS), [{"name": name, "value": value} for name, value in made.items()])


def clear(connection: Connection, known: Mapping[str, str]) -> None:
    """Empty a view, of whatever layout: its tables are those of this layout afterwards.

    Tables of this layout keep who may read them, and views that others made of them.
    """
    if known["layout"] == str(LAYOUT):
        for table in (*metadata.sorted_tables, checkpoints):
            if table is not SETTINGS:
                connection.execute(table.delete())
        return
    old = MetaData()
    old.reflect(connection, only=known["tables"].split())
    old.drop_all(connection)
    connection.execute(delete(checkpoints))
    furnish(connection, known["channel"], known["chaincode"])


def height(connection: Connection) -> int:
    """Number of blocks that the view has read."""
    return SqlCheckpointer(connection, READER).block_number or 0


def append(connection: Connection, blocks: Sequence[Block], chaincode: str) -> None:
    """Add the next blocks, and the position after them. The caller commits.

    Raises:
        CheckpointError: another process has added blocks in the meantime.
    """
    prepared = [Prepared.of(block, chaincode) for block in blocks]
    keys = {key for each in prepared for key in each.keys}
    fold = Fold(chaincode, _current(connection, keys))
    for each in prepared:
        fold.add(each)
    for table, rows in fold.added.items():
        connection.execute(insert(SQL[table]), rows)
    _end(connection, fold.ended)
    _keep(connection, fold.current)
    SqlCheckpointer(connection, READER).checkpoint_block(blocks[-1].number)


def _current(connection: Connection, keys: Iterable[str]) -> dict[str, Current | None]:
    found: dict[str, Current | None] = {}
    for some in _batches(keys, _AT_ONCE):
        for row in connection.execute(select(RECORDS).where(RECORDS.c.key.in_(some))):
            place: Place = (row.block, row.position, row.line)
            found[row.key] = Current(json.loads(row.record), row.created_at, place)
    return found


def _end(connection: Connection, ended: Iterable[tuple[str, Place, int, int]]) -> None:
    by_table: dict[str, list[dict[str, int]]] = {}
    for table, (block, place, line), until_block, until_position in ended:
        by_table.setdefault(table, []).append(
            {"b": block, "p": place, "l": line, "until_block": until_block, "until_position": until_position}
        )
    for name, places in by_table.items():
        sql = SQL[name]
        at = (sql.c.block == bindparam("b"), sql.c.position == bindparam("p"), sql.c.line == bindparam("l"))
        values: dict[str, Any] = {column: bindparam(column) for column in ("until_block", "until_position")}
        connection.execute(update(sql).where(*at).values(values), places)


def _keep(connection: Connection, current: Mapping[str, Current | None]) -> None:
    """Keep the records as they are after the blocks."""
    gone = [{"gone": key} for key, known in current.items() if known is None]
    if gone:
        connection.execute(delete(RECORDS).where(RECORDS.c.key == bindparam("gone")), gone)
    rows = [_record(key, known) for key, known in current.items() if known and known.row is not None]
    if not rows:
        return
    upsert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(RECORDS)
    changed = {column.name: upsert.excluded[column.name] for column in RECORDS.c if not column.primary_key}
    connection.execute(upsert.on_conflict_do_update(index_elements=[RECORDS.c.key], set_=changed), rows)


def _record(key: str, known: Current) -> dict[str, Any]:
    block, place, line = known.place
    return {
        "key": key,
        "table_name": OF_RECORDS[kind_of(key)].name,
        "block": block,
        "position": place,
        "line": line,
        "created_at": known.created_at,
        "record": canonical(known.record),
    }


def _batches(items: Iterable[T], size: int) -> Iterator[Collection[T]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
