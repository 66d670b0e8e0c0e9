"""Issues what the register has enrolled: proposes an allocation once, and issues when it has been approved.

    progress = issue_enrolled(municipality, register, scheme, register.enrol(scheme, period, children))
    if progress.waiting:
        ...  # an approver calls municipality.allocations.approve; then the same again

Safe to repeat: the register keeps the allocation of each bulk, and a bulk is issued under its own request id.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.register import Bulk, Proposal, Register
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Allocation, Issuance, Moved, TopUp
from kindpakket.ledger.refusals import AllocationNotFound
from kindpakket.municipality import Municipality

TERM_DAYS = 30
"""How long an allocation can be approved and drawn on, unless stated otherwise."""
_DAY = 86_400
_OVER = ("rejected", "withdrawn")


@dataclass(slots=True)
class Progress:
    """How far issuing has come.

    Attributes:
        vouchers: how many of the vouchers are on the ledger.
        issued_cents: their sum.
        waiting: allocations that an approver has to decide on.
        over: allocations that were rejected, withdrawn, or have expired before all of them was issued.
    """

    vouchers: int = 0
    issued_cents: int = 0
    waiting: list[Allocation] = field(default_factory=list)
    over: list[Allocation] = field(default_factory=list)


def issue_enrolled(
    municipality: Municipality,
    register: Register,
    scheme: str,
    bulks: Iterable[Bulk],
    *,
    reason: str = "intake",
    days: int = TERM_DAYS,
    again: bool = False,
    clock: Callable[[], float] = time.time,
) -> Progress:
    """Record the cases of bulks, have them approved, and issue what has been approved.

    Args:
        municipality: acts as an issuer.
        register: the register that enrolled the bulks.
        scheme: id of the scheme.
        bulks: what to issue; each is read once, and let go of.
        reason: why, if an allocation is proposed: a code.
        days: how long it can be approved and drawn on, if one is proposed.
        again: propose anew what an allocation was over for.
        clock: the time in Unix seconds.

    Raises:
        ValueError: a child has a preset that the scheme's rules do not have.
    """
    progress = Progress()
    fresh: dict[str, list[Issuance]] = {}
    done: list[str] = []
    committed: list[str] = []
    allocations: dict[str, Allocation] = {}
    lists: dict[str, ApprovableList[Issuance]] = {}
    for bulk in bulks:
        if municipality.requests.show(bulk.request_id)["state"] == "committed":
            done += [entry.voucher for entry in bulk.entries]
            committed.append(bulk.request_id)
            continue
        municipality.vouchers.record_cases(scheme, [entry.case_record() for entry in bulk.entries])
        proposal = register.proposal_of(bulk.request_id)
        if proposal is None:
            fresh[bulk.request_id] = [entry.issuance() for entry in bulk.entries]
            continue
        if proposal.id not in allocations:
            allocations[proposal.id] = _on_ledger(municipality, register, proposal)
        allocation = allocations[proposal.id]
        if is_over(allocation, clock()):
            if again:
                fresh[bulk.request_id] = [entry.issuance() for entry in bulk.entries]
            elif allocation not in progress.over:
                progress.over.append(allocation)
        elif allocation["state"] == "proposed":
            if allocation not in progress.waiting:
                progress.waiting.append(allocation)
        else:
            part = _list_of(register, proposal, lists).parts[proposal.bulks.index(bulk.request_id)]
            answer = municipality.vouchers.issue(scheme, allocation["id"], part, request_id=bulk.request_id)
            register.mark_issued([bulk.request_id])
            progress.vouchers += len(answer["vouchers"])
            progress.issued_cents += answer["issued_cents"]
    if done:
        cents = {voucher["id"]: voucher["issued_cents"] for voucher in municipality.vouchers.list(scheme)}
        progress.vouchers += len(done)
        progress.issued_cents += sum(cents[voucher] for voucher in done)
        register.mark_issued(committed)
    if fresh:
        rules = municipality.schemes.show(scheme)["rules"]
        lines = ApprovableList(list(fresh.values()))
        proposal = Proposal(
            new_id(),
            scheme,
            lines.cents(rules),
            int(clock()) + days * _DAY,
            reason,
            tuple(fresh),
        )
        register.keep_proposal(proposal)
        progress.waiting.append(_propose(municipality, proposal, lines))
    return progress


def top_up_listed(
    municipality: Municipality,
    scheme: str,
    top_ups: Sequence[TopUp],
    reason: str,
    *,
    days: int = TERM_DAYS,
    again: bool = False,
    clock: Callable[[], float] = time.time,
) -> tuple[list[Moved], Allocation]:
    """Top up vouchers once another person has approved the list; the same top-ups again find its allocation.

    Args:
        municipality: acts as an issuer.
        scheme: id of the scheme.
        top_ups: the top-ups; their order does not matter.
        reason: why: a code.
        days: how long the allocation can be approved and drawn on, if it is proposed now.
        again: propose anew what an allocation was over for.
        clock: the time in Unix seconds.

    Returns:
        The answers to its parts, none while it has not been approved; and the allocation.

    Raises:
        ValueError: a top-up has a preset that the scheme's rules do not have.
    """
    lines = ApprovableList.cut(sorted(top_ups, key=lambda top_up: top_up["voucher"]))
    known = [one for one in municipality.allocations.list(scheme) if one["list_sha256"] == lines.sha256]
    live = [one for one in known if not is_over(one, clock())]
    if not live and (again or not known):
        rules = municipality.schemes.show(scheme)["rules"]
        expires_at = int(clock()) + days * _DAY
        allocation = municipality.allocations.propose(
            scheme, "top-up", lines, lines.cents(rules), expires_at, reason
        )
        return [], allocation
    newest = max(live or known, key=lambda one: one["proposed_at"])
    if not live or newest["state"] == "proposed":
        return [], newest
    answers = [
        municipality.vouchers.top_up(
            scheme, newest["id"], part, reason, request_id=_part_id(newest["id"], part.number)
        )
        for part in lines.parts
    ]
    return answers, newest


def is_over(allocation: Allocation, now: float) -> bool:
    """Whether nothing more can come of an allocation: it was rejected or withdrawn, or has expired unused."""
    expired = now >= allocation["expires_at"] and allocation["state"] != "used"
    return allocation["state"] in _OVER or expired


def _on_ledger(municipality: Municipality, register: Register, proposal: Proposal) -> Allocation:
    """An allocation of the register; proposed once more if the last run ended before it was."""
    try:
        return municipality.allocations.show(proposal.scheme, proposal.id)
    except AllocationNotFound:
        return _propose(municipality, proposal, _list_of(register, proposal, {}))


def _propose(municipality: Municipality, proposal: Proposal, lines: ApprovableList[Issuance]) -> Allocation:
    return municipality.allocations.propose(
        proposal.scheme,
        "issue",
        lines,
        proposal.cents,
        proposal.expires_at,
        proposal.reason,
        request_id=proposal.id,
    )


def _list_of(
    register: Register, proposal: Proposal, known: dict[str, ApprovableList[Issuance]]
) -> ApprovableList[Issuance]:
    """The list of a proposal; made once, and known from then on."""
    if proposal.id not in known:
        bulks = map(register.bulk, proposal.bulks)
        known[proposal.id] = ApprovableList([[entry.issuance() for entry in bulk.entries] for bulk in bulks])
    return known[proposal.id]


def _part_id(allocation: str, part: int) -> str:
    """The request id of a part's top-ups, so that a part is topped up once."""
    return hashlib.sha256(f"{allocation}/{part}".encode()).hexdigest()[:32]
