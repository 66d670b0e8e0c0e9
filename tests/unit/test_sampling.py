"""Monetary-unit sampling: factors as published, the same chance for every cent, limits that hold."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import DOMAIN

from kindpakket.auditor.sampling import (
    Item,
    Plan,
    Sample,
    SamplingError,
    commitment_of,
    draw,
    evaluate,
    reliability_factor,
    seed_of,
)
from kindpakket.auditor.sampling.drawing import unit_of

D95 = Decimal("0.95")
SEED = "5" * 64
amounts = st.lists(st.integers(1, 3_000), min_size=1, max_size=60)


def items_of(cents: list[int]) -> list[Item]:
    return [Item(f"{place:032x}", amount) for place, amount in enumerate(cents)]


@pytest.mark.parametrize(
    ("confidence", "published"),
    [
        ("0.95", ["3.00", "4.75", "6.30", "7.76", "9.16", "10.52"]),
        ("0.90", ["2.31", "3.89", "5.33", "6.69", "8.00", "9.28"]),
        ("0.99", ["4.61", "6.64", "8.41", "10.05", "11.61", "13.11"]),
        ("0.80", ["1.61", "3.00", "4.28", "5.52", "6.73", "7.91"]),
    ],
)
def test_factors_are_those_of_published_tables(confidence: str, published: list[str]) -> None:
    """As in the AICPA's guide, which rounds up to two decimals."""
    found = [reliability_factor(errors, Decimal(confidence)) for errors in range(len(published))]
    assert [factor.quantize(Decimal("0.01"), rounding=ROUND_UP) for factor in found] == [
        Decimal(text) for text in published
    ]


def test_what_has_no_factor_is_refused() -> None:
    for errors, confidence in ((-1, D95), (0, Decimal(1)), (0, Decimal(0))):
        with pytest.raises(ValueError, match="no factor"):
            reliability_factor(errors, confidence)


def test_the_plan_meets_the_materiality_when_what_is_expected_is_found() -> None:
    plan = Plan(materiality=100_000, expected=0, confidence=D95)
    assert plan.interval == int(100_000 / reliability_factor(0, D95))
    with_errors = Plan(materiality=100_000, expected=10_000, confidence=D95)
    factors = [Fraction(reliability_factor(count, D95)) for count in (0, 1)]
    most = factors[0] * with_errors.interval + 10_000 * (factors[1] - factors[0])
    assert 100_000 - 3 <= most <= 100_000
    for materiality, expected in ((0, 0), (100, -1), (100_000, 90_000)):
        with pytest.raises(SamplingError):
            Plan(materiality, expected, D95)


@settings(deadline=None)
@given(amounts, st.integers(1, 4_000), st.integers(0, 2**32))
def test_every_cent_is_in_one_cell_or_always_in(cents: list[int], interval: int, number: int) -> None:
    seed = f"{number:064x}"
    sample = draw(items_of(cents), interval, seed)
    assert sample.cents == sum(cents)
    assert sample.certain_cents == sum(amount for amount in cents if amount >= interval)
    assert (sample.cells - 1) * interval < sample.sampled_cents <= sample.cells * interval
    units = [unit_of(seed, cell, interval) for cell in range(sample.cells)]
    assert [unit // interval for unit in units] == list(range(sample.cells))
    hits = sum(item.hits for item in sample.drawn)
    assert hits == sum(unit < sample.sampled_cents for unit in units)
    assert max(sample.cells - 1, 0) <= hits <= sample.cells


@settings(deadline=None)
@given(amounts, st.integers(1, 4_000), st.randoms(use_true_random=False))
def test_the_order_of_the_payments_does_not_matter(cents: list[int], interval: int, random: Random) -> None:
    items = items_of(cents)
    shuffled = list(items)
    random.shuffle(shuffled)
    assert draw(shuffled, interval, SEED) == draw(items, interval, SEED)


def test_over_seeds_every_cent_has_the_same_chance() -> None:
    """An item of so many cents is hit as often as its cents are to the interval, within five deviations."""
    items, interval, seeds = items_of([1, 10, 100, 400, 999, 37, 250]), 1_000, 1_500
    hits: Counter[str] = Counter()
    for number in range(seeds):
        hits.update({item.id: item.hits for item in draw(items, interval, f"{number:064x}").drawn})
    for item in items:
        expected = seeds * item.cents / interval
        assert abs(hits[item.id] - expected) <= 5 * expected**0.5, item


def test_another_seed_draws_another_sample() -> None:
    items = items_of([100] * 200)
    assert draw(items, 1_000, "1" * 64).drawn != draw(items, 1_000, "2" * 64).drawn


@pytest.mark.parametrize(
    ("items", "interval", "sentence"),
    [
        ([Item("a", 1), Item("a", 2)], 10, "appears twice"),
        ([Item("a", 0)], 10, "no cents"),
        ([Item("a", 1)], 0, "interval is 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(items: list[Item], interval: int, sentence: str) -> None:
    with pytest.raises(SamplingError, match=sentence):
        draw(items, interval, SEED)


def drawn() -> Sample:
    return draw(items_of([50, 80, 120, 2_000, 300, 610, 90] * 20), 1_000, SEED)


def test_nothing_wrong_leaves_the_basic_precision() -> None:
    sample = drawn()
    found = evaluate(sample, {}, D95)
    assert (found.known, found.projected, found.incremental, found.most_likely) == (0, 0, 0, 0)
    assert found.upper_limit == found.basic_precision == 2_996


def test_an_error_is_projected_by_its_tainting() -> None:
    """Worked by hand: half of one payment is wrong, so half a cell; the factor grows by 4.75 - 3.00 - 1."""
    sample = drawn()
    item = next(item for item in sample.drawn if item.hits == 1 and item.cents % 2 == 0)
    found = evaluate(sample, {item.id: item.cents // 2}, D95)
    assert (found.projected, found.incremental, found.upper_limit) == (500, 375, 3_870)
    certain = next(item for item in sample.drawn if item.certain)
    known = evaluate(sample, {certain.id: 700}, D95)
    assert (known.known, known.projected, known.upper_limit) == (700, 0, 700 + 2_996)


@settings(deadline=None)
@given(amounts, st.integers(2, 4_000), st.data())
def test_the_upper_limit_covers_what_is_projected(
    cents: list[int], interval: int, data: st.DataObject
) -> None:
    sample = draw(items_of(cents), interval, SEED)
    errors = {item.id: data.draw(st.integers(0, item.cents)) for item in sample.drawn}
    found = evaluate(sample, errors, D95)
    assert 0 <= found.most_likely <= found.upper_limit <= sample.cents
    fewer = {item: cents // 2 for item, cents in errors.items()}
    assert evaluate(sample, fewer, D95).upper_limit <= found.upper_limit


def test_the_limit_holds_as_often_as_it_says() -> None:
    """Of 300 samples of a population with known errors, no more than one in twenty may fall short."""
    items = items_of([200] * 400)
    wrong = {item.id: 200 for item in items[:8]} | {item.id: 60 for item in items[8:30]}
    total, short = sum(wrong.values()), 0
    for number in range(300):
        sample = draw(items, 1_500, f"{number:064x}")
        errors = {item.id: wrong[item.id] for item in sample.drawn if item.id in wrong}
        short += evaluate(sample, errors, D95).upper_limit < total
    assert short <= 15


def test_an_error_that_cannot_be_is_refused() -> None:
    sample = drawn()
    item = sample.drawn[0]
    for errors in ({"f" * 32: 1}, {item.id: -1}, {item.id: item.cents + 1}):
        with pytest.raises(SamplingError, match="payment"):
            evaluate(sample, errors, D95)


def test_the_seed_covers_everything_that_it_is_of() -> None:
    seed = seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["b", "a"], "c" * 64)
    assert seed == seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["a", "b", "a"], "c" * 64)
    others = {
        seed_of(DOMAIN, "2026-01-02", "2026-12-31", ["a", "b"], "c" * 64),
        seed_of(DOMAIN, "2026-01-01", "2026-12-30", ["a", "b"], "c" * 64),
        seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["a"], "c" * 64),
        seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["a", "b"], "d" * 64),
        seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["a", "b"], "c" * 64, "e" * 32),
    }
    assert len(others | {seed}) == 6
    assert (commitment_of(""), len(commitment_of("e" * 32))) == ("", 64)
    with pytest.raises(SamplingError, match="hexadecimal"):
        seed_of(DOMAIN, "2026-01-01", "2026-12-31", ["a"], "c" * 64, "E" * 32)
