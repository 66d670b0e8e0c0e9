"""Parts of holds, and receipts: no more is taken in parts than at once, and no text is written."""

from __future__ import annotations

import time

from cases_provision import held, held_shortly, hold_order
from ground import Ground
from support import books
from table import Attempt, case

from kindpakket.ledger.records import Line
from kindpakket.shop import receipt_hash
from kindpakket_network.programs.wait import until
from patience import PATIENCE


def partly(ground: Ground) -> str:
    """A hold of ten euros of which four were captured; its id."""
    hold = held(ground)
    ground.till.shop.capture_part(hold, books(400))
    ground.desk.in_step()
    return hold


@case(
    18,
    "shop",
    "captures in part {}",
    "HOLD_EXCEEDED",
    each={
        "more than was held": books(1_001),
        "more than other parts left": books(601),
        "another category": [{"category": "toys", "cents": 1}],
    },
)
def part_above(ground: Ground, lines: list[Line]) -> Attempt:
    hold = partly(ground)
    return lambda: ground.till.shop.capture_part(hold, lines)


@case(18, "shop", "captures in part all that a hold has left", "PART_NOT_ALLOWED")
def part_of_all(ground: Ground) -> Attempt:
    hold = partly(ground)
    return lambda: ground.till.shop.capture_part(hold, books(600))


@case(18, "shop", "captures at the end what its parts have taken already", "HOLD_EXCEEDED")
def rest_above(ground: Ground) -> Attempt:
    hold = partly(ground)
    return lambda: ground.till.shop.capture(hold, books(601))


@case(18, "shop", "captures a part of a released hold", "HOLD_NOT_OPEN")
def part_of_released(ground: Ground) -> Attempt:
    hold = partly(ground)
    ground.till.shop.release(hold, "out-of-stock")
    ground.desk.in_step()
    return lambda: ground.till.shop.capture_part(hold, books(100))


@case(18, "shop", "captures a part of an expired hold", "HOLD_NOT_OPEN")
def part_of_expired(ground: Ground) -> Attempt:
    hold = held_shortly(ground, 3, 30, 120)
    expired = ground.till.shop.payment(hold)["expires_at"]
    assert until(lambda: time.time() > expired + 1 or None, PATIENCE)
    return lambda: ground.till.shop.capture_part(hold, books(100))


@case(18, "shop", "captures a part of a hold of a voucher that has been blocked since", "VOUCHER_BLOCKED")
def part_after_block(ground: Ground) -> Attempt:
    hold = partly(ground)
    voucher = ground.till.shop.payment(hold)["voucher"]
    ground.desk.clerk.vouchers.block(ground.scheme, voucher, "device-lost")
    ground.desk.in_step()
    return lambda: ground.till.shop.capture_part(hold, books(100))


@case(18, "shop", "refunds to a part what another part paid", "REFUND_EXCEEDS_PAYMENT")
def refund_of_another_part(ground: Ground) -> Attempt:
    hold = partly(ground)
    part = ground.till.shop.capture_part(hold, books(100))["id"]
    ground.desk.in_step()
    return lambda: ground.till.shop.refund(part, books(101), "returned")


@case(17, "other shop", "captures a part of a hold that is not its own", "NOT_YOURS")
def part_of_others(ground: Ground) -> Attempt:
    hold = held(ground)
    return lambda: ground.other.shop.capture_part(hold, books(100))


@case(
    13,
    "shop",
    "gives {} as the receipt of a hold",
    "INVALID_ID",
    each={"its number": "2026-0001234", "a name": "fam. De Vries", "half a hash": "ab" * 16},
)
def text_as_receipt(ground: Ground, receipt: str) -> Attempt:
    wallet = ground.wallet()
    order = hold_order(ground, wallet)
    return lambda: ground.till.shop.hold(order, wallet.authorise(order), receipt=receipt)


@case(26, "shop", "repeats a payment with another receipt", "IDEMPOTENCY_CONFLICT")
def another_receipt(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet)
    proof = wallet.authorise(order)
    ground.till.shop.pay(order, proof, receipt=receipt_hash("2026-1"))
    ground.desk.in_step()
    return lambda: ground.till.shop.pay(order, proof, receipt=receipt_hash("2026-2"))
