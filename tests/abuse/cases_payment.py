"""Payments against the rules: by vouchers or shops that may not pay, above a limit, refunded twice."""

from __future__ import annotations

from typing import Any

from ground import Ground
from support import books, revoke
from table import Attempt, case

from kindpakket.ledger.ids import new_id
from kindpakket_demo.schemes import CATEGORY_CAPS, CENTS_PER_CHILD, PAPER_CAP_CENTS


@case(5, "shop", "charges an expired voucher", "VOUCHER_EXPIRED")
def expired(ground: Ground) -> Attempt:
    scheme, wallets = ground.props.expired
    wallet = ground.watch(wallets[0], scheme.id)
    order = ground.order(wallet, 500, scheme=scheme.id)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(7, "shop", "charges a voucher that is issued and not active", "VOUCHER_NOT_ACTIVE")
def not_active(ground: Ground) -> Attempt:
    wallet = ground.watch(ground.props.unbound)
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(7, "shop", "charges a voucher that is blocked", "VOUCHER_BLOCKED")
def blocked(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    ground.desk.clerk.vouchers.block(ground.scheme, wallet.voucher, "device-lost")
    ground.desk.in_step()
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(7, "shop", "charges a voucher that is revoked", "VOUCHER_REVOKED")
def revoked(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    revoke(ground.desk, ground.scheme, wallet.voucher, "moved-away")
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(
    8,
    "shop",
    "charges in a category that {} not allow",
    "CATEGORY_NOT_ALLOWED",
    each={"the scheme does": "garden", "the municipality granted this shop does": "bikes"},
)
def category(ground: Ground, code: str) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet, category=code)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(8, "shop", "charges in a category from the day before it was granted", "CATEGORY_NOT_ALLOWED")
def category_too_early(ground: Ground) -> Attempt:
    till = ground.props.later
    wallet = ground.watch(ground.wallet(), None, till)
    order = ground.order(wallet, till=till)
    return lambda: till.shop.pay(order, wallet.authorise(order))


@case(
    8,
    "shop",
    "charges above a category's cap, {}",
    "CATEGORY_CAP_EXCEEDED",
    each={"at once": 0, "in two payments": CATEGORY_CAPS["toys"]},
)
def category_cap(ground: Ground, spent: int) -> Attempt:
    wallet = ground.wallet()
    if spent:
        first = ground.order(wallet, spent, category="toys")
        ground.till.shop.pay(first, wallet.authorise(first))
    order = ground.order(wallet, 100 if spent else CATEGORY_CAPS["toys"] + 1, category="toys")
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(
    8,
    "shop",
    "charges {}",
    "",
    each={
        "above the cap of a payment": (CENTS_PER_CHILD + 1, "PAYMENT_CAP_EXCEEDED"),
        "below the least that a payment may be": (99, "AMOUNT_BELOW_MINIMUM"),
    },
)
def bounds(ground: Ground, cents: int) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet, cents)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(8, "shop", "charges a page above the cap for paper", "PAPER_CAP_EXCEEDED")
def paper_cap(ground: Ground) -> Attempt:
    wallet = ground.booklet()
    order = ground.order(wallet, PAPER_CAP_CENTS + 1)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(8, "shop", "charges more than a voucher holds", "INSUFFICIENT_BALANCE")
def balance(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    ground.paid(wallet)
    order = ground.order(wallet, CENTS_PER_CHILD)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(
    9,
    "shop",
    "that {} takes a payment",
    "SHOP_NOT_APPROVED",
    each={"is suspended": True, "waits for its approval": False},
)
def shop_may_not(ground: Ground, suspended: bool) -> Attempt:
    till = ground.props.suspended if suspended else ground.town.street.applicant
    wallet = ground.watch(ground.wallet(), None, till)
    order = ground.order(wallet, till=till)
    return lambda: till.shop.pay(order, wallet.authorise(order))


@case(
    17,
    "shop",
    "refunds more than was paid, {}",
    "REFUND_EXCEEDS_PAYMENT",
    each={"at once": 0, "in two refunds": 600},
)
def refund_too_much(ground: Ground, before: int) -> Attempt:
    payment = ground.paid(ground.wallet())
    if before:
        ground.till.shop.refund(payment, books(before), "returned-goods")
        ground.desk.in_step()
    return lambda: ground.till.shop.refund(payment, books(1_001 - before), "returned-goods")


@case(17, "shop", "refunds in another category than was paid", "REFUND_EXCEEDS_PAYMENT")
def refund_elsewhere(ground: Ground) -> Attempt:
    payment = ground.paid(ground.wallet())
    return lambda: ground.till.shop.refund(payment, [{"category": "toys", "cents": 100}], "returned-goods")


@case(17, "shop", "refunds a payment that does not exist", "PAYMENT_NOT_FOUND")
def refund_nothing(ground: Ground) -> Attempt:
    return lambda: ground.till.shop.refund(new_id(), books(100), "returned-goods")


@case(17, "shop", "names another voucher to refund to", "MALFORMED_REQUEST")
def refund_to_another(ground: Ground) -> Attempt:
    payment, another = ground.paid(ground.wallet()), ground.wallet()
    members: dict[str, Any] = {"payment": payment, "lines": books(500), "reason": "returned-goods"}
    return lambda: ground.write(
        ground.till.shop.caller.contract, "payment:Refund", **members, voucher=another.voucher
    )


@case(
    17,
    "shop",
    "cancels a payment {}",
    "PAYMENT_STATE",
    each={"that was refunded in part": True, "twice": False},
)
def cancel_again(ground: Ground, refunded: bool) -> Attempt:
    payment = ground.paid(ground.wallet())
    if refunded:
        ground.till.shop.refund(payment, books(100), "returned-goods")
    else:
        ground.till.shop.cancel(payment, "wrong-item")
    ground.desk.in_step()
    return lambda: ground.till.shop.cancel(payment, "wrong-item")


@case(
    21,
    "holder",
    "has a voucher {}",
    "UNKNOWN_TRANSACTION",
    each={
        "transferred": "voucher:Transfer",
        "cashed out": "voucher:CashOut",
        "paid out to an account": "payment:PayOut",
        "given by the contract's own name": "voucher:transfer",
    },
)
def no_such_transaction(ground: Ground, name: str) -> Attempt:
    wallet = ground.wallet()
    return lambda: ground.write(
        ground.till.shop.caller.contract, name, scheme=ground.scheme, voucher=wallet.voucher, cents=1_000
    )
