"""Concentration and velocity: where and when the money goes, shop by shop. Signals, not errors."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kindpakket.auditor.legality.facts import PaymentFact
from kindpakket.auditor.legality.settings import Signals
from kindpakket.ledger.days import AMSTERDAM, day_after


@dataclass(frozen=True, slots=True)
class ShopPattern:
    """A shop's payments, cancelled ones left out.

    Attributes:
        shop: the shop.
        payments: how many.
        cents: their sum, net of refunds.
        share: its percentage of the costs, rounded down.
        vouchers: how many vouchers paid there.
        round_amounts: how many payments are round.
        at_night: how many were made at night.
        last_days: how many were made in the last days before a scheme's end.
        busiest: the most payments within the minutes that the settings name.
        emptied: how many vouchers spent all that they had left in one payment there.
        signals: codes of what is worth a look.
    """

    shop: str
    payments: int
    cents: int
    share: int
    vouchers: int
    round_amounts: int
    at_night: int
    last_days: int
    busiest: int
    emptied: int
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patterns:
    """What payments have in common.

    Attributes:
        shops: each shop, the largest first.
        hours: number of payments by hour in Amsterdam, 0 to 23.
        days: cents by booking day, only days with payments.
        pairs: the voucher and shop with the most payments on one day, and how many these were; None without
            payments.
    """

    shops: tuple[ShopPattern, ...]
    hours: tuple[int, ...]
    days: Mapping[str, int]
    pairs: tuple[str, str, str, int] | None


def patterns_in(payments: Sequence[PaymentFact], ends: Mapping[str, str], signals: Signals) -> Patterns:
    """Look for patterns.

    Args:
        payments: the payments of a period.
        ends: the last day of each scheme.
        signals: from where on something is worth a look.
    """
    made = [payment for payment in payments if not payment.cancelled]
    total = sum(payment.net for payment in made)
    by_shop: dict[str, list[PaymentFact]] = {}
    for payment in made:
        by_shop.setdefault(payment.shop, []).append(payment)
    shops = [_shop(shop, theirs, total, ends, signals) for shop, theirs in by_shop.items()]
    hours, days = Counter(_hour(payment) for payment in made), Counter[str]()
    together: Counter[tuple[str, str, str]] = Counter()
    for payment in made:
        days[payment.day] += payment.net
        together[payment.voucher, payment.shop, payment.day] += 1
    most = min(together.items(), key=lambda entry: (-entry[1], entry[0]), default=None)
    return Patterns(
        shops=tuple(sorted(shops, key=lambda shop: (-shop.cents, shop.shop))),
        hours=tuple(hours[hour] for hour in range(24)),
        days=dict(sorted(days.items())),
        pairs=None if most is None else (*most[0], most[1]),
    )


def _shop(
    shop: str, payments: Sequence[PaymentFact], total: int, ends: Mapping[str, str], signals: Signals
) -> ShopPattern:
    cents = sum(payment.net for payment in payments)
    night = sum(signals.night_from <= _hour(payment) < signals.night_to for payment in payments)
    round_amounts = sum(payment.cents % signals.round_cents == 0 for payment in payments)
    last = sum(
        day_after(ends[payment.scheme], -signals.last_days) < payment.day <= ends[payment.scheme]
        for payment in payments
    )
    busiest = _busiest([payment.step.at for payment in payments], signals.busy_minutes * 60)
    enough = len(payments) >= signals.least
    found = {
        "concentration": bool(total) and 100 * cents >= signals.shop_share_percent * total,
        "round": enough and 100 * round_amounts >= signals.round_percent * len(payments),
        "night": bool(night),
        "busy": busiest >= signals.busy_payments,
        "last-days": enough and 2 * last >= len(payments),
    }
    return ShopPattern(
        shop=shop,
        payments=len(payments),
        cents=cents,
        share=100 * cents // total if total else 0,
        vouchers=len({payment.voucher for payment in payments}),
        round_amounts=round_amounts,
        at_night=night,
        last_days=last,
        busiest=busiest,
        emptied=sum(
            payment.operation == "payment:Pay" and payment.cents == payment.available for payment in payments
        ),
        signals=tuple(code for code, fires in found.items() if fires),
    )


def _busiest(times: Sequence[int], seconds: int) -> int:
    ordered = sorted(times)
    return max((bisect_right(ordered, at + seconds) - place for place, at in enumerate(ordered)), default=0)


def _hour(payment: PaymentFact) -> int:
    return datetime.fromtimestamp(payment.step.at, UTC).astimezone(AMSTERDAM).hour
