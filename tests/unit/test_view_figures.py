"""The figures that a council asks for, against sums made by hand and by a second way."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_blocks import CHAINCODE, CHANNEL, Asked, peer_of
from small_town import SmallTown, spend

from kindpakket.ledger.days import day_of, first_instant
from kindpakket.ledgerview import LedgerView, catch_up
from kindpakket.ledgerview.figures import Figures, figures, percent, quarter_of
from kindpakket.ledgerview.payouts import percentile


def view_of(where: str | Path, told: list[Asked]) -> LedgerView:
    view = LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE)
    catch_up(view, peer_of(told, sizes=[1]))
    return view


class Story:
    """Vouchers issued in two quarters, and two payments that are paid out after three and ten days."""

    def __init__(self) -> None:
        self.town = SmallTown(Random(1), schemes=1, shops=1)
        (self.scheme,), (self.shop,) = self.town.schemes, self.town.shops
        self.at("2026-01-01")
        self.told = [*self.town.begin()]

    def at(self, day: str, hour: int = 12) -> None:
        self.town.now = first_instant(day) + hour * 3600

    def issue(self, cents: int) -> str:
        self.town.random.randint = lambda *_: cents  # type: ignore[method-assign]
        self.told.append(self.town.commit(self.town.issue()))
        return next(reversed([key for key in self.town.state if key.startswith("voucher/")]))

    def pay(self, voucher: str, **lines: int) -> str:
        record = copy.deepcopy(self.town.state[voucher])
        payment: dict[str, Any] = {
            "id": self.town.id(),
            "scheme": self.scheme,
            "shop": self.shop,
            "voucher": record["id"],
            "lines": [{"category": name, "cents": cents} for name, cents in lines.items()],
            "cents": sum(lines.values()),
            "refunded": {},
            "refunded_cents": 0,
            "state": "paid",
            "day": day_of(self.town.now),
            "at": self.town.now,
            "proof": {"kind": "key", "version": 1},
        }
        spend(record, payment["lines"])
        self.town.put(voucher, record)
        self.town.put(f"payment/{payment['id']}", payment)
        self.town.item(payment, payment["cents"])
        self.told.append(self.town.commit("payment:Pay"))
        return str(payment["id"])

    def cancel(self) -> None:
        self.told.append(self.town.commit(self.town.cancel()))

    def settle(self, value_date: str = "") -> None:
        """Draft what is open and have the bank pay it."""
        self.told.append(self.town.commit(self.town.settle()))
        key = [key for key in self.town.state if key.startswith("settlement/")][-1]
        for state in ("approved", "exported", "paid"):
            given = {"value_date": value_date} if state == "paid" and value_date else {}
            self.town.put(key, {**self.town.state[key], "state": state, **given})
            self.told.append(self.town.commit("settlement:Book"))


@pytest.fixture
def story() -> Story:
    """By hand: € 300 and € 200 in the first quarter, € 100 in the second; € 90 and € 60 are paid out."""
    story = Story()
    story.at("2026-01-10")
    first, _ = story.issue(30_000), story.issue(20_000)
    story.at("2026-02-01")
    story.pay(first, books=8_000, toys=1_000)
    story.at("2026-02-04")
    story.settle(value_date="2026-02-04")
    story.at("2026-04-01", hour=1)
    third = story.issue(10_000)
    story.at("2026-04-02")
    story.pay(third, books=6_000)
    story.pay(third, toys=500)
    return story


def test_figures_made_by_hand(story: Story, where: str) -> None:
    story.at("2026-04-12")
    story.settle()
    story.at("2026-05-01")
    story.pay(next(key for key in story.town.state if key.startswith("voucher/")), toys=2_500)
    with view_of(where, story.told) as view, view.reading() as snapshot:
        found = figures(snapshot)
    (scheme,) = found.as_json()["schemes"]
    assert found.as_json()["as_at"]["height"] == found.moment.height
    assert {name: scheme[name] for name in ("vouchers", "never_used", "given_cents", "used_cents")} == {
        "vouchers": 3,
        "never_used": 1,
        "given_cents": 60_000,
        "used_cents": 18_000,
    }
    assert scheme["used_percent"] == 30.0
    assert scheme["categories"] == [
        {"category": "books", "payments": 2, "used_cents": 14_000, "share_percent": 77.8},
        {"category": "toys", "payments": 3, "used_cents": 4_000, "share_percent": 22.2},
    ]
    first, second = scheme["quarters_of_issue"]
    assert (first["quarter"], first["vouchers"], first["never_used"]) == ("2026-Q1", 2, 1)
    assert (first["given_cents"], first["used_cents"], first["used_percent"]) == (50_000, 11_500, 23.0)
    assert (second["quarter"], second["used_percent"]) == ("2026-Q2", 65.0)
    assert scheme["payout"] == {
        "paid_payments": 3,
        "median_days": 10,
        "p90_days": 10,
        "longest_days": 10,
        "waiting_payments": 1,
        "waiting_cents": 2_500,
        "oldest_waiting_day": "2026-05-01",
    }


def test_figures_as_at_an_earlier_day(story: Story, tmp_path: Path) -> None:
    with view_of(tmp_path / "view.db", story.told) as view:
        with view.reading(date(2026, 3, 31)) as snapshot:
            (scheme,) = figures(snapshot).as_json()["schemes"]
        with view.reading(date(2026, 2, 3)) as snapshot:
            (earlier,) = figures(snapshot).as_json()["schemes"]
    assert (scheme["vouchers"], scheme["used_cents"]) == (2, 9_000)
    assert scheme["payout"]["median_days"] == 3
    assert (earlier["payout"]["paid_payments"], earlier["payout"]["waiting_cents"]) == (0, 9_000)


def test_what_was_cancelled_was_never_used(tmp_path: Path) -> None:
    story = Story()
    voucher = story.issue(1_000)
    story.pay(voucher, books=400)
    story.cancel()
    with view_of(tmp_path / "view.db", story.told) as view, view.reading() as snapshot:
        (scheme,) = figures(snapshot).as_json()["schemes"]
    assert (scheme["never_used"], scheme["used_cents"]) == (1, 0)
    assert scheme["categories"] == [
        {"category": "books", "payments": 0, "used_cents": 0, "share_percent": None}
    ]


def test_figures_agree_with_the_records_of_a_random_town(where: str) -> None:
    town = SmallTown(Random(11))
    told = [*town.begin(), *town.steps(800)]
    with view_of(where, told) as view, view.reading() as snapshot:
        found: Figures = figures(snapshot)
    assert [scheme.scheme for scheme in found.schemes] == town.schemes
    for scheme in found.schemes:
        vouchers = [
            record for key, record in town.state.items() if key.startswith(f"voucher/{scheme.scheme}/")
        ]
        sums: Counter[str] = Counter()
        by_category: Counter[str] = Counter()
        for voucher in vouchers:
            sums.update({name: value for name, value in voucher.items() if name.endswith("_cents")})
            by_category.update(voucher["spent_by_category"])
        use = scheme.use
        assert (use.vouchers, use.held, use.available) == (
            len(vouchers),
            sums["held_cents"],
            sums["available_cents"],
        )
        assert use.given == sums["issued_cents"] + sums["topped_up_cents"]
        assert use.used == sums["spent_cents"] - sums["refunded_cents"] - sums["cancelled_cents"]
        categories = [each for each in found.categories if each.scheme == scheme.scheme]
        assert {each.category: each.used for each in categories} == dict(by_category)
    assert len(figures_of_one(where, town.schemes[1]).schemes) == 1


def figures_of_one(where: str, scheme: str) -> Figures:
    with LedgerView(where) as view, view.reading() as snapshot:
        return figures(snapshot, (scheme,))


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[int], share: int) -> None:
    found = percentile(Counter(values), share)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
    assert sum(value < found for value in values) * 100 < share * len(values)


def test_shares_and_quarters() -> None:
    assert percentile(Counter(), 50) is None
    assert (percent(1, 3), percent(0, 5), percent(1, 0)) == (33.3, 0.0, None)
    assert [quarter_of(f"2026-{month:02}") for month in (1, 3, 4, 12)] == [
        "2026-Q1",
        "2026-Q1",
        "2026-Q2",
        "2026-Q4",
    ]
