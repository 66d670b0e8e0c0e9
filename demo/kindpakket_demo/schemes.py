"""Two schemes: the provision itself, and a small scheme that ends within seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledger.records import CategoryRule, Rules
from kindpakket_demo.desk import Desk
from kindpakket_demo.town import CATEGORIES

PRESET = "child"
CENTS_PER_CHILD = 30_000
SHORT_CENTS = 5_000
COURSE = "swimming-course"
COURSE_CENTS = 12_500
COURSES = 3
PAPER_CAP_CENTS = 7_500
CATEGORY_CAPS = {"computer": 20_000, "toys": 15_000}


@dataclass(frozen=True, slots=True)
class OpenScheme:
    """A scheme that was opened."""

    id: str
    rules: Rules


def open_provision(desk: Desk, children: int, today: datetime, scheme: str | None = None) -> OpenScheme:
    """Draft the provision of this year, have it approved by a second person, and open it.

    Args:
        desk: the connections of the clerk and the manager.
        children: the number of children that the budget is for; a tenth is added.
        today: the current time.
        scheme: its id; default: a new one.
    """
    starts = today.date().replace(day=1)
    rules = _rules(
        name=f"kindpakket-{today.year}",
        starts_on=starts.isoformat(),
        ends_on=(starts + timedelta(days=364)).isoformat(),
        cents=CENTS_PER_CHILD,
    )
    rules["products"] = {COURSE: {"category": "swimming", "max_cents": COURSE_CENTS}}
    budget = children * CENTS_PER_CHILD * 11 // 10 + COURSES * COURSE_CENTS
    return _open(desk, rules, budget, request_id=scheme)


def open_short(desk: Desk, vouchers: int, now: datetime, seconds: int) -> OpenScheme:
    """Open a scheme that ends this many seconds from now."""
    ends_at = int(now.timestamp()) + seconds
    last_day = datetime.fromtimestamp(ends_at - 1, AMSTERDAM).date()
    rules = _rules(
        name=f"try-out-{now.year}",
        starts_on=(last_day - timedelta(days=1)).isoformat(),
        ends_on=last_day.isoformat(),
        cents=SHORT_CENTS,
    )
    rules["ends_at"] = ends_at
    return _open(desk, rules, budget=vouchers * SHORT_CENTS)


def _rules(name: str, starts_on: str, ends_on: str, cents: int) -> Rules:
    categories: list[CategoryRule] = [
        {"code": code, "cap_cents": CATEGORY_CAPS[code]} if code in CATEGORY_CAPS else {"code": code}
        for code in CATEGORIES
    ]
    return {
        "name": name,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "presets": {PRESET: cents},
        "categories": categories,
        "payment_min_cents": 100,
        "payment_cap_cents": CENTS_PER_CHILD,
        "day_cap_cents": 2 * CENTS_PER_CHILD,
        "proofs": ["key", "booklet"],
        "paper_cap_cents": PAPER_CAP_CENTS,
        "hold_days": 7,
        "extension_days": 90,
        "refund_grace_days": 30,
        "settlement_days": 1,
        "retention_days": 7 * 365,
    }


def _open(desk: Desk, rules: Rules, budget: int, request_id: str | None = None) -> OpenScheme:
    scheme = desk.clerk.schemes.draft(rules, budget, request_id=request_id)["id"]
    desk.in_step()
    desk.manager.schemes.approve(scheme)
    desk.in_step()
    desk.clerk.schemes.open(scheme)
    desk.in_step()
    return OpenScheme(scheme, rules)
