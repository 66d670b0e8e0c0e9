"""The municipality's part of the year: the scheme, the children's vouchers, the shops."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random

from kindpakket_demo import children, shops, vouchers, wallets
from kindpakket_demo.desk import Desk, Till
from kindpakket_demo.schemes import OpenScheme
from kindpakket_demo.shops import Street
from kindpakket_demo.town import CATEGORIES, Store, Town, account_of
from kindpakket_demo.wallets import Wallet

_AT_ONCE = 8
_TRADES = ("Boekhandel", "Fietsenhuis", "Sporthal", "Zwembad", "Computerwinkel", "Kledinghuis", "Speelhoek")


def invent_shops(count: int, seed: int) -> list[Store]:
    """Shops with one to three categories each, every category sold somewhere."""
    random = Random(seed)
    made = []
    for number in range(count):
        first = number % len(CATEGORIES)
        others = random.sample(CATEGORIES, random.choice((0, 0, 1, 2)))
        categories = tuple(dict.fromkeys((CATEGORIES[first], *others)))
        kvk = f"{random.randint(10_000_000, 89_999_999)}"
        made.append(Store(f"{_TRADES[first]} {number + 1}", categories, account_of(random), kvk))
    return made


def open_shops(desk: Desk, stores: Sequence[Store], day: date) -> Street:
    """Enrol the shops' users, then have them apply and be approved, all but the last."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tills: list[Till] = list(
            pool.map(lambda pair: desk.till(pair[1], f"shop-{pair[0]:03}"), enumerate(stores))
        )
    return shops.admit(desk, tills, day)


def hand_out(desk: Desk, town: Town, scheme: OpenScheme) -> list[Wallet]:
    """Issue a voucher to each child, from the municipality's file, and bind it to a key or a booklet."""
    path = desk.results / "entitled-children.csv"
    children.write_file(path, town.children)
    enrolled = children.enrol(desk, path, scheme)
    vouchers.issue(desk, scheme.id, enrolled.bulks)
    made = wallets.hand_out(enrolled.vouchers, desk.random)
    vouchers.activate(desk, scheme.id, made)
    return made
