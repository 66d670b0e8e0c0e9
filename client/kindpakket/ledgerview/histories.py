"""The versions of one thing: who did what to it, when and why, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledgerview.columns import Row
from kindpakket.ledgerview.errors import ViewError
from kindpakket.ledgerview.layout import THINGS, table
from kindpakket.ledgerview.moment import utc
from kindpakket.ledgerview.schema import SQL
from kindpakket.ledgerview.snapshot import Snapshot

with extra("view"):
    from sqlalchemy import and_, select


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a thing.

    Attributes:
        block: number of the block that wrote it.
        transaction_id: Fabric's id of the transaction.
        time: the transaction's time, in Unix seconds.
        operation: name of the transaction.
        msp: the organisation of who sent it.
        person: pseudonym of who sent it.
        reason: why; "" if the request says nothing.
        changed: the columns that differ from the version before, with their new values.
    """

    block: int
    transaction_id: str
    time: int
    operation: str
    msp: str
    person: str
    reason: str
    changed: Row

    def as_json(self) -> dict[str, Any]:
        """The members for programs."""
        return {
            "block": self.block,
            "transaction_id": self.transaction_id,
            "time": utc(self.time),
            "operation": self.operation,
            "who": f"{self.msp}/{self.person}",
            "reason": self.reason or None,
            "changed": self.changed,
        }


def history_of(snapshot: Snapshot, name: str, thing: str) -> Iterator[Version]:
    """The versions of a thing up to the snapshot's block, oldest first.

    Args:
        snapshot: the view.
        name: the table.
        thing: the thing's id; where the table has none, its scheme.

    Raises:
        ViewError: there is no such table, or it has no versions.
    """
    layout = table(name)
    if layout not in THINGS:
        raise ViewError(f"{name} has no versions: choose one of {', '.join(each.name for each in THINGS)}")
    sql, asked = SQL[name], SQL["requests"]
    place = ("block", "position", "item")
    same = and_(*(asked.c[name] == sql.c[name] for name in place))
    who = ("transaction_id", "operation", "msp", "person", "reason")
    chosen = (
        select(sql, *(asked.c[column].label(f"asked_{column}") for column in who))
        .select_from(sql.outerjoin(asked, same))
        .where(sql.c["id" if "id" in sql.c else "scheme"] == thing, snapshot.within(layout, history=True))
        .order_by(*sql.primary_key.columns)
    )
    before: dict[str, Row] = {}
    for row in snapshot.connection.execute(chosen).mappings():
        kept = {column.name: row[column.name] for column in layout.own}
        # A netting has one id in two schemes.
        earlier = before.get(str(kept.get("scheme")), {})
        before[str(kept.get("scheme"))] = kept
        said = {column: row[f"asked_{column}"] or "" for column in who}
        changed = {column: value for column, value in kept.items() if value != earlier.get(column)}
        yield Version(block=row["block"], time=row["since"], changed=changed, **said)
