"""The allocations that were proposed for bulks, or are about to be."""

from __future__ import annotations

from sqlalchemy import insert, select

from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.tables import PartRow, ProposalRow
from kindpakket.backoffice.register.values import Proposal


def keep(store: Store, proposal: Proposal) -> None:
    """Keep an allocation before it is proposed, so that it is proposed once."""
    parts = [
        {"proposal": proposal.id, "number": number, "bulk": bulk}
        for number, bulk in enumerate(proposal.bulks)
    ]
    with store.writing() as connection:
        connection.execute(
            insert(ProposalRow).values(
                id=proposal.id,
                scheme=proposal.scheme,
                cents=proposal.cents,
                expires_at=proposal.expires_at,
                reason=proposal.reason,
            )
        )
        connection.execute(insert(PartRow), parts)


def newest_of(store: Store, bulk: str) -> Proposal | None:
    """The newest allocation of a bulk; None if none has been proposed."""
    with store.reading() as connection:
        of_bulk = select(PartRow.proposal).where(PartRow.bulk == bulk)
        newest = select(ProposalRow).where(ProposalRow.id.in_(of_bulk)).order_by(ProposalRow.number.desc())
        row = connection.execute(newest.limit(1)).one_or_none()
        if row is None:
            return None
        parts = select(PartRow.bulk).where(PartRow.proposal == row.id).order_by(PartRow.number)
        bulks = tuple(connection.execute(parts).scalars())
        return Proposal(row.id, row.scheme, row.cents, row.expires_at, row.reason, bulks)
