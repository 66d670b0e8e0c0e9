"""Booking on the ledger what the bank's answers make certain.

What is to be booked follows from all files that are kept and from the ledger as it is. So the same statement
twice books nothing twice, and after an interruption the next call goes on. Two clerks who book at once make
the same requests, which have one effect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kindpakket.backoffice.bank.breaks import Break, bookable, three_way
from kindpakket.backoffice.bank.outcomes import Booking, Outcome
from kindpakket.backoffice.booking.kept import Kept
from kindpakket.ledger.records import Settlement
from kindpakket.ledger.refusals import Refusal, SettlementState
from kindpakket.municipality import Municipality

PERSONS = frozenset(
    {
        "to-decide",
        "to-book",
        "gap",
        "paid-twice",
        "returned-twice",
        "unknown-payment",
        "contradiction",
        "ordered-twice",
        "other-file",
        "other-amount",
        "not-on-ledger",
        "not-exported",
    }
)
"""Kinds of breaks on which a person has to act now; the others wait for the bank or for a file."""


@dataclass(frozen=True, slots=True)
class MadeBooking:
    """A booking that the ledger has taken.

    Attributes:
        scheme: the settlement's scheme.
        shop: its shop.
        cents: its amount in cents.
        booking: the transaction.
    """

    scheme: str
    shop: str
    cents: int
    booking: Booking

    def as_json(self) -> dict[str, object]:
        """The booking as a JSON document."""
        return {**self.booking.as_json(), "scheme": self.scheme, "shop": self.shop, "cents": self.cents}


@dataclass(frozen=True, slots=True)
class Refused:
    """A booking that the ledger refused.

    Attributes:
        booking: the transaction.
        why: the refusal.
    """

    booking: Booking
    why: Refusal


@dataclass(frozen=True, slots=True)
class Booked:
    """What booking came to.

    Attributes:
        made: what was booked now.
        refused: what the ledger refused.
        outcome: what became of each line of all statements.
        breaks: what is left, oldest first.
    """

    made: tuple[MadeBooking, ...]
    refused: tuple[Refused, ...]
    outcome: Outcome
    breaks: tuple[Break, ...]

    @property
    def for_persons(self) -> list[Break]:
        """The breaks on which somebody has to act now."""
        return [each for each in self.breaks if each.kind in PERSONS]


def all_settlements(municipality: Municipality) -> dict[str, Settlement]:
    """All settlements of all schemes by their ids."""
    return {
        record["id"]: record
        for scheme in municipality.schemes.list()
        for record in municipality.settlements.list(scheme["id"])
    }


def certain(kept: Kept, ledger: Iterable[Settlement], on: date) -> list[Booking]:
    """What `book` would book.

    Raises:
        ConflictingStatements: two statements have the same id and say different things.
    """
    return list(bookable(three_way(kept.orders, kept.outcome(), on, ledger)))


def book(
    municipality: Municipality,
    kept: Kept,
    ledger: Mapping[str, Settlement],
    on: date,
    progress: Callable[[int], None] | None = None,
) -> Booked:
    """Book what is certain.

    Args:
        municipality: as its treasurer.
        kept: all that is known of payments and answers.
        ledger: all settlements, as they were a moment ago.
        on: the day on which it is asked; ages of breaks count from it.
        progress: called with 1 each time that a booking is done.

    Raises:
        ConflictingStatements: two statements have the same id and say different things.
    """
    outcome = kept.outcome()
    records = dict(ledger)
    made, refused = [], []
    for booking in bookable(three_way(kept.orders, outcome, on, records.values())):
        record = records[booking.settlement]
        try:
            records[booking.settlement] = _book(municipality, record, booking)
        except SettlementState as error:
            # Another clerk may have been faster.
            now = municipality.settlements.show(record["scheme"], record["id"])
            records[booking.settlement] = now
            if now["state"] != booking.outcome:
                refused.append(Refused(booking, error))
        except Refusal as error:
            refused.append(Refused(booking, error))
        else:
            made.append(MadeBooking(record["scheme"], record["shop"], record["cents"], booking))
        if progress:
            progress(1)
    left = three_way(kept.orders, outcome, on, records.values())
    return Booked(tuple(made), tuple(refused), outcome, (*unfinished(kept), *left))


def breaks(kept: Kept, ledger: Iterable[Settlement], on: date) -> list[Break]:
    """Everything on which ledger, payment files and bank do not agree, oldest first."""
    return [*unfinished(kept), *three_way(kept.orders, kept.outcome(), on, ledger)]


def unfinished(kept: Kept) -> list[Break]:
    """Payment files whose export has begun and not ended."""
    sentence = "its export was interrupted: run kindpakket payout export again, before anything else"
    return [Break("unfinished-export", sha256, sentence) for sha256 in kept.unfinished]


def _book(municipality: Municipality, record: Settlement, booking: Booking) -> Settlement:
    members = [record["scheme"], booking.settlement, booking.outcome, booking.reason]
    whole = ["bank book", *members, booking.bank_reference, booking.value_date]
    return municipality.settlements.book(
        record["scheme"],
        booking.settlement,
        booking.outcome,
        booking.reason,
        bank_reference=booking.bank_reference,
        value_date=booking.value_date,
        request_id=hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32],
    )
