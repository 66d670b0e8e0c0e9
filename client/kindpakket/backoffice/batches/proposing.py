"""Proposes what a file of children changes: new ones are enrolled, and the ledger gets an allocation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from kindpakket.backoffice.batches.changes import Change, changes_of
from kindpakket.backoffice.batches.progress import Counted, silent
from kindpakket.backoffice.batches.reading import ReadFile
from kindpakket.backoffice.batches.stock import Allocated, Clock, Stock, propose, take_stock, was_approved
from kindpakket.backoffice.register import Batch, OpenBulk, Proposal, Register, RegisterError
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lists import ListOutline, cost
from kindpakket.ledger.records import Allocation, Issuance, Rules
from kindpakket.ledger.refusals import RequestCommitted
from kindpakket.municipality import Municipality

TERM_DAYS = 30
"""How long an allocation can be approved and drawn on, unless stated otherwise."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a file.

    Attributes:
        batch: the file's batch.
        is_repeated: whether the file has been here before, and changes nothing now.
        allocation: what was proposed now; None: nothing.
        waiting: its bulks in allocations that another person has to approve, the new one included.
        approved: its bulks that may be issued.
        over: its bulks in allocations that were rejected or withdrawn, or have expired.
        others: allocations for earlier files, of the same scheme and period, that are still to be approved or
            issued.
        undone: how many vouchers of earlier files, which came to nothing, were removed from the register.
        changes: children whose vouchers were issued for something else than the file now says.
    """

    batch: Batch
    is_repeated: bool
    allocation: Allocation | None
    waiting: tuple[Allocated, ...]
    approved: tuple[Allocated, ...]
    over: tuple[Allocated, ...]
    others: tuple[Allocated, ...]
    undone: int
    changes: tuple[Change, ...]


def propose_file(
    municipality: Municipality,
    register: Register,
    scheme: str,
    period: str,
    file: ReadFile,
    *,
    rules: Rules | None = None,
    reason: str = "intake",
    days: int = TERM_DAYS,
    again: bool = False,
    counted: Counted = silent,
    clock: Clock = time.time,
) -> Proposed:
    """Compare a file with the register, enrol the children who are new, and propose an allocation for them.

    The allocation carries a commitment to the file, the number of vouchers and their sum. Enrolments of
    earlier files for the same scheme and period for which no allocation is left are undone first, so that a
    file that was rejected can be corrected. Interrupted at any moment, it is run again with the same file.

    Args:
        municipality: acts as an issuer.
        register: the register.
        scheme: id of the scheme.
        period: the period in which a child gets one voucher.
        file: the file.
        rules: the scheme's newest rules; default: they are asked for.
        reason: why: a code.
        days: how long the allocation can be approved and drawn on.
        again: propose anew what an allocation of the same file was over for.
        counted: shows how far the register is.
        clock: gives the time in Unix seconds.

    Raises:
        RegisterError: a line of the file is refused, and nothing was enrolled or proposed; or another run
            deals with the same children.
        Refusal: the ledger refuses the allocation, as when the budget has too little left.
    """
    rules = municipality.schemes.show(scheme)["rules"] if rules is None else rules
    stock = take_stock(municipality, register, scheme, clock=clock)
    undone = _undo_others(municipality, register, period, stock, file.sha256)
    live = [*stock.waiting, *stock.approved]
    batch = _enrolled(register, scheme, period, file, rules, counted)
    changes = tuple(changes_of(municipality, register, batch, rules))
    earlier = register.batches.enrolled_before(batch)
    is_repeated = earlier is not None and register.batches.repeats(batch, earlier)
    if earlier is not None and is_repeated:
        register.batches.forget(batch)
        batch = earlier
    bulks = register.batches.bulk_ids_of(batch.id)
    stock = take_stock(municipality, register, scheme, bulks, clock=clock)
    wanted = [*stock.free, *(bulk for each in stock.over for bulk in each.bulks if again)]
    allocation = None
    if wanted:
        expires_at = int(clock()) + days * _DAY
        allocation = _propose(municipality, register, batch, wanted, rules, reason, expires_at)
        stock.waiting.append(Allocated(allocation, tuple(wanted)))
    over = () if again else tuple(stock.over)
    return Proposed(
        batch=batch,
        is_repeated=is_repeated,
        allocation=allocation,
        waiting=tuple(stock.waiting),
        approved=tuple(stock.approved),
        over=over,
        others=tuple(
            each for each in live if any(_is_of_another(bulk, file.sha256, period) for bulk in each.bulks)
        ),
        undone=undone,
        changes=changes,
    )


def _enrolled(
    register: Register, scheme: str, period: str, file: ReadFile, rules: Rules, counted: Counted
) -> Batch:
    with counted(file.count, "Comparing") as progress:
        batch = register.batches.compare(
            scheme,
            period,
            file.children(),
            sha256=file.sha256,
            cost=lambda child: cost(child.preset, child.units, rules),
            progress=progress,
        )
    with counted(file.count, "Enrolling") as progress:
        return register.batches.enrol(batch, file.children(), progress)


def _undo_others(
    municipality: Municipality, register: Register, period: str, stock: Stock, sha256: str
) -> int:
    """Undo what other files enrolled and nothing can come of; return of how many vouchers."""
    undone = 0
    for allocation, bulks in [(None, stock.free), *((each.allocation, each.bulks) for each in stock.over)]:
        for bulk in bulks:
            if not _is_of_another(bulk, sha256, period):
                continue
            if allocation is not None and was_approved(allocation) and not _is_void(municipality, bulk.id):
                register.mark_issued([bulk.id])
            else:
                undone += register.undo([bulk.id])
    return undone


def _is_of_another(bulk: OpenBulk, sha256: str, period: str) -> bool:
    """Whether another file of the period enrolled a bulk."""
    return bulk.batch is not None and bulk.sha256 != sha256 and bulk.period == period


def _is_void(municipality: Municipality, bulk: str) -> bool:
    """Make sure that a bulk is not issued any more: its request may still be on its way."""
    try:
        municipality.requests.void(bulk)
    except RequestCommitted:
        return False
    return True


def _propose(
    municipality: Municipality,
    register: Register,
    batch: Batch,
    bulks: list[OpenBulk],
    rules: Rules,
    reason: str,
    expires_at: int,
) -> Allocation:
    sums: list[int] = []

    def parts() -> Iterator[list[Issuance]]:
        for bulk in bulks:
            lines = register.issuances(bulk.id)
            try:
                sums.append(sum(cost(line["preset"], line["units"], rules) for line in lines))
            except ValueError as error:  # the rules changed after the children were enrolled
                raise RegisterError(str(error)) from error
            yield lines

    outline = ListOutline(parts())
    proposal = Proposal(
        new_id(),
        batch.scheme,
        sum(sums),
        expires_at,
        reason,
        tuple(bulk.id for bulk in bulks),
        batch.id,
        batch.sha256,
    )
    register.keep_proposal(proposal)
    return propose(municipality, register, proposal, outline)
