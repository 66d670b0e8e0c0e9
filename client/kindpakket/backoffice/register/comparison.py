"""Compares a file of children with the register, in one pass and with bounded memory: what would it change?

batch = register.compare(scheme, "2026", children, sha256=digest, cost=lambda child: 30000)
print(batch.counts)  # {"new": 120, "unchanged": 0, "changed": 3, "gone": 7, "refused": 0, "issued": 490}
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import Connection, delete, exists, func, insert, literal, null, select, update

from kindpakket.backoffice.citizens import Child, entitlement_id
from kindpakket.backoffice.register.entries import Known, known
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.log import now_ms
from kindpakket.backoffice.register.persons import CHUNK, STREAMED, entries_query, read_entry
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchLineRow, BatchRow, EntryRow
from kindpakket.ledger.ids import new_id

OUTCOMES = ("new", "unchanged", "changed", "gone", "refused", "issued")
COMPARED, ENROLLED = "compared", "enrolled"
Cost = Callable[[Child], int]
Progress = Callable[[int], object]
_PERSONAL = {
    "voornamen": "first_names",
    "achternaam": "family_name",
    "geboortedatum": "born",
    "huishouden": "household",
    "zaaknummer": "case",
}
"""Columns of the file whose values can differ from the register's without changing what is issued."""


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
            to be issued. `changed`: names, birth date, household or case differ. `gone`: enrolled for scheme
            and period, and not in the file. `refused`: enrolled with another preset or number of units, or
            twice in the file. `issued`: enrolled, unchanged and issued.
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
    """

    number: int | None
    entitlement: str
    outcome: str
    detail: str


def compare(
    store: Store,
    scheme: str,
    period: str,
    children: Iterable[Child],
    *,
    sha256: str = "",
    cost: Cost | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Compare children with the register and keep the result as a batch; nothing is enrolled.

    A batch of the same file that was not enrolled to its end is compared anew under its own id.
    """
    started = now_ms()
    with store.writing() as connection:
        batch = _begin(connection, scheme, period, sha256)
        _find_periods(connection, store, scheme, period)
        vouchers = cents = rows = 0
        for chunk in chunks(children):
            lines, waiting = _judge(connection, store, batch, chunk, rows)
            connection.execute(insert(BatchLineRow), lines)
            rows += len(chunk)
            vouchers += len(waiting)
            cents += sum(map(cost, waiting)) if cost else 0
            if progress:
                progress(len(chunk))
        _note_gone(connection, batch)
        totals = {"vouchers": vouchers, "cents": cents}
        connection.execute(update(BatchRow).where(BatchRow.id == batch.id).values(totals))
        store.log.write(
            connection,
            "batch.compare",
            store.purpose,
            scheme=scheme,
            persons=rows,
            started_ms=started,
        )
        return replace(batch, vouchers=vouchers, cents=cents, counts=_counts(connection, batch.id))


def batches(store: Store, scheme: str | None = None) -> list[Batch]:
    """All batches, oldest first, or those of a scheme."""
    with store.reading() as connection:
        found = select(BatchRow).order_by(BatchRow.number)
        if scheme is not None:
            found = found.where(BatchRow.scheme == scheme)
        return [
            Batch(
                row.id,
                row.scheme,
                row.period,
                row.sha256,
                row.state,
                row.made_at,
                row.vouchers,
                row.cents,
                _counts(connection, row.id),
            )
            for row in connection.execute(found).all()
        ]


def lines(store: Store, batch: str, outcome: str | None = None) -> Generator[BatchLine]:
    """The lines of a batch in the order of the file, then those that it lacks; or only of one outcome."""
    found = select(BatchLineRow).where(BatchLineRow.batch == batch).order_by(BatchLineRow.id)
    if outcome is not None:
        found = found.where(BatchLineRow.outcome == outcome)
    with store.reading() as connection, connection.execute(found, execution_options=STREAMED) as rows:
        for row in rows:
            yield BatchLine(row.number, row.entitlement, row.outcome, row.detail)


def chunks(children: Iterable[Child]) -> Iterator[list[Child]]:
    """Children, `CHUNK` at a time."""
    rest = iter(children)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def terms_differ(entry_child: Child, child: Child) -> str:
    """What of preset and units a file wants to change; "" if nothing."""
    old, new = (entry_child.units, entry_child.preset), (child.units, child.preset)
    if old == new:
        return ""
    return (
        f"was enrolled with {old[0]} of {old[1]}, but the file says {new[0]} of {new[1]}: "
        "an enrolment cannot change"
    )


def _begin(connection: Connection, scheme: str, period: str, sha256: str) -> Batch:
    """A batch without lines: a new one, or the unfinished one of the same file."""
    now = int(time.time())
    unfinished = select(BatchRow.id).where(
        BatchRow.scheme == scheme,
        BatchRow.period == period,
        BatchRow.sha256 == sha256,
        BatchRow.state == COMPARED,
    )
    identifier = connection.execute(unfinished).scalars().first()
    if identifier is None:
        identifier = new_id()
        values = {"id": identifier, "scheme": scheme, "period": period, "sha256": sha256}
        connection.execute(
            insert(BatchRow).values(**values, state=COMPARED, made_at=now, vouchers=0, cents=0)
        )
    else:
        connection.execute(delete(BatchLineRow).where(BatchLineRow.batch == identifier))
        connection.execute(update(BatchRow).where(BatchRow.id == identifier).values(made_at=now))
    return Batch(identifier, scheme, period, sha256, COMPARED, now, 0, 0, {})


def _judge(
    connection: Connection, store: Store, batch: Batch, chunk: list[Child], before: int
) -> tuple[list[dict[str, object]], list[Child]]:
    """The lines for children of the file, and those whose vouchers are not known to be issued."""
    ids = [entitlement_id(store.secret, batch.scheme, child.bsn, batch.period) for child in chunk]
    enrolled = known(connection, store, batch.scheme, ids)
    of_batch = select(BatchLineRow.entitlement).where(
        BatchLineRow.batch == batch.id, BatchLineRow.entitlement.in_(ids)
    )
    seen = set(connection.execute(of_batch).scalars())
    made: list[dict[str, object]] = []
    waiting: list[Child] = []
    for number, (entitlement, child) in enumerate(zip(ids, chunk, strict=True), before + 1):
        found = enrolled.get(entitlement)
        outcome, detail = _outcome(batch.id, found, child, entitlement in seen)
        seen.add(entitlement)
        made.append(
            {
                "batch": batch.id,
                "number": number,
                "entitlement": entitlement,
                "outcome": outcome,
                "detail": detail,
            }
        )
        if outcome not in ("issued", "refused") and not (found and found.is_issued):
            waiting.append(child)
    return made, waiting


def _outcome(batch: str, found: Known | None, child: Child, is_repeated: bool) -> tuple[str, str]:
    if is_repeated:
        return "refused", "the same child is in the file twice"
    if found is None:
        return "new", ""
    if difference := terms_differ(found.entry.child, child):
        return "refused", difference[:140]
    changed = [] if found.entry.is_erased else _changed(found.entry.child, child)
    if changed:
        return "changed", ", ".join(changed)
    if found.is_issued or found.entry.is_erased:
        return "issued", ""
    return ("new" if found.batch == batch else "unchanged"), ""


def _changed(old: Child, new: Child) -> list[str]:
    """The columns of the file in which a child differs."""
    return [column for column, name in _PERSONAL.items() if getattr(old, name) != getattr(new, name)]


def _note_gone(connection: Connection, batch: Batch) -> None:
    """Add a line for each entry of scheme and period that the file lacks."""
    in_file = exists().where(BatchLineRow.batch == batch.id, BatchLineRow.entitlement == EntryRow.entitlement)
    gone = (
        select(literal(batch.id), null(), EntryRow.entitlement, literal("gone"), literal(""))
        .where(EntryRow.scheme == batch.scheme, EntryRow.period == batch.period, ~in_file)
        .where(EntryRow.person.is_not(None))
        .order_by(EntryRow.number)
    )
    columns = ["batch", "number", "entitlement", "outcome", "detail"]
    connection.execute(insert(BatchLineRow).from_select(columns, gone))


def _find_periods(connection: Connection, store: Store, scheme: str, period: str) -> None:
    """Note the period of entries from before the register kept it, as far as it is this one."""
    unknown = (
        entries_query()
        .where(EntryRow.scheme == scheme, EntryRow.period.is_(None))
        .where(EntryRow.person.is_not(None))
        .order_by(EntryRow.voucher)
        .limit(CHUNK)
    )
    last = ""
    while rows := connection.execute(unknown.where(EntryRow.voucher > last)).all():
        for row in rows:
            bsn = read_entry(store, row).child.bsn
            if entitlement_id(store.secret, scheme, bsn, period) == row.entitlement:
                of_it = update(EntryRow).where(EntryRow.voucher == row.voucher)
                connection.execute(of_it.values(period=period))
        last = rows[-1].voucher


def _counts(connection: Connection, batch: str) -> dict[str, int]:
    found = (
        select(BatchLineRow.outcome, func.count())
        .where(BatchLineRow.batch == batch)
        .group_by(BatchLineRow.outcome)
    )
    counted = {row[0]: row[1] for row in connection.execute(found)}
    return {outcome: counted.get(outcome, 0) for outcome in OUTCOMES}


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
