"""A report of a channel's schemes as one self-contained HTML page: no scripts, links or image files.

Needs the extra `kindpakket[report]`, with matplotlib for the plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from kindpakket.extras import extra
from kindpakket.ledger.money import euros
from kindpakket.report.plot import Movement, spend_over_time

with extra("report"):
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class SchemeFigures:
    """A scheme's money; all terms in cents."""

    id: str
    name: str
    state: str
    vouchers: int
    budget: int
    issued: int
    topped_up: int
    spent: int
    refunded: int
    cancelled: int
    held: int
    available: int
    lapsed: int
    revoked: int
    unallocated: int


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """What was spent in a category of a scheme, in cents; `net` is less refunds and cancellations."""

    scheme: str
    category: str
    payments: int
    net: int


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """What a shop took, in cents, and what it was paid; `unsettled` is not in a live settlement yet."""

    name: str
    payments: int
    spent: int
    refunded: int
    cancelled: int
    settled: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the auditor: its name, whether it passed, and the figures."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """The content of the page.

    Attributes:
        title: heading.
        made_at: when the report was made, with a time zone.
        channel: name of the channel.
        height: number of blocks that were read.
        schemes: totals of each scheme.
        categories: totals of each category.
        shops: totals of each shop.
        movements: payments, refunds and cancellations, in any order.
        refusals: number of refused requests by code, counted by the clients: refusals are not on the ledger.
        checks: the audit's verdict, check by check.
    """

    title: str
    made_at: datetime
    channel: str
    height: int
    schemes: Sequence[SchemeFigures]
    categories: Sequence[CategoryFigures]
    shops: Sequence[ShopFigures]
    movements: Sequence[Movement]
    refusals: Mapping[str, int]
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Whether every check of the audit passed, and there is at least one."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def as_html(self) -> str:
        """The page."""
        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters["euros"] = euros
        template = environment.from_string(
            files("kindpakket.report").joinpath("report.html.j2").read_text(encoding="utf-8")
        )
        return template.render(report=self, plot=Markup(spend_over_time(self.movements)))  # noqa: S704
