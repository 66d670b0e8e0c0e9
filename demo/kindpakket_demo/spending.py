"""Payments that holders agree to, many at once, and what is cancelled or refunded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from kindpakket.ledger.records import Line, Payment
from kindpakket_demo.desk import DemoFailed, Till
from kindpakket_demo.schemes import CATEGORY_CAPS, PAPER_CAP_CENTS, OpenScheme
from kindpakket_demo.wallets import Wallet

AT_ONCE = 16
_USUAL = {
    "books": 2_500,
    "bikes": 9_000,
    "sport": 4_500,
    "swimming": 5_000,
    "computer": 9_500,
    "clothing": 4_000,
    "toys": 2_000,
}


@dataclass(slots=True)
class Purse:
    """What the demo expects of a voucher; the ledger is compared with it."""

    wallet: Wallet
    available: int
    by_category: dict[str, int] = field(default_factory=dict)
    payments: list[tuple[Till, Payment]] = field(default_factory=list)

    def room(self, category: str) -> int:
        """The cents that the voucher may still pay in a category."""
        cap = CATEGORY_CAPS.get(category, self.available)
        room = min(self.available, cap - self.by_category.get(category, 0))
        return min(room, PAPER_CAP_CENTS) if self.wallet.on_paper else room

    def spend(self, lines: list[Line], sign: int = 1) -> None:
        """Count lines as spent, or with -1 as given back."""
        for line in lines:
            cents = sign * line["cents"]
            self.available -= cents
            self.by_category[line["category"]] = self.by_category.get(line["category"], 0) + cents


@dataclass(frozen=True, slots=True)
class Errand:
    """A payment that somebody is about to make."""

    till: Till
    lines: list[Line]


def plan(
    purses: list[Purse], tills: tuple[Till, ...], payments: int, random: Random
) -> list[tuple[Purse, list[Errand]]]:
    """Choose who buys what where, within every limit, so that every payment must succeed."""
    errands: dict[int, list[Errand]] = {}
    for _ in range(payments):
        index = random.randrange(len(purses))
        purse, till = purses[index], random.choice(tills)
        lines = _basket(purse, till, random)
        if lines:
            purse.spend(lines)
            errands.setdefault(index, []).append(Errand(till, lines))
    return [(purses[index], planned) for index, planned in errands.items()]


def _basket(purse: Purse, till: Till, random: Random) -> list[Line]:
    """Lines of one or two categories that the voucher may still pay; none if it has no room."""
    categories = random.sample(
        till.store.categories, min(len(till.store.categories), random.choice((1, 1, 1, 2)))
    )
    lines: list[Line] = []
    left = purse.room(categories[0])
    for category in categories:
        cents = min(int(_USUAL[category] * random.uniform(0.4, 1.6)), purse.room(category), left)
        if cents >= 100:
            lines.append({"category": category, "cents": cents})
            left -= cents
    return lines


def pay(scheme: OpenScheme, planned: list[tuple[Purse, list[Errand]]], advance: Callable[[], None]) -> None:
    """Make the payments: one voucher's in turn, those of different vouchers at the same time."""

    def run(purse: Purse, errands: list[Errand]) -> None:
        for errand in errands:
            order = errand.till.shop.order(scheme.id, purse.wallet.voucher, errand.lines)
            purse.payments.append((errand.till, errand.till.shop.pay(order, purse.wallet.authorise(order))))
            advance()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for future in [pool.submit(run, purse, errands) for purse, errands in planned]:
            future.result()


def give_back(purses: list[Purse], random: Random, refunds: int) -> tuple[int, int]:
    """Cancel one payment and refund others, in full or in part; return the number of each."""
    paid = [(purse, till, payment) for purse in purses for till, payment in purse.payments]
    chosen = random.sample(paid, min(len(paid), refunds + 1))
    for number, (purse, till, payment) in enumerate(chosen):
        if number == 0:
            till.shop.cancel(payment["id"], "wrong-item")
            purse.spend(payment["lines"], sign=-1)
            continue
        line = payment["lines"][0]
        cents = line["cents"] if number % 2 else max(1, line["cents"] // 3)
        returned: list[Line] = [{"category": line["category"], "cents": cents}]
        till.shop.refund(payment["id"], returned, "returned-goods")
        purse.spend(returned, sign=-1)
    return min(1, len(chosen)), max(0, len(chosen) - 1)


def pay_after_a_lost_answer(scheme: OpenScheme, purse: Purse, till: Till) -> Payment:
    """Send a payment twice, like a till that never got the first answer, and check that it counts once.

    Raises:
        DemoFailed: the payment counted twice, or the two answers differ.
    """
    category = till.store.categories[0]
    lines: list[Line] = [{"category": category, "cents": 250}]
    shop = till.shop
    before = till.available(scheme.id, purse.wallet)
    order = shop.order(scheme.id, purse.wallet.voucher, lines)
    proof = purse.wallet.authorise(order)
    first = shop.pay(order, proof)
    second = shop.pay(order, proof)
    after = till.available(scheme.id, purse.wallet)
    if first != second or before - after != order.cents:
        raise DemoFailed(
            f"a payment of {order.cents} cents, sent twice, took {before - after} cents, or got two answers"
        )
    purse.spend(lines)
    purse.payments.append((till, first))
    return first
