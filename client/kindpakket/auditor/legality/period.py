"""The period that a report is about, and the block with which it was over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kindpakket.auditor.legality.errors import LegalityError
from kindpakket.auditor.legality.facts import Facts, PaymentFact

_OPENED = ("open", "paused", "closed")


@dataclass(frozen=True, slots=True)
class Period:
    """The payments of some schemes with a booking day from the first to the last day, both included."""

    first_day: str
    last_day: str
    schemes: tuple[str, ...]

    def payments(self, facts: Facts) -> list[PaymentFact]:
        """Its payments, cancelled ones included, by day and id."""
        chosen = (payment for payment in facts.payments.values() if self.has(payment.scheme, payment.day))
        return sorted(chosen, key=lambda payment: (payment.day, payment.id))

    def has(self, scheme: str, day: str) -> bool:
        """Whether a day of a scheme is in it."""
        return scheme in self.schemes and self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class SeedBlock:
    """The block whose hash seeds samples of a period.

    Attributes:
        closing: the block with which the last of the schemes had its days closed up to the last day.
        number: the next block.
        hash: its header hash, hexadecimal.
    """

    closing: int
    number: int
    hash: str


def period_of(facts: Facts, first_day: str, last_day: str, schemes: Sequence[str] = ()) -> Period:
    """A period of days.

    Args:
        facts: what is in the blocks.
        first_day: `YYYY-MM-DD`.
        last_day: `YYYY-MM-DD`.
        schemes: ids of schemes; none: all that had been opened and started by the last day.

    Raises:
        LegalityError: the days are in the wrong order or no dates, a scheme is unknown, or there is none.
    """
    for day in (first_day, last_day):
        _check_date(day)
    if first_day > last_day:
        raise LegalityError(f"the period begins on {first_day}, after its end on {last_day}")
    _check_known(facts, schemes)
    chosen = schemes or [
        scheme
        for scheme, about in facts.schemes.items()
        if about["state"] in _OPENED and about["starts_on"] <= last_day
    ]
    if not chosen:
        raise LegalityError(f"no scheme had been opened by {last_day}: choose a later period")
    return Period(first_day, last_day, tuple(sorted(set(chosen))))


def period_of_scheme(facts: Facts, scheme: str) -> Period:
    """The whole life of a closed scheme: from its first day to its last one, or to its last payment if later.

    Raises:
        LegalityError: the scheme is unknown, or not closed.
    """
    _check_known(facts, [scheme])
    about = facts.schemes[scheme]
    if about["state"] != "closed":
        raise LegalityError(f"scheme {scheme} is {about['state']}, not closed: give --from and --to")
    days = [payment.day for payment in facts.payments.values() if payment.scheme == scheme]
    return Period(about["starts_on"], max([about["ends_on"], *days]), (scheme,))


def seed_block(facts: Facts, period: Period) -> SeedBlock | None:
    """The first block after the period closed; None as long as it has not, or there is no block after it.

    A period is closed once `scheme:CloseDay` has closed its last day, or a later one, in each of its schemes:
    from then on the ledger books nothing on a day of the period.
    """
    blocks = [_closed_in(facts, period, scheme) for scheme in period.schemes]
    if any(block is None for block in blocks):
        return None
    closing = max(block for block in blocks if block is not None)
    number = closing + 1
    return SeedBlock(closing, number, facts.hashes[number]) if number < facts.height else None


def not_closed(facts: Facts, period: Period) -> list[str]:
    """The schemes whose days are not closed up to the last day of the period."""
    return [scheme for scheme in period.schemes if _closed_in(facts, period, scheme) is None]


def _closed_in(facts: Facts, period: Period, scheme: str) -> int | None:
    closed: Iterable[int] = (
        each.step.block for each in facts.closed_days if each.scheme == scheme and each.day >= period.last_day
    )
    return next(iter(closed), None)


def _check_known(facts: Facts, schemes: Sequence[str]) -> None:
    for scheme in schemes:
        if scheme not in facts.schemes:
            raise LegalityError(f"there is no scheme {scheme} up to block {facts.height - 1}")


def _check_date(day: str) -> None:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != day:
        raise LegalityError(f"{day!r} is not a date such as 2026-12-31")
