"""What the ledger knows of bulks that the register does not know to be issued."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.batches.commitment import commit_to
from kindpakket.backoffice.register import OpenBulk, Proposal, Register
from kindpakket.ledger.lists import ListOutline
from kindpakket.ledger.records import Allocation, Issuance
from kindpakket.ledger.refusals import AllocationNotFound, Refusal
from kindpakket.municipality import Municipality

_ENDED = ("rejected", "withdrawn")
Clock = Callable[[], float]
"""Gives the time in Unix seconds."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """Bulks that have not been issued, with their newest allocation."""

    allocation: Allocation
    bulks: tuple[OpenBulk, ...]


@dataclass(slots=True)
class Stock:
    """Bulks that have not been issued, by what became of them.

    Attributes:
        free: in no allocation so far.
        waiting: in one that another person has to approve.
        approved: in one that may be drawn on.
        over: in one that was rejected or withdrawn, or has expired.
    """

    free: list[OpenBulk] = field(default_factory=list)
    waiting: list[Allocated] = field(default_factory=list)
    approved: list[Allocated] = field(default_factory=list)
    over: list[Allocated] = field(default_factory=list)

    @property
    def bulks(self) -> list[OpenBulk]:
        """All of them."""
        allocated = [*self.waiting, *self.approved, *self.over]
        return [*self.free, *(bulk for each in allocated for bulk in each.bulks)]


def take_stock(
    municipality: Municipality,
    register: Register,
    scheme: str,
    bulks: Sequence[str] | None = None,
    *,
    mend: bool = True,
    clock: Clock = time.time,
) -> Stock:
    """Learn from the ledger what has been issued, and what became of the allocations of the rest.

    The register learns it as well.

    Args:
        municipality: acts as an issuer, or as anybody if nothing is mended.
        register: the register.
        scheme: id of the scheme.
        bulks: the bulks that matter; default: all of the scheme.
        mend: propose now what the register has kept to be proposed and is not on the ledger, because a run
            was interrupted in between; otherwise it counts as free.
        clock: gives the time in Unix seconds.
    """
    stock = Stock()
    of_proposals: dict[str, list[OpenBulk]] = {}
    for bulk in register.open_bulks(scheme):
        if bulk.proposal is not None:
            of_proposals.setdefault(bulk.proposal, []).append(bulk)
        elif bulk.batch is not None or _state(municipality, bulk.id) != "committed":
            stock.free.append(bulk)
        else:
            register.mark_issued([bulk.id])
    for identifier, found in of_proposals.items():
        proposal = register.proposal(identifier)
        allocation = find(municipality, proposal)
        if allocation is None and mend and not proposal.is_over and proposal.expires_at > clock():
            allocation = propose(municipality, register, proposal, outline_of(register, proposal))
        if allocation is None:
            if mend:
                register.note_over(identifier)
            stock.free += found
            continue
        over = is_over(allocation, clock())
        if over:
            register.note_over(identifier)
        left = _not_issued(municipality, register, allocation, found, may_be_void=over)
        if left:
            _place(stock, allocation, over).append(Allocated(allocation, tuple(left)))
    return stock if bulks is None else _among(stock, set(bulks))


def is_over(allocation: Allocation, now: float) -> bool:
    """Whether nothing more can come of an allocation: it was rejected or withdrawn, or has expired unused."""
    expired = now >= allocation["expires_at"] and allocation["state"] != "used"
    return allocation["state"] in _ENDED or expired


def was_approved(allocation: Allocation) -> bool:
    """Whether an allocation could be drawn on at some time, so that requests may be on their way."""
    return allocation["state"] in ("approved", "withdrawn", "used")


def find(municipality: Municipality, proposal: Proposal) -> Allocation | None:
    """An allocation of the register as the ledger has it; None: it was never proposed."""
    try:
        return municipality.allocations.show(proposal.scheme, proposal.id)
    except AllocationNotFound:
        return None


def outline_of(register: Register, proposal: Proposal) -> ListOutline[Issuance]:
    """The list of an allocation, without its lines."""
    return ListOutline(register.issuances(bulk) for bulk in proposal.bulks)


def propose(
    municipality: Municipality, register: Register, proposal: Proposal, outline: ListOutline[Issuance]
) -> Allocation:
    """Propose an allocation that the register has kept; doing so again changes nothing.

    Raises:
        Refusal: the ledger refuses it, as when the budget has too little left; its bulks are free again.
    """
    try:
        return municipality.allocations.propose(
            proposal.scheme,
            "issue",
            outline,
            proposal.cents,
            proposal.expires_at,
            proposal.reason,
            file_commitment=commit_to(register.secret, proposal.file_sha256).digest
            if proposal.file_sha256
            else "",
            request_id=proposal.id,
        )
    except Refusal:
        register.note_over(proposal.id)
        raise


def _not_issued(
    municipality: Municipality,
    register: Register,
    allocation: Allocation,
    bulks: Sequence[OpenBulk],
    *,
    may_be_void: bool,
) -> list[OpenBulk]:
    """Those bulks of an allocation that are not on the ledger; the register learns of the others."""
    if not was_approved(allocation):
        return list(bulks)
    known = allocation["vouchers"] - sum(bulk.vouchers for bulk in bulks)
    if allocation["used_vouchers"] == known and not may_be_void:
        return list(bulks)  # nothing was issued that the register does not know of
    left: list[OpenBulk] = []
    for bulk in bulks:
        state = _state(municipality, bulk.id)
        if state == "committed":
            register.mark_issued([bulk.id])
        elif state == "void":  # a run that undid it was interrupted
            register.undo([bulk.id])
        else:
            left.append(bulk)
    return left


def _place(stock: Stock, allocation: Allocation, over: bool) -> list[Allocated]:
    if over:
        return stock.over
    return stock.waiting if allocation["state"] == "proposed" else stock.approved


def _among(stock: Stock, wanted: set[str]) -> Stock:
    def chosen(found: Sequence[Allocated]) -> list[Allocated]:
        kept = [
            Allocated(each.allocation, tuple(bulk for bulk in each.bulks if bulk.id in wanted))
            for each in found
        ]
        return [each for each in kept if each.bulks]

    return Stock(
        [bulk for bulk in stock.free if bulk.id in wanted],
        chosen(stock.waiting),
        chosen(stock.approved),
        chosen(stock.over),
    )


def _state(municipality: Municipality, bulk: str) -> str:
    return municipality.requests.show(bulk)["state"]
