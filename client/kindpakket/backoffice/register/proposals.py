"""The allocations that were proposed for bulks, or are about to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.persons import CHUNK
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import BatchRow, BulkRow, EntryRow, PartRow, ProposalRow
from kindpakket.backoffice.register.values import Proposal


@dataclass(frozen=True, slots=True)
class OpenBulk:
    """A bulk that the register does not know to be issued.

    Attributes:
        id: its request id.
        period: the period that its entries are for; None: not known.
        batch: the batch that enrolled it; None: it came without one.
        sha256: of that batch's file; "" without one.
        vouchers: how many entries it has.
        proposal: the newest allocation for it; None: none has been proposed.
    """

    id: str
    period: str | None
    batch: str | None
    sha256: str
    vouchers: int
    proposal: str | None


def keep(store: Store, proposal: Proposal) -> None:
    """Keep an allocation before it is proposed, so that it is proposed once.

    Raises:
        RegisterError: another run has proposed an allocation for a bulk, issued or undone it meanwhile.
    """
    parts = [
        {"proposal": proposal.id, "number": number, "bulk": bulk}
        for number, bulk in enumerate(proposal.bulks)
    ]
    with store.writing() as connection:
        free = _free(connection, proposal.bulks)
        if len(free) != len(proposal.bulks):
            raise RegisterError(
                f"another run has dealt with {len(proposal.bulks) - len(free)} of {len(proposal.bulks)} "
                "parts of the list meanwhile: run this again"
            )
        connection.execute(
            insert(ProposalRow).values(
                id=proposal.id,
                scheme=proposal.scheme,
                cents=proposal.cents,
                expires_at=proposal.expires_at,
                reason=proposal.reason,
                batch=proposal.batch or None,
                file_sha256=proposal.file_sha256 or None,
            )
        )
        connection.execute(insert(PartRow), parts)


def note_over(store: Store, proposal: str) -> None:
    """Let the register know that nothing more can come of an allocation."""
    with store.writing() as connection:
        of_it = update(ProposalRow).where(ProposalRow.id == proposal, ProposalRow.over_at.is_(None))
        connection.execute(of_it.values(over_at=int(time.time())))


def newest_of(store: Store, bulk: str) -> Proposal | None:
    """The newest allocation of a bulk; None if none has been proposed."""
    with store.reading() as connection:
        of_bulk = select(PartRow.proposal).where(PartRow.bulk == bulk)
        newest = select(ProposalRow.id).where(ProposalRow.id.in_(of_bulk)).order_by(ProposalRow.number.desc())
        identifier = connection.execute(newest.limit(1)).scalar()
        return None if identifier is None else _read(connection, identifier)


def read(store: Store, identifier: str) -> Proposal:
    """An allocation by its id.

    Raises:
        RegisterError: the register does not have it.
    """
    with store.reading() as connection:
        return _read(connection, identifier)


def of_batch(store: Store, batch: str) -> list[Proposal]:
    """The allocations for the file of a batch, oldest first."""
    with store.reading() as connection:
        of_bulks = select(PartRow.proposal).join(BulkRow, PartRow.bulk == BulkRow.id)
        found = (
            select(ProposalRow.id)
            .where((ProposalRow.batch == batch) | ProposalRow.id.in_(of_bulks.where(BulkRow.batch == batch)))
            .order_by(ProposalRow.number)
        )
        return [_read(connection, identifier) for identifier in connection.execute(found).scalars().all()]


def open_bulks(store: Store, scheme: str, bulks: Sequence[str] | None = None) -> list[OpenBulk]:
    """The bulks of a scheme that are not known to be issued, oldest first; or those among some."""
    with store.reading() as connection:
        newest = (
            select(PartRow.bulk, func.max(ProposalRow.number).label("number"))
            .join(ProposalRow, PartRow.proposal == ProposalRow.id)
            .group_by(PartRow.bulk)
            .subquery()
        )
        found = (
            select(BulkRow.id, BulkRow.batch, BatchRow.sha256, ProposalRow.id.label("proposal"))
            .join(BatchRow, BulkRow.batch == BatchRow.id, isouter=True)
            .join(newest, newest.c.bulk == BulkRow.id, isouter=True)
            .join(ProposalRow, ProposalRow.number == newest.c.number, isouter=True)
            .where(BulkRow.scheme == scheme, BulkRow.issued_at.is_(None))
            .order_by(BulkRow.number)
        )
        sizes = {
            row.bulk: (row.vouchers, row.period)
            for row in connection.execute(
                select(
                    EntryRow.bulk, func.count().label("vouchers"), func.min(EntryRow.period).label("period")
                )
                .join(BulkRow, EntryRow.bulk == BulkRow.id)
                .where(BulkRow.scheme == scheme, BulkRow.issued_at.is_(None))
                .group_by(EntryRow.bulk)
            )
        }
        wanted = None if bulks is None else set(bulks)
        return [
            OpenBulk(row.id, period, row.batch, row.sha256 or "", count, row.proposal)
            for row in connection.execute(found).all()
            if wanted is None or row.id in wanted
            for count, period in (sizes.get(row.id, (0, None)),)
        ]


def live_allocation(connection: Connection, bulk: str) -> str | None:
    """The allocation for a bulk of which something can still come, as far as the register knows."""
    found = (
        select(ProposalRow.id)
        .join(PartRow, PartRow.proposal == ProposalRow.id)
        .where(PartRow.bulk == bulk, ProposalRow.over_at.is_(None))
    )
    return connection.execute(found.limit(1)).scalar()


def _free(connection: Connection, bulks: Sequence[str]) -> set[str]:
    """Those of some bulks that are there, not known to be issued, and in no live allocation."""
    free: set[str] = set()
    for start in range(0, len(bulks), CHUNK):
        some = bulks[start : start + CHUNK]
        there = select(BulkRow.id).where(BulkRow.id.in_(some), BulkRow.issued_at.is_(None))
        live = (
            select(PartRow.bulk)
            .join(ProposalRow, PartRow.proposal == ProposalRow.id)
            .where(PartRow.bulk.in_(some), ProposalRow.over_at.is_(None))
        )
        free |= set(connection.execute(there).scalars()) - set(connection.execute(live).scalars())
    return free


def _read(connection: Connection, identifier: str) -> Proposal:
    row = connection.execute(select(ProposalRow).where(ProposalRow.id == identifier)).one_or_none()
    if row is None:
        raise RegisterError(f"the register has no allocation {identifier}")
    parts = select(PartRow.bulk).where(PartRow.proposal == row.id).order_by(PartRow.number)
    bulks = tuple(connection.execute(parts).scalars())
    return Proposal(
        row.id,
        row.scheme,
        row.cents,
        row.expires_at,
        row.reason,
        bulks,
        row.batch or "",
        row.file_sha256 or "",
        row.over_at is not None,
    )
