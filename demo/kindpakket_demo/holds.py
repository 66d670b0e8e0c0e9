"""Goods on order: money on a voucher is held when they are ordered, and paid when they are handed over.

One order is delivered in two parts, such as a bicycle and then its child seat.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from kindpakket.ledger.records import Line, Payment
from kindpakket.shop import receipt_hash
from kindpakket_demo.attempts import Attempts
from kindpakket_demo.desk import DemoFailed, Till
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.spending import Purse

HELD_CENTS = 3_000
TAKEN_CENTS = 2_200
FIRST_PART_CENTS = 1_500
ORDERS = 4
SECONDS = 3_600


def order_goods(attempts: Attempts, scheme: OpenScheme, street: Street, purses: Sequence[Purse]) -> int:
    """Hold money on several vouchers, capture all holds but one below the hold, and release that one.

    The first of those is captured in two parts: the second takes what the first left of its price.

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
        parts = [FIRST_PART_CENTS, TAKEN_CENTS - FIRST_PART_CENTS] if purse is chosen[1][0] else [TAKEN_CENTS]
        for cents in parts[:-1]:
            _take_part(attempts, purse, till, held["id"], cents)
        taken = _lines(till, parts[-1])
        purse.payments.append((till, till.shop.capture(held["id"], taken, receipt=_receipt(held["id"]))))
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


def _take_part(attempts: Attempts, purse: Purse, till: Till, hold: str, cents: int) -> None:
    """Capture a part of a hold, as a payment that is refunded or settled like any other."""
    everything = _lines(till, HELD_CENTS)
    attempts.expect("PART_NOT_ALLOWED", partial(till.shop.capture_part, hold, everything))
    taken = _lines(till, cents)
    purse.payments.append((till, till.shop.capture_part(hold, taken, receipt=_receipt(hold))))
    purse.spend(taken)


def _receipt(hold: str) -> str:
    """The till's reference, which nobody can guess as the hold's id is random."""
    return receipt_hash(f"order {hold}")


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
