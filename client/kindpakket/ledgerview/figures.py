"""What a council asks: use by scheme, category and quarter of issue, and how fast shops are paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledgerview.layout import TableLayout, table
from kindpakket.ledgerview.moment import Moment
from kindpakket.ledgerview.payouts import Payout, payouts
from kindpakket.ledgerview.schema import SQL
from kindpakket.ledgerview.snapshot import Snapshot

with extra("view"):
    from sqlalchemy import ColumnElement, case, distinct, func, select

_VOUCHERS, _RULES, _SCHEMES, _BUDGETS = (SQL[name] for name in ("vouchers", "rules", "schemes", "budgets"))
_MOVEMENTS = SQL["movements"]
_MONTHS_OF_A_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Use:
    """What was done with vouchers; amounts in cents.

    Attributes:
        vouchers: how many.
        never_used: how many of them paid nothing that was not cancelled.
        given: what was issued and topped up.
        used: what was spent, less refunds and cancellations.
        held: what shops hold.
        available: what is left.
        lapsed: what lapsed.
        revoked: what was revoked.
    """

    vouchers: int = 0
    never_used: int = 0
    given: int = 0
    used: int = 0
    held: int = 0
    available: int = 0
    lapsed: int = 0
    revoked: int = 0

    @property
    def used_percent(self) -> float | None:
        """How much of what was given was used, in percent; None if nothing was given."""
        return percent(self.used, self.given)

    def plus(self, other: Use) -> Use:
        """The sums of both."""
        return Use(*(getattr(self, name) + getattr(other, name) for name in Use.__slots__))

    def as_json(self) -> dict[str, Any]:
        """The members for programs."""
        return {
            "vouchers": self.vouchers,
            "never_used": self.never_used,
            "given_cents": self.given,
            "used_cents": self.used,
            "used_percent": self.used_percent,
            "held_cents": self.held,
            "available_cents": self.available,
            "lapsed_cents": self.lapsed,
            "revoked_cents": self.revoked,
        }


@dataclass(frozen=True, slots=True)
class SchemeUse:
    """The use of a scheme's vouchers.

    Attributes:
        scheme: its id.
        name: its name.
        state: its state.
        budget: its budget, in cents.
        use: the sums of all its vouchers.
        quarters: the sums by quarter of issue, such as `2026-Q1`, in order.
    """

    scheme: str
    name: str
    state: str
    budget: int
    use: Use
    quarters: dict[str, Use]


@dataclass(frozen=True, slots=True)
class CategoryUse:
    """What was used in a category of a scheme.

    Attributes:
        scheme: the scheme's id.
        category: code of the category.
        payments: how many payments have something of it and were not cancelled.
        used: what was spent, less refunds and cancellations, in cents.
        share: the share of what was used in the scheme, in percent; None if that is nothing.
    """

    scheme: str
    category: str
    payments: int
    used: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures as at a moment."""

    moment: Moment
    schemes: tuple[SchemeUse, ...]
    categories: tuple[CategoryUse, ...]
    payouts: tuple[Payout, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures for programs, by scheme."""
        return {"as_at": self.moment.as_json(), "schemes": [self._scheme(scheme) for scheme in self.schemes]}

    def _scheme(self, scheme: SchemeUse) -> dict[str, Any]:
        return {
            "id": scheme.scheme,
            "name": scheme.name,
            "state": scheme.state,
            "budget_cents": scheme.budget,
            **scheme.use.as_json(),
            "categories": [
                {
                    "category": category.category,
                    "payments": category.payments,
                    "used_cents": category.used,
                    "share_percent": category.share,
                }
                for category in self.categories
                if category.scheme == scheme.scheme
            ],
            "quarters_of_issue": [
                {"quarter": quarter, **use.as_json()} for quarter, use in scheme.quarters.items()
            ],
            "payout": next(payout.as_json() for payout in self.payouts if payout.scheme == scheme.scheme),
        }


def figures(snapshot: Snapshot, schemes: tuple[str, ...] = ()) -> Figures:
    """The figures as at the snapshot's block.

    Args:
        snapshot: the view.
        schemes: ids of the schemes; none: all.
    """
    found = tuple(scheme for scheme in _schemes(snapshot) if not schemes or scheme.scheme in schemes)
    chosen = {scheme.scheme: scheme for scheme in found}
    categories = tuple(
        CategoryUse(scheme, category, payments, used, percent(used, chosen[scheme].use.used))
        for scheme, category, payments, used in _categories(snapshot)
        if scheme in chosen
    )
    return Figures(snapshot.moment, found, categories, tuple(payouts(snapshot, list(chosen))))


def percent(part: int, whole: int) -> float | None:
    """A share in percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def quarter_of(month: str) -> str:
    """The quarter of a month such as `2026-05`: `2026-Q2`."""
    first = date.fromisoformat(f"{month}-01")
    return f"{first.year}-Q{(first.month - 1) // _MONTHS_OF_A_QUARTER + 1}"


def _schemes(snapshot: Snapshot) -> Iterator[SchemeUse]:
    quarters = _quarters(snapshot)
    names = {row.scheme: row.name for row in _ordered(snapshot, "rules", _RULES.c.scheme, _RULES.c.name)}
    budgets = {
        row.scheme: row.budget_cents
        for row in _ordered(snapshot, "budgets", _BUDGETS.c.scheme, _BUDGETS.c.budget_cents)
    }
    for row in _ordered(snapshot, "schemes", _SCHEMES.c.id, _SCHEMES.c.state, _SCHEMES.c.created_at):
        by_quarter = quarters.get(row.id, {})
        total = Use()
        for use in by_quarter.values():
            total = total.plus(use)
        yield SchemeUse(
            row.id,
            names.get(row.id, ""),
            row.state,
            budgets.get(row.id, 0),
            total,
            dict(sorted(by_quarter.items())),
        )


def _ordered(snapshot: Snapshot, name: str, *columns: ColumnElement[Any]) -> Any:
    """Columns of the current things of a table: later ones come later, so that they count."""
    layout: TableLayout = table(name)
    sql = SQL[name]
    chosen = select(*columns).where(snapshot.within(layout))
    return snapshot.connection.execute(chosen.order_by(sql.c.created_at, *sql.primary_key.columns))


def _quarters(snapshot: Snapshot) -> dict[str, dict[str, Use]]:
    """The use of vouchers by scheme and quarter of issue; the database adds up what is of one month."""
    columns = _VOUCHERS.c
    month = func.substr(columns.issued_on, 1, 7)
    used = columns.spent_cents - columns.refunded_cents - columns.cancelled_cents
    sums = [
        func.count(),
        func.sum(case((columns.spent_cents == columns.cancelled_cents, 1), else_=0)),
        func.sum(columns.issued_cents + columns.topped_up_cents),
        func.sum(used),
        *(func.sum(columns[f"{term}_cents"]) for term in ("held", "available", "lapsed", "revoked")),
    ]
    chosen = select(columns.scheme, month, *sums).where(snapshot.within(table("vouchers")))
    found: dict[str, dict[str, Use]] = {}
    for scheme, month_of_issue, *terms in snapshot.connection.execute(chosen.group_by(columns.scheme, month)):
        quarters = found.setdefault(scheme, {})
        quarter = quarter_of(month_of_issue)
        quarters[quarter] = quarters.get(quarter, Use()).plus(Use(*map(int, terms)))
    return found


def _categories(snapshot: Snapshot) -> Iterator[tuple[str, str, int, int]]:
    columns = _MOVEMENTS.c
    sign = case((columns.kind == "spent", columns.cents), else_=-columns.cents)
    chosen = (
        select(
            columns.scheme,
            columns.category,
            func.count(distinct(case((columns.kind == "spent", columns.payment)))),
            func.count(distinct(case((columns.kind == "cancelled", columns.payment)))),
            func.sum(sign),
        )
        .where(columns.block <= snapshot.moment.block, columns.kind.in_(("spent", "refunded", "cancelled")))
        .group_by(columns.scheme, columns.category)
    )
    used: Counter[tuple[str, str]] = Counter()
    payments: Counter[tuple[str, str]] = Counter()
    for scheme, category, paid, cancelled, cents in snapshot.connection.execute(chosen):
        used[scheme, category], payments[scheme, category] = int(cents), paid - cancelled
    for scheme, category in sorted(used, key=lambda place: (place[0], -used[place], place[1])):
        yield scheme, category, payments[scheme, category], used[scheme, category]
