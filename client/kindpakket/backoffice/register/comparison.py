"""Compares a file of children with the register, in one pass and with bounded memory: what would it change?

batch = register.batches.compare(scheme, "2026", children, sha256=digest, cost=lambda child: 30000)
print(batch.counts)  # {"new": 120, "unchanged": 0, "changed": 3, "gone": 7, "refused": 0, "issued": 490}
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from sqlalchemy import Connection, delete, exists, insert, literal, null, select, update

from kindpakket.backoffice.citizens import Child, entitlement_id
from kindpakket.backoffice.register.batches import COMPARED, Batch, counted
from kindpakket.backoffice.register.entries import Known, known
from kindpakket.backoffice.register.log import now_ms
from kindpakket.backoffice.register.persons import CHUNK, entries_query, read_entry
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchLineRow, BatchRow, EntryRow
from kindpakket.ledger.ids import new_id

Cost = Callable[[Child], int]
Progress = Callable[[int], object]
_COLUMNS = {
    "voornamen": "first_names",
    "achternaam": "family_name",
    "geboortedatum": "born",
    "huishouden": "household",
    "zaaknummer": "case",
    "regeling_preset": "preset",
    "eenheden": "units",
}
"""Columns of the file whose values can differ from the register's, by what a child calls them."""


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
        return replace(batch, vouchers=vouchers, cents=cents, counts=counted(connection, batch.id))


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
        f"was enrolled with {old[0]} of {old[1]}, but the file says {new[0]} of {new[1]}: reject or withdraw "
        "its allocation first"
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
        terms = _new_terms(found, child) if outcome == "changed" else (None, None)
        seen.add(entitlement)
        made.append(
            {
                "batch": batch.id,
                "number": number,
                "entitlement": entitlement,
                "outcome": outcome,
                "detail": detail,
                "preset": terms[0],
                "units": terms[1],
            }
        )
        if outcome not in ("issued", "refused") and not (found and found.is_issued):
            waiting.append(child)
    return made, waiting


def _outcome(batch: str, found: Known | None, child: Child, is_repeated: bool) -> tuple[str, str]:
    if is_repeated:
        return "refused", "the same child is in the file twice"
    if found is None or found.entry.is_erased:
        return "new" if found is None else "issued", ""
    if not found.is_issued and (difference := terms_differ(found.entry.child, child)):
        return "refused", difference[:140]
    if changed := _changed(found.entry.child, child):
        return "changed", ", ".join(changed)
    if found.is_issued:
        return "issued", ""
    return ("new" if found.batch == batch else "unchanged"), ""


def _new_terms(found: Known | None, child: Child) -> tuple[str | None, int | None]:
    """Preset and units of the file, if they are not those of the voucher."""
    if found is None or not terms_differ(found.entry.child, child):
        return None, None
    return child.preset, child.units


def _changed(old: Child, new: Child) -> list[str]:
    """The columns of the file in which a child differs."""
    return [column for column, name in _COLUMNS.items() if getattr(old, name) != getattr(new, name)]


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
