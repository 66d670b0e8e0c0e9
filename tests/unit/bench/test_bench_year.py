"""The year of the benchmark: how payments are spread, and that nobody buys what a voucher cannot pay."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from year.office import invent_shops
from year.seasons import days_of, spread
from year.shopping import LEAST_CENTS, Purse, Shopping

from kindpakket_demo.schemes import CATEGORY_CAPS, CENTS_PER_CHILD, PAPER_CAP_CENTS
from kindpakket_demo.town import CATEGORIES
from kindpakket_demo.wallets import PAGES

YEAR = days_of(date(2027, 1, 1), date(2027, 12, 31))


@given(total=st.integers(0, 200_000), first=st.integers(0, 360), length=st.integers(1, 365))
def test_days_together_have_all_payments(total: int, first: int, length: int) -> None:
    counts = spread(total, YEAR[first : first + length])
    assert sum(counts) == total
    assert min(counts) >= 0


def test_a_saturday_before_school_is_busier_than_a_sunday_in_summer() -> None:
    by_day = dict(zip(YEAR, spread(100_000, YEAR), strict=True))
    assert by_day[date(2027, 9, 4)] > 10 * by_day[date(2027, 7, 11)]


def test_the_same_seed_makes_the_same_year() -> None:
    def year() -> list[object]:
        purses = [Purse(bool(number % 4 == 0), CENTS_PER_CHILD) for number in range(40)]
        return list(Shopping(purses, invent_shops(9, 3), 5).year(YEAR, spread(500, YEAR)))

    assert year() == year()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), payments=st.integers(100, 1500))
def test_no_purchase_is_above_what_a_voucher_can_pay(seed: int, payments: int) -> None:
    purses = [Purse(number % 3 == 0, CENTS_PER_CHILD) for number in range(50)]
    stores = invent_shops(20, seed)
    spent: dict[int, Counter[str]] = {child: Counter() for child in range(len(purses))}
    pages: Counter[int] = Counter()
    made = open_holds = 0
    for day in Shopping(purses, stores, seed).year(YEAR, spread(payments, YEAR)):
        open_holds -= len(day.captures)
        for purchase, lines in day.refunds:
            spent[purchase.child].subtract({line["category"]: line["cents"] for line in lines})
        buyers = [purchase.child for purchase in day.purchases]
        assert len(buyers) == len(set(buyers))
        for purchase in day.purchases:
            (line,) = purchase.lines
            assert line["category"] in stores[purchase.shop].categories
            on_paper = purses[purchase.child].on_paper
            assert LEAST_CENTS <= line["cents"] <= (PAPER_CAP_CENTS if on_paper else CENTS_PER_CHILD)
            pages[purchase.child] += on_paper
            open_holds += purchase.how == "hold"
            mine = spent[purchase.child]
            mine[line["category"]] += line["cents"]
            assert mine[line["category"]] <= CATEGORY_CAPS.get(line["category"], CENTS_PER_CHILD)
            assert sum(mine.values()) <= CENTS_PER_CHILD
            if purchase.cancelled:
                mine[line["category"]] -= line["cents"]
        made += len(day.purchases)
    assert open_holds == 0
    assert made <= payments
    assert max(pages.values(), default=0) <= PAGES


def test_every_category_is_sold_somewhere() -> None:
    assert {category for store in invent_shops(len(CATEGORIES), 1) for category in store.categories} == set(
        CATEGORIES
    )
