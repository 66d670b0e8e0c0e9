"""Files of children that were compared with the register: what each line means, and what became of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.persons import STREAMED
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchLineRow, BatchRow, BulkRow, EntryRow

OUTCOMES = ("new", "unchanged", "changed", "gone", "refused", "issued")
COMPARED, ENROLLED = "compared", "enrolled"


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of children for a scheme and period, and what it means for the register.

    Attributes:
        id: id of the batch.
        scheme: id of the scheme.
        period: the period.
        sha256: of the file, in hexadecimal; "" if none was given.
        state: `compared`, or `enrolled` once its new children are in the register.
        made_at: when it was compared, in Unix seconds.
        vouchers: how many vouchers of the file's children the register does not know to be issued.
        cents: what these cost; 0 if no cost was given.
        counts: rows by outcome. `new`: not enrolled before this batch. `unchanged`: enrolled, and not known
            to be issued. `changed`: names, birth date, household or case differ, or preset or units do from
            those of a voucher that has been issued. `gone`: enrolled for scheme and period, and not in the
            file. `refused`: waits to be issued with another preset or number of units, or twice in the file.
            `issued`: enrolled, unchanged and issued.
    """

    id: str
    scheme: str
    period: str
    sha256: str
    state: str
    made_at: int
    vouchers: int
    cents: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What one line of the file means.

    Attributes:
        number: its number in the file, from 1; None: an entry that the file lacks.
        entitlement: id of the entitlement.
        outcome: one of `OUTCOMES`.
        detail: the columns that changed, or why it is refused; without personal values.
        voucher: id of the voucher; "": there is none.
    """

    number: int | None
    entitlement: str
    outcome: str
    detail: str
    voucher: str = ""


@dataclass(frozen=True, slots=True)
class ChangedTerms:
    """A child for whom a file gives something else than its voucher was issued for.

    Attributes:
        number: the line's number in the file, from 1.
        voucher: the voucher that was issued.
        preset: with this preset.
        units: and so many units of it.
        file_preset: the preset in the file.
        file_units: the units in the file.
    """

    number: int
    voucher: str
    preset: str
    units: int
    file_preset: str
    file_units: int


def batches(store: Store, scheme: str | None = None) -> list[Batch]:
    """All batches, oldest first, or those of a scheme."""
    found = select(BatchRow).order_by(BatchRow.number)
    if scheme is not None:
        found = found.where(BatchRow.scheme == scheme)
    with store.reading() as connection:
        return [_read(connection, row) for row in connection.execute(found).all()]


def batch(store: Store, identifier: str) -> Batch | None:
    """A batch by its id; None: there is none."""
    with store.reading() as connection:
        row = connection.execute(select(BatchRow).where(BatchRow.id == identifier)).one_or_none()
        return None if row is None else _read(connection, row)


def enrolled_before(store: Store, new: Batch) -> Batch | None:
    """The newest earlier batch of the same file, scheme and period that was enrolled to its end."""
    same = (
        select(BatchRow)
        .where(BatchRow.scheme == new.scheme, BatchRow.period == new.period, BatchRow.state == ENROLLED)
        .where(BatchRow.sha256 == new.sha256, BatchRow.sha256 != "", BatchRow.id != new.id)
        .order_by(BatchRow.number.desc())
        .limit(1)
    )
    with store.reading() as connection:
        row = connection.execute(same).one_or_none()
        return None if row is None else _read(connection, row)


def repeats(store: Store, new: Batch, earlier: Batch) -> bool:
    """Whether a batch of the same file says nothing that the earlier one did not say."""
    before = aliased(BatchLineRow)
    said = exists().where(
        before.batch == earlier.id,
        before.entitlement == BatchLineRow.entitlement,
        before.outcome == BatchLineRow.outcome,
        before.detail == BatchLineRow.detail,
        before.preset.is_not_distinct_from(BatchLineRow.preset),
        before.units.is_not_distinct_from(BatchLineRow.units),
    )
    news = (
        select(BatchLineRow.id)
        .where(BatchLineRow.batch == new.id, BatchLineRow.outcome.in_(("new", "changed", "gone")))
        .where((BatchLineRow.outcome == "new") | ~said)
        .limit(1)
    )
    with store.reading() as connection:
        return connection.execute(news).scalar() is None


def is_replaced(store: Store, batch: Batch) -> bool:
    """Whether nothing came of a batch, and a later file of the scheme and period was enrolled."""
    number = select(BatchRow.number).where(BatchRow.id == batch.id).scalar_subquery()
    later = select(BatchRow.id).where(
        BatchRow.scheme == batch.scheme,
        BatchRow.period == batch.period,
        BatchRow.state == ENROLLED,
        BatchRow.number > number,
    )
    own = select(BulkRow.id).where(BulkRow.batch == batch.id)
    with store.reading() as connection:
        if connection.execute(later.limit(1)).scalar() is None:
            return False
        is_empty = connection.execute(own.limit(1)).scalar() is None
    return batch.state != ENROLLED or (is_empty and batch.counts["new"] > 0)


def forget(store: Store, batch: Batch) -> None:
    """Forget a batch that changed nothing."""
    with store.writing() as connection:
        connection.execute(delete(BatchLineRow).where(BatchLineRow.batch == batch.id))
        enrolled = exists().where(BulkRow.batch == BatchRow.id)
        connection.execute(delete(BatchRow).where(BatchRow.id == batch.id, ~enrolled))


def issued_lines(store: Store, batch: Batch) -> int:
    """For how many lines of a batch's file the register knows that a voucher has been issued."""
    found = (
        select(func.count())
        .select_from(BatchLineRow)
        .join(EntryRow, _is_entry_of(batch.scheme))
        .join(BulkRow, EntryRow.bulk == BulkRow.id)
        .where(BatchLineRow.batch == batch.id, BatchLineRow.number.is_not(None))
        .where(BatchLineRow.outcome != "refused", BulkRow.issued_at.is_not(None))
    )
    with store.reading() as connection:
        return connection.execute(found).scalar_one()


def changed_terms(store: Store, batch: Batch) -> list[ChangedTerms]:
    """The children of a batch's file whose vouchers were issued with another preset or number of units."""
    found = (
        select(
            BatchLineRow.number,
            EntryRow.voucher,
            EntryRow.preset,
            EntryRow.units,
            BatchLineRow.preset.label("file_preset"),
            BatchLineRow.units.label("file_units"),
        )
        .join(EntryRow, _is_entry_of(batch.scheme))
        .where(BatchLineRow.batch == batch.id, BatchLineRow.preset.is_not(None))
        .order_by(BatchLineRow.id)
    )
    with store.reading() as connection:
        return [ChangedTerms(*cast("Any", row)) for row in connection.execute(found)]


def lines(store: Store, batch: str, outcome: str | None = None) -> Generator[BatchLine]:
    """The lines of a batch in the order of the file, then those that it lacks; or only of one outcome."""
    found = (
        select(
            BatchLineRow.number,
            BatchLineRow.entitlement,
            BatchLineRow.outcome,
            BatchLineRow.detail,
            EntryRow.voucher,
        )
        .join(BatchRow, BatchLineRow.batch == BatchRow.id)
        .join(EntryRow, _is_entry_of(BatchRow.scheme), isouter=True)
        .where(BatchLineRow.batch == batch)
        .order_by(BatchLineRow.id)
    )
    if outcome is not None:
        found = found.where(BatchLineRow.outcome == outcome)
    with store.reading() as connection, connection.execute(found, execution_options=STREAMED) as rows:
        for row in rows:
            yield BatchLine(row.number, row.entitlement, row.outcome, row.detail, row.voucher or "")


def refuse(store: Store, batch: Batch) -> RegisterError:
    """The error about a batch with refused lines."""
    refused = lines(store, batch.id, "refused")
    first = next(refused)
    refused.close()
    count = batch.counts["refused"]
    others = f", and {count - 1} more" if count > 1 else ""
    return RegisterError(
        f"row {first.number} of the file is refused: {first.detail}{others}; nothing was enrolled"
    )


def _is_entry_of(scheme: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether an entry of a scheme is the one that a line is about."""
    return and_(EntryRow.entitlement == BatchLineRow.entitlement, EntryRow.scheme == scheme)


def _read(connection: Connection, row: Row[Any]) -> Batch:
    return Batch(
        row.id,
        row.scheme,
        row.period,
        row.sha256,
        row.state,
        row.made_at,
        row.vouchers,
        row.cents,
        counted(connection, row.id),
    )


def counted(connection: Connection, batch: str) -> dict[str, int]:
    """The rows of a batch by outcome."""
    found = (
        select(BatchLineRow.outcome, func.count())
        .where(BatchLineRow.batch == batch)
        .group_by(BatchLineRow.outcome)
    )
    counted = {row[0]: row[1] for row in connection.execute(found)}
    return {outcome: counted.get(outcome, 0) for outcome in OUTCOMES}
