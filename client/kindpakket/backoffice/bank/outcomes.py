"""What became of each line of the statements, and which transaction records it on the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kindpakket.backoffice.bank.statements import Gap, Line

Booked = Literal["paid", "rejected", "returned"]
_REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9/-]{1,35}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_NOT_OF_A_CODE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Booking:
    """A transaction `settlement:Book` that somebody is to submit.

    Attributes:
        settlement: the settlement.
        outcome: what the bank did.
        reason: the bank's code as the ledger takes it, such as `ac04`; `bank` without one.
        bank_reference: the bank's reference, when the ledger takes it; else None.
        value_date: the bank's value date, `YYYY-MM-DD`; None if unknown.
    """

    settlement: str
    outcome: Booked
    reason: str = "bank"
    bank_reference: str | None = None
    value_date: str | None = None

    def as_json(self) -> dict[str, object]:
        """The transaction's name and members; the caller adds the scheme."""
        given = {"bank_reference": self.bank_reference, "value_date": self.value_date}
        return {
            "transaction": "settlement:Book",
            "settlement": self.settlement,
            "outcome": self.outcome,
            "reason": self.reason,
            **{name: value for name, value in given.items() if value is not None},
        }


def booking(settlement: str, outcome: Booked, line: Line) -> Booking:
    """The booking of what a line shows."""
    return Booking(
        settlement=settlement,
        outcome=outcome,
        reason=ledger_code(line.reason),
        bank_reference=_reference(line.bank_reference),
        value_date=line.value_date.isoformat() if line.value_date else None,
    )


def ledger_code(code: str) -> str:
    """A bank's code in the form of the ledger's: lower case, at most 32 letters, digits and hyphens."""
    plain = _NOT_OF_A_CODE.sub("-", code.lower()).strip("-")[:32].strip("-")
    return plain if plain[:1].isalpha() else f"bank-{plain}"[:32] if plain else "bank"


def _reference(reference: str) -> str | None:
    """A reference that the ledger takes, and that is not an account."""
    fits = _REFERENCE.fullmatch(reference) and not _IBAN.search(reference.upper().replace("-", ""))
    return reference if fits else None


@dataclass(frozen=True, slots=True)
class Matched:
    """A line that is certain.

    Attributes:
        line: the line.
        bookings: what it means, for one settlement or for each of a batch.
        by: what shows it: `end-to-end-id`, `ids-of-details`, `batch`, or `decision`, a person's.
    """

    line: Line
    bookings: tuple[Booking, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line on which a person decides.

    Attributes:
        line: the line.
        candidates: what it may mean: a booking for each settlement that fits.
        reason: why it is not certain, in a sentence.
        together: the candidates make the line's amount only together.
    """

    line: Line
    candidates: tuple[Booking, ...]
    reason: str
    together: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A line that is not, or not only, an answer to a payment.

    Attributes:
        line: the line.
        kind: `charges`, `other-debit`, `other-credit`, `unknown-payment`, `paid-twice`, `returned-twice`,
            `repeated`, or `set-aside`, by a person.
        what_to_do: a sentence.
    """

    line: Line
    kind: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A payment that the bank reported rejected, and that no statement shows.

    Attributes:
        booking: its transaction.
        place: where the report says so.
    """

    booking: Booking
    place: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All lines, each in exactly one of the three places.

    Attributes:
        matched: lines that are certain.
        proposed: lines on which a person decides.
        listed: all others.
        rejections: payments that never left, by the bank's reports.
        answers: settlement -> `paid`, `returned`, `rejected`, `accepted`, `pending` or `silent`.
        again: statements that were given more than once, which changed nothing.
        gaps: where statements seem to be missing.
    """

    matched: tuple[Matched, ...]
    proposed: tuple[Proposed, ...]
    listed: tuple[Listed, ...]
    rejections: tuple[Rejection, ...]
    answers: dict[str, str]
    again: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """All lines."""
        places: tuple[Matched | Proposed | Listed, ...] = (*self.matched, *self.proposed, *self.listed)
        return [place.line for place in places]

    def bookings(self) -> Iterator[Booking]:
        """The transactions that are certain, in an order in which the ledger takes them."""
        certain = [booking for match in self.matched for booking in match.bookings]
        certain += [rejection.booking for rejection in self.rejections]
        order = {"paid": 0, "rejected": 1, "returned": 2}
        yield from sorted(certain, key=lambda made: (made.settlement, order[made.outcome]))
