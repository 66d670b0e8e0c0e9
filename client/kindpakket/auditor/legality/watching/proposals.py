"""What became of everything that a second person had to decide on, from the books at the end."""

from __future__ import annotations

from collections.abc import Iterator

from kindpakket.auditor.books import Books, ChangeBook, SchemeBook, expiry
from kindpakket.auditor.legality.facts import ProposalFact


def proposals_in(books: Books, now: int) -> Iterator[ProposalFact]:
    """All proposals, with what became of them at an instant, in Unix seconds."""
    for scheme in books.schemes.values():
        for change in scheme.changes.values():
            yield ProposalFact(
                change.kind,
                change.id,
                scheme.id,
                change.proposed_by,
                change.proposed_at,
                _state_of_change(scheme, change, now),
                change.decided_by,
            )
        for allocation in scheme.allocations.values():
            waits = allocation.state == "proposed"
            over = waits and now >= allocation.expires_at
            state = "expired" if over else "waiting" if waits else allocation.state
            yield ProposalFact(
                "allocation",
                allocation.id,
                scheme.id,
                allocation.proposed_by,
                allocation.proposed_at,
                "approved" if state == "used" else state,
                allocation.withdrawn_by or allocation.decided_by,
            )
    for decision in books.decisions.values():
        yield ProposalFact(
            decision.kind,
            decision.id,
            decision.content.get("scheme", ""),
            decision.proposed_by,
            decision.proposed_at,
            _state(decision.state, decision.proposed_at, now),
            decision.decided_by,
        )


def _state_of_change(scheme: SchemeBook, change: ChangeBook, now: int) -> str:
    newest = len(scheme.versions)
    if change.state == "proposed" and change.base_version not in (0, newest):
        return "overtaken"
    return _state(change.state, change.proposed_at, now)


def _state(state: str, proposed_at: int, now: int) -> str:
    if state != "proposed":
        return state
    return "expired" if now >= expiry(proposed_at) else "waiting"
