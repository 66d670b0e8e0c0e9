"""Goods on order: money on a voucher is held when they are ordered, and paid when they are handed over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from kindpakket.ledger.records import Line, Payment
from kindpakket_demo.attempts import Attempts
from kindpakket_demo.desk import DemoFailed, Till
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.spending import Purse

HELD_CENTS = 3_000
TAKEN_CENTS = 2_200
ORDERS = 4
SECONDS = 3_600


def order_goods(attempts: Attempts, scheme: OpenScheme, street: Street, purses: Sequence[Purse]) -> int:
    """Hold money on several vouchers, capture all holds but one in part, and release that one.

    Returns:
        Number of holds captured.

    Raises:
        DemoFailed: a capture did not release the rest, or too few vouchers have enough money for an order.
    """
    buying = [(purse, till) for purse, till in zip(purses, street.open * len(purses), strict=False)]
    chosen = [(purse, till) for purse, till in buying if _has_room(purse, till)][:ORDERS]
    if len(chosen) < ORDERS:
        raise DemoFailed(
            f"only {len(chosen)} of {ORDERS} vouchers have enough money: run the demo with more --children"
        )
    for purse, till in chosen[1:]:
        held = _hold(scheme, purse, till)
        too_much = _lines(till, HELD_CENTS + 1)
        attempts.expect("HOLD_EXCEEDED", partial(till.shop.capture, held["id"], too_much))
        taken = _lines(till, TAKEN_CENTS)
        purse.payments.append((till, till.shop.capture(held["id"], taken)))
        purse.spend(taken)
        left = till.available(scheme.id, purse.wallet)
        if left != purse.available:
            raise DemoFailed(
                f"after a capture of {TAKEN_CENTS} of {HELD_CENTS} cents {left} are available, "
                f"not {purse.available}"
            )
    purse, till = chosen[0]
    held = _hold(scheme, purse, till)
    till.shop.release(held["id"], "out-of-stock")
    attempts.expect("HOLD_NOT_OPEN", partial(till.shop.capture, held["id"], _lines(till, TAKEN_CENTS)))
    return len(chosen) - 1


def _has_room(purse: Purse, till: Till) -> bool:
    return bool(purse.payments) and purse.room(till.store.categories[0]) > HELD_CENTS


def _hold(scheme: OpenScheme, purse: Purse, till: Till) -> Payment:
    order = till.shop.hold_order(
        scheme.id,
        purse.wallet.voucher,
        _lines(till, HELD_CENTS),
        expires_at=int(time.time()) + SECONDS,
    )
    return till.shop.hold(order, purse.wallet.authorise(order))


def _lines(till: Till, cents: int) -> list[Line]:
    return [{"category": till.store.categories[0], "cents": cents}]
