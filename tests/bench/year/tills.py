"""Carries out a day's purchases at the tills, many at once, and keeps how long each took."""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TypeVar

from fabric_gateway import UnknownOutcome
from kindpakket.holder.orders import HoldOrder, PaymentOrder
from kindpakket.ledger.days import first_instant, next_day
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line
from kindpakket_demo.desk import Till, now
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.wallets import Wallet
from year.shopping import Day, Purchase

AT_ONCE = 64
# A minute less than the scheme allows.
_HOLD_SECONDS = 7 * 86_400 - 60
_TRIES = 5
_Answer = TypeVar("_Answer")


@dataclass
class Counter:
    """What the tills did; threads add to it.

    Attributes:
        acts: how many `payments` were taken at once, `holds` captured, payments `cancelled`, `refunds` made.
        cents: what was spent less what was given back, in cents, by the shop's place.
        seconds: how long each payment took, from the order to its commit.
        unknown: outcomes that were unknown at first and were settled by sending the same request again.
    """

    acts: Counts[str] = field(default_factory=Counts)
    cents: Counts[int] = field(default_factory=Counts)
    seconds: list[float] = field(default_factory=list)
    unknown: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, act: str, shop: int, cents: int) -> None:
        """Count an act of a shop, with what it moved."""
        with self._lock:
            self.acts[act] += 1
            self.cents[shop] += cents


def cents_of(lines: Iterable[Line]) -> int:
    """The sum of lines, in cents."""
    return sum(line["cents"] for line in lines)


class Tills:
    """All tills of the town.

    Attributes:
        counter: what they did so far.
    """

    def __init__(self, scheme: OpenScheme, tills: Sequence[Till], wallets: Sequence[Wallet]) -> None:
        """Sell in a scheme; shops and wallets are in the order that the purchases name them in."""
        self.counter = Counter()
        self._scheme = scheme.id
        self._ends_at = first_instant(next_day(scheme.rules["ends_on"]))
        self._tills = tills
        self._wallets = wallets
        self._ids: dict[int, str] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def work(self, day: Day) -> None:
        """Carry out a day: what was held is captured, goods come back, then people buy.

        Raises:
            Refusal, FabricError: something that must succeed did not.
        """
        self._each(self._capture, day.captures)
        self._each(lambda due: self._refund(*due), day.refunds)
        self._each(self._buy, day.purchases)
        self._each(self._cancel, [purchase for purchase in day.purchases if purchase.cancelled])

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _each(self, act: Callable[[_Answer], None], what: Iterable[_Answer]) -> None:
        for done in [self._pool.submit(act, each) for each in what]:
            done.result()

    def _buy(self, purchase: Purchase) -> None:
        shop, wallet = self._tills[purchase.shop].shop, self._wallets[purchase.child]
        order: PaymentOrder | HoldOrder
        began = time.perf_counter()
        if purchase.how == "pay":
            order = shop.order(self._scheme, wallet.voucher, purchase.lines)
            self._settled(partial(shop.pay, order, wallet.authorise(order)))
            self.counter.add("payments", purchase.shop, order.cents)
        else:
            until = min(int(now().timestamp()) + _HOLD_SECONDS, self._ends_at)
            order = shop.hold_order(self._scheme, wallet.voucher, purchase.lines, expires_at=until)
            self._settled(partial(shop.hold, order, wallet.authorise(order)))
        self.counter.seconds.append(time.perf_counter() - began)
        self._ids[purchase.number] = order.request_id

    def _capture(self, purchase: Purchase) -> None:
        shop = self._tills[purchase.shop].shop
        held = self._ids[purchase.number]
        self._settled(partial(shop.capture, held, purchase.lines, request_id=new_id()))
        self.counter.add("holds", purchase.shop, cents_of(purchase.lines))

    def _refund(self, purchase: Purchase, lines: list[Line]) -> None:
        shop = self._tills[purchase.shop].shop
        paid = self._ids[purchase.number]
        self._settled(partial(shop.refund, paid, lines, "returned-goods", request_id=new_id()))
        self.counter.add("refunds", purchase.shop, -cents_of(lines))

    def _cancel(self, purchase: Purchase) -> None:
        shop = self._tills[purchase.shop].shop
        paid = self._ids[purchase.number]
        self._settled(partial(shop.cancel, paid, "wrong-item", request_id=new_id()))
        self.counter.add("cancelled", purchase.shop, -cents_of(purchase.lines))

    def _settled(self, call: Callable[[], _Answer]) -> _Answer:
        """Call until the outcome is known; the request carries its id, so it has one effect."""
        for _ in range(_TRIES - 1):
            try:
                return call()
            except UnknownOutcome:
                self.counter.unknown += 1
        return call()
