"""What a person says about a line of a statement that is not certain."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.backoffice.bank.outcomes import Listed, Outcome, Proposed
from kindpakket.backoffice.booking.kept import Kept


class NotDecidable(ValueError):
    """This cannot be decided on the line; nothing was kept. The message says why and what to do."""


def check_decision(kept: Kept, line: str, settlements: Sequence[str]) -> None:
    """Check that somebody may decide this on a line.

    Args:
        kept: all that is known.
        line: id of the line.
        settlements: what it pays or returns; none: it is of no payment here.

    Raises:
        NotDecidable: there is no such line, it is certain, or its amount is not that of the settlements.
    """
    outcome = kept.outcome()
    place = _place(outcome, line)
    cents = {order.settlement: order.cents for order in kept.orders}
    if unknown := sorted(set(settlements) - set(cents)):
        raise NotDecidable(
            f"no payment file that is kept pays settlement {unknown[0]}: give its file to kindpakket bank "
            "book with --payments"
        )
    total = sum(cents[settlement] for settlement in set(settlements))
    if settlements and total != abs(place.line.cents):
        raise NotDecidable(
            f"the line is for {abs(place.line.cents)} cents, these settlements for {total}: only what agrees "
            "to the cent is booked; ask the bank for the difference"
        )
    if place.line.cents >= 0:
        paid = {
            made.settlement for match in outcome.matched for made in match.bookings if made.outcome == "paid"
        }
        if unpaid := sorted(set(settlements) - paid):
            raise NotDecidable(
                f"no statement shows that settlement {unpaid[0]} was paid, so it cannot have come back: give "
                "that statement first"
            )


def _place(outcome: Outcome, line: str) -> Proposed | Listed:
    places: tuple[Proposed | Listed, ...] = (*outcome.proposed, *outcome.listed)
    for place in places:
        if place.line.id == line:
            return place
    for match in outcome.matched:
        if match.line.id == line and match.by != "decision":
            raise NotDecidable(f"line {line} is certain, by {match.by}: there is nothing to decide")
        if match.line.id == line:
            raise NotDecidable(
                f"somebody decided on line {line} already: take that back with kindpakket bank decide "
                f"{line} --undo, if the ledger has not booked it"
            )
    raise NotDecidable(f"no statement that is kept has a line {line}: see kindpakket bank breaks")
