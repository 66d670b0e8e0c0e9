"""What requests that issue or top up may draw on."""

from __future__ import annotations

from typing import Any

from kindpakket.auditor.books import AllocationBook, Books, SchemeBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import Findings
from kindpakket.ledger.lists import part_digest
from kindpakket.ledger.merkle import depth, root_of
from kindpakket.ledger.money import in_cents


def drawn(
    books: Books,
    findings: Findings,
    scheme: SchemeBook,
    request: CommittedRequest,
    use: str,
    lines: list[Any],
) -> AllocationBook | None:
    """The allocation that a request draws on.

    None if it names none, as before there were allocations: then it took what the budget had left.
    """
    if "allocation" not in request.request:
        findings.expect(books.layout < 3, f"{request.operation} draws on no allocation")
        return None
    allocation = scheme.allocations[request.request["allocation"]]
    findings.expect_state(f"allocation {allocation.id}", allocation.state, "approved")
    findings.expect(request.at < allocation.expires_at, f"allocation {allocation.id} had expired")
    findings.expect(allocation.use == use, f"allocation {allocation.id} is for {allocation.use}, not {use}")
    part, path = request.request["part"], [bytes.fromhex(node) for node in request.request["path"]]
    belongs = (
        0 <= part < allocation.parts
        and len(path) == depth(allocation.parts)
        and root_of(part, part_digest(lines), path).hex() == allocation.list_sha256
    )
    findings.expect(
        belongs, f"the request is not part {part} of the list approved with allocation {allocation.id}"
    )
    return allocation


def draw(
    findings: Findings, scheme: SchemeBook, allocation: AllocationBook | None, vouchers: int, cents: int
) -> None:
    """Take vouchers and cents from an allocation; without one, the budget must have had them."""
    if allocation is None:
        findings.expect(
            scheme.unallocated >= 0,
            f"scheme {scheme.id} has issued {in_cents(-scheme.unallocated)} more than its budget",
        )
        return
    allocation.draw(vouchers, cents)
    within = allocation.used_vouchers <= allocation.vouchers and allocation.used_cents <= allocation.cents
    findings.expect(
        within,
        f"{allocation.used_vouchers} vouchers and {in_cents(allocation.used_cents)} were drawn from "
        f"allocation {allocation.id}: {allocation.vouchers} and {in_cents(allocation.cents)} were approved",
    )
