"""Late settlements: days from a payment's booking day to the day on which the shop had the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kindpakket.auditor.legality.checks import Checked
from kindpakket.ledger.days import day_of

_OTHERWISE = ("carried", "claimed", "collected", "written-off", "netted")


@dataclass(frozen=True, slots=True)
class Late:
    """A payment whose shop got its money late, or has not got it and should have.

    Attributes:
        payment: the payment.
        shop: the shop.
        settlement: the settlement that pays it; "" if there is none.
        cents: the payment's amount, net of refunds.
        days: how many days it took, or has been taking.
        paid: whether the shop has the money.
    """

    payment: str
    shop: str
    settlement: str
    cents: int
    days: int
    paid: bool


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long shops wait.

    Attributes:
        norm: within how many days they are to be paid.
        paid: how many payments were paid out.
        median, longest: their days; None if none was.
        late: the late ones, the longest first.
    """

    norm: int
    paid: int
    median: int | None
    longest: int | None
    late: tuple[Late, ...]


def lateness_of(checked: Sequence[Checked], norm: int, now: int) -> Lateness:
    """Measure how long shops waited for their money.

    Args:
        checked: the payments with their settlements.
        norm: within how many days they are to be paid.
        now: the instant of the last block, in Unix seconds: what is not paid has been waiting until then.
    """
    found, waited = [], []
    for each in checked:
        payment, settlement = each.payment, each.settlement
        if payment.cancelled or not payment.net or (settlement and settlement.state in _OTHERWISE):
            continue
        paid = settlement is not None and settlement.state == "paid" and settlement.booked is not None
        until = day_of(now)
        if settlement is not None and settlement.booked is not None and paid:
            until = settlement.value_date or day_of(settlement.booked.at)
        days = (date.fromisoformat(until) - date.fromisoformat(payment.day)).days
        if paid:
            waited.append(days)
        if days > norm:
            found.append(
                Late(payment.id, payment.shop, settlement.id if settlement else "", payment.net, days, paid)
            )
    waited.sort()
    return Lateness(
        norm=norm,
        paid=len(waited),
        median=waited[(len(waited) - 1) // 2] if waited else None,
        longest=waited[-1] if waited else None,
        late=tuple(sorted(found, key=lambda late: (-late.days, late.payment))),
    )
