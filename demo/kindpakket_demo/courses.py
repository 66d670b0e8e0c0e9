"""Vouchers for one product: a swimming course, bought below its highest price. The rest lapses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kindpakket.holder.key import HolderKey
from kindpakket.ledger.records import Line
from kindpakket_demo import children, vouchers
from kindpakket_demo.attempts import Attempts
from kindpakket_demo.desk import DemoFailed, Desk
from kindpakket_demo.schemes import COURSE, COURSE_CENTS, COURSES, OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.spending import Purse
from kindpakket_demo.wallets import Wallet

PRICE_CENTS = 9_900
CATEGORY = "swimming"


@dataclass(frozen=True, slots=True)
class Courses:
    """The vouchers that bought a course, and what lapsed of them, in cents."""

    purses: list[Purse]
    lapsed_cents: int


def teach_to_swim(desk: Desk, attempts: Attempts, scheme: OpenScheme, street: Street, path: Path) -> Courses:
    """Issue a course to the first children of the file, buy each course once, and let the rest lapse.

    Raises:
        DemoFailed: the amount that lapsed differs from what was left.
    """
    enrolled = children.enrol(desk, path, scheme, first=COURSES, product=COURSE)
    vouchers.issue(desk, scheme.id, enrolled.bulks)
    wallets = [Wallet(voucher, HolderKey.generate()) for voucher in enrolled.vouchers]
    vouchers.activate(desk, scheme.id, wallets)
    pool = next(till for till in street.open if till.store.categories[0] == CATEGORY)
    lines: list[Line] = [{"category": CATEGORY, "cents": PRICE_CENTS}]
    purses = [Purse(wallet, COURSE_CENTS) for wallet in wallets]
    for purse in purses:
        order = pool.shop.order(scheme.id, purse.wallet.voucher, lines)
        purse.payments.append((pool, pool.shop.pay(order, purse.wallet.authorise(order))))
        again = pool.shop.order(scheme.id, purse.wallet.voucher, [{"category": CATEGORY, "cents": 100}])
        proof = purse.wallet.authorise(again)
        attempts.expect("VOUCHER_REDEEMED", partial(pool.shop.pay, again, proof))
        purse.available = 0
    desk.in_step()
    lapsed = sum(moved["cents"] for moved in desk.clerk.vouchers.lapse_all(scheme.id, "course-bought"))
    if lapsed != len(purses) * (COURSE_CENTS - PRICE_CENTS):
        expected = len(purses) * (COURSE_CENTS - PRICE_CENTS)
        raise DemoFailed(f"{lapsed} cents lapsed after {len(purses)} courses were bought, not {expected}")
    desk.in_step()
    return Courses(purses, lapsed)
