"""Folds blocks into rows: what each valid transaction adds to the tables, and which rows it replaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fabric_gateway.blocks import BlockTransaction
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.ledger.days import day_of
from kindpakket.ledgerview.balances import unexplained
from kindpakket.ledgerview.changes import ITEM, Change, Record, kind_of, later
from kindpakket.ledgerview.columns import Row
from kindpakket.ledgerview.layout import OF_RECORDS
from kindpakket.ledgerview.payment_movements import Moved, given, paid, taken_back
from kindpakket.ledgerview.prepared import Prepared
from kindpakket.ledgerview.settlement_movements import budgeted, settled

Place = tuple[int, int, int]
"""Block, position and line of a row."""


@dataclass(slots=True)
class Current:
    """A record that is on the ledger now.

    Attributes:
        record: its members.
        created_at: when the thing was first written, in Unix seconds.
        place: where its row is.
        row: its row, if that is not in the database yet.
    """

    record: Record
    created_at: int
    place: Place
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Which request of a batch wrote what; a request that was sent alone wrote everything.

    Attributes:
        items: the number of each request that took effect.
        authors: the request that wrote each record last, by key; None if it is not a batch.
        order: the number of the request that made each payment, capture and refund, by the key of its record.
    """

    items: Mapping[str, int]
    authors: Mapping[str, str] | None
    order: Mapping[str, int]

    @classmethod
    def of(cls, asked: Iterable[CommittedRequest], authors: Mapping[str, str] | None) -> _Batch:
        """The batch that these requests are; one that existed before wrote nothing."""
        done = [each for each in asked if each.outcome == "done"]
        numbers = {str(each.request.get("request_id")): each.item or 0 for each in done}
        if authors is None:
            return cls(numbers, None, {})
        return cls(numbers, authors, {_made(each): each.item or 0 for each in done})

    def item_of(self, key: str) -> int:
        """The number of the request that wrote a record; 0 outside a batch."""
        return 0 if self.authors is None else self.items.get(self.authors.get(key, ""), 0)

    def wrote(self, row: Row, key: str) -> bool:
        """Whether the request of a row wrote a record."""
        return self.authors is None or (
            key in self.authors and self.item_of(key) == row["item"] and row["request"] in self.items
        )

    def written_by(self, item: int) -> int:
        """How many records a request of a batch wrote last."""
        return sum(self.items.get(author) == item for author in (self.authors or {}).values())


def _made(request: CommittedRequest) -> str:
    """The key of the record of the payment or refund that a request of a batch makes."""
    kind = "refund" if request.operation == "payment:Refund" else "payment"
    member = "payment" if request.operation == "payment:Capture" else "request_id"
    return f"{kind}/{request.request[member]}"


@dataclass(slots=True)
class Fold:
    """What a run of blocks adds to the tables.

    Attributes:
        chaincode: the chaincode whose records these are.
        current: the records that the blocks change, as they are before the next transaction; None: deleted.
        added: new rows by table, in the order of the ledger.
        ended: rows of the database that were replaced or deleted: their table, their place, and by which
            transaction.
    """

    chaincode: str
    current: dict[str, Current | None]
    added: dict[str, list[Row]] = field(default_factory=dict)
    ended: list[tuple[str, Place, int, int]] = field(default_factory=list)

    def add(self, prepared: Prepared) -> None:
        """Add the next block."""
        block, times = prepared.block, []
        for transaction in block.transactions:
            asked = prepared.requests.get(transaction.index, [])
            batch = _Batch.of(asked, prepared.authors.get(transaction.index))
            times += [request.at for request in asked]
            rows = [self._request(transaction, request, batch) for request in asked]
            if flaw := prepared.flaws.get(transaction.index):
                self._flaw(transaction, 0, flaw)
            if records := prepared.written.get(transaction.index):
                changes = self._transaction(transaction, records, batch)
                for row in rows:
                    row.update(_subjects(row, (change for change in changes if batch.wrote(row, change.key))))
        valid = sum(transaction.valid for transaction in block.transactions)
        self._append(
            "blocks",
            {
                "block": block.number,
                "header_hash": block.header_hash.hex(),
                "time": max(times, default=None),
                "transactions": len(block.transactions),
                "valid": valid,
                "invalid": len(block.transactions) - valid,
            },
        )

    def _transaction(
        self, transaction: BlockTransaction, records: Mapping[str, Record | None], batch: _Batch
    ) -> list[Change]:
        time = int(transaction.timestamp.timestamp()) if transaction.timestamp else 0
        day = day_of(time)
        changes: list[Change] = []
        lines: Counter[str] = Counter()
        for key, written_record in records.items():
            known, kind = self.current.get(key), kind_of(key)
            before = known.record if known else None
            after = written_record and later(kind, before, written_record, time, day)
            if kind == ITEM and before == after:
                continue  # where it is kept has changed, not what it is
            changes.append(Change(kind, key, before, after))
            table = OF_RECORDS[kind].name
            place = (transaction.block_number, transaction.index, lines[table])
            if known:
                self._end(table, known, place)
            if after is None:
                self.current[key] = None
                continue
            lines[table] += 1
            made = Current(after, known.created_at if known else time, place)
            made.row = self._append(table, _row(kind, made, time, batch.item_of(key)))
            self.current[key] = made
        moved, unreadable = _moved(changes, batch.order)
        for line, movement in enumerate(moved):
            self._append(
                "movements",
                {
                    "block": transaction.block_number,
                    "position": transaction.index,
                    "line": line,
                    "transaction_id": transaction.transaction_id,
                    "time": time,
                    **movement._asdict(),
                },
            )
        for line, flaw in enumerate(unreadable or unexplained(changes, moved), 1):
            self._flaw(transaction, line, flaw)
        return changes

    def _end(self, table: str, known: Current, by: Place) -> None:
        if known.row is None:
            self.ended.append((table, known.place, by[0], by[1]))
        else:
            known.row["until_block"], known.row["until_position"] = by[0], by[1]

    def _request(self, transaction: BlockTransaction, request: CommittedRequest, batch: _Batch) -> Row:
        asked = request.request
        spaces = [space for space in transaction.namespaces if space.namespace == self.chaincode]
        return self._append(
            "requests",
            {
                "block": transaction.block_number,
                "position": transaction.index,
                "item": request.item or 0,
                "transaction_id": transaction.transaction_id,
                "time": request.at,
                "operation": request.operation,
                "request": _text(asked.get("request_id")),
                "msp": request.mspid,
                "person": request.person or None,
                "role": request.role or None,
                "till": request.till or None,
                "reason": _text(asked.get("reason")),
                "scheme": _text(asked.get("scheme")),
                "shop": _text(asked.get("shop")) or request.shop or None,
                "voucher": _text(asked.get("voucher")),
                "writes": sum(len(space.writes) for space in spaces)
                if request.item is None
                else batch.written_by(request.item),
                "private_writes": sum(len(space.private_writes) for space in spaces),
            },
        )

    def _flaw(self, transaction: BlockTransaction, line: int, flaw: str) -> None:
        self._append(
            "flaws",
            {
                "block": transaction.block_number,
                "position": transaction.index,
                "line": line,
                "transaction_id": transaction.transaction_id,
                "flaw": flaw,
            },
        )

    def _append(self, table: str, row: Row) -> Row:
        self.added.setdefault(table, []).append(row)
        return row


def movements_of(changes: Iterable[Change], order: Mapping[str, int] | None = None) -> list[Moved]:
    """What a transaction moved, in the order in which it can be added up without a term below zero.

    Args:
        changes: what it changed.
        order: as of `payment_movements.paid`.
    """
    every = list(changes)
    return [*budgeted(every), *given(every), *paid(every, order), *taken_back(every), *settled(every)]


def _moved(changes: Iterable[Change], order: Mapping[str, int]) -> tuple[list[Moved], list[str]]:
    """What a transaction moved; or why that cannot be told, which must not stop the view."""
    try:
        return movements_of(changes, order), []
    except (KeyError, TypeError, AttributeError) as error:
        return [], [f"its movements of money cannot be read: {error!r}"]


def _row(kind: str, made: Current, time: int, item: int) -> Row:
    block, position, line = made.place
    return {
        "block": block,
        "position": position,
        "line": line,
        "until_block": None,
        "until_position": None,
        "item": item,
        "since": time,
        "created_at": made.created_at,
        **{column.name: column.of(made.record) for column in OF_RECORDS[kind].own},
    }


def _subjects(asked: Row, changes: Iterable[Change]) -> Row:
    """The scheme, shop and voucher that a request does not name, if it changed records of just one."""
    found: dict[str, set[str]] = {"scheme": set(), "shop": set(), "voucher": set()}
    for change in changes:
        record = change.after or change.before or {}
        if change.kind in found:
            found[change.kind].add(record["id"])
        if change.kind in ("budget", "day"):
            found["scheme"].add(record["id"])
        for name, ids in found.items():
            if isinstance(record.get(name), str):
                ids.add(record[name])
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1 and not asked.get(name)}


def _text(value: object) -> str | None:
    """A member of a request as the chaincode takes it: text, or not there."""
    return value if isinstance(value, str) and value else None
