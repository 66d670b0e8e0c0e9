"""Issues what has been approved, part by part; interrupted at any moment, it goes on when it is run again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from fabric_gateway import EndorseError
from kindpakket.backoffice.batches.progress import Counted, silent
from kindpakket.backoffice.batches.stock import Allocated, Clock, outline_of, take_stock
from kindpakket.backoffice.register import Register
from kindpakket.ledger.lists import ListPart
from kindpakket.ledger.records import Issuance, Recorded
from kindpakket.ledger.refusals import CaseRecordMissing, IdempotencyConflict, Refusal
from kindpakket.municipality import Municipality

AT_ONCE = 2
"""How many requests that record cases are on their way at once. More do not help: the parts of a scheme are
issued one after another, since each changes the scheme's budget, and that takes longer (measured by
tests/bench/intake.py)."""
_PATIENCE = 60.0
"""Seconds for which peers that are a block behind are waited for."""
_PAUSES = (0.02, 1.0)
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Issued:
    """What was issued in a run.

    Attributes:
        vouchers: how many vouchers.
        cents: their sum.
        waiting: bulks in allocations that another person has to approve.
        over: bulks in allocations that were rejected or withdrawn, or have expired before all was issued.
    """

    vouchers: int = 0
    cents: int = 0
    waiting: list[Allocated] = field(default_factory=list)
    over: list[Allocated] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a list on its way: its cases are being recorded."""

    bulk: str
    part: ListPart[Issuance]
    recorded: Future[Recorded]


def issue_approved(
    municipality: Municipality,
    register: Register,
    scheme: str,
    *,
    bulks: Sequence[str] | None = None,
    at_once: int = AT_ONCE,
    counted: Counted = silent,
    clock: Clock = time.time,
) -> Issued:
    """Record the cases of what has been approved, and issue its vouchers.

    Each part is issued under its own request id, so nothing is issued twice, and what was interrupted is
    found again. Some hundreds of children are in memory at a time.

    Args:
        municipality: acts as an issuer.
        register: the register.
        scheme: id of the scheme.
        bulks: the bulks that may be issued; default: all of the scheme.
        at_once: how many requests that record cases may be on their way at once.
        counted: shows how many vouchers have been issued.
        clock: gives the time in Unix seconds.

    Raises:
        AllocationExpired, AllocationState: an allocation ended meanwhile; what is not issued stays so.
        UnknownOutcome: it is not known whether a part was issued: run it again, which makes it certain.
    """
    stock = take_stock(municipality, register, scheme, bulks, clock=clock)
    issued = Issued(waiting=stock.waiting, over=stock.over)
    total = sum(bulk.vouchers for each in stock.approved for bulk in each.bulks)
    if not total:
        return issued
    with (
        ThreadPoolExecutor(at_once, thread_name_prefix="record-cases") as pool,
        counted(total, "Issuing") as progress,
    ):
        try:
            for each in stock.approved:
                for vouchers, cents in _draw(municipality, register, each, pool, at_once):
                    issued.vouchers += vouchers
                    issued.cents += cents
                    if progress is not None:
                        progress(vouchers)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return issued


def _draw(
    municipality: Municipality,
    register: Register,
    allocated: Allocated,
    pool: ThreadPoolExecutor,
    at_once: int,
) -> Iterator[tuple[int, int]]:
    """Issue the bulks of an allocation; yields the vouchers and cents of each."""
    allocation = allocated.allocation
    scheme = allocation["scheme"]
    proposal = register.proposal(allocation["id"])
    numbers = {bulk: number for number, bulk in enumerate(proposal.bulks)}
    outline = outline_of(register, proposal)
    register.log_issuing([bulk.id for bulk in allocated.bulks])

    def prepared() -> Iterator[_Part]:
        for bulk in allocated.bulks:
            entries = register.bulk_to_issue(bulk.id).entries
            cases = [entry.case_record() for entry in entries]
            part = outline.part(numbers[bulk.id], [entry.issuance() for entry in entries])
            recorded = pool.submit(
                _patiently, lambda cases=cases: municipality.vouchers.record_cases(scheme, cases)
            )
            yield _Part(bulk.id, part, recorded)

    source = prepared()
    under_way = deque(islice(source, at_once))
    while under_way:
        first = under_way.popleft()
        first.recorded.result()
        under_way.extend(islice(source, 1))
        cents = _issue(municipality, scheme, allocation["id"], first)
        register.mark_issued([first.bulk], {} if cents is None else {first.bulk: cents})
        yield len(first.part.lines), cents or 0


def _issue(municipality: Municipality, scheme: str, allocation: str, part: _Part) -> int | None:
    """Issue a part; its cents, None if it had been issued under an earlier allocation."""
    try:
        return _patiently(
            lambda: municipality.vouchers.issue(scheme, allocation, part.part, request_id=part.bulk)
        )["issued_cents"]
    except IdempotencyConflict:
        if municipality.requests.show(part.bulk)["operation"] != "voucher:Issue":
            raise
        return None


def _patiently(call: Callable[[], _Answer]) -> _Answer:
    """Make a call, again while peers do not have the same blocks yet."""
    end = time.monotonic() + _PATIENCE
    pause, longest = _PAUSES
    while True:
        try:
            return call()
        except (Refusal, EndorseError) as error:
            if not _peers_differ(error) or time.monotonic() >= end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, longest)


def _peers_differ(error: Exception) -> bool:
    cause = error if isinstance(error, EndorseError) else error.__cause__
    return isinstance(error, CaseRecordMissing) or (isinstance(cause, EndorseError) and cause.peers_differ())
