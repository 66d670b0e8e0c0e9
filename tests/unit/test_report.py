"""The report: one page, complete, and nothing fetched from elsewhere."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kindpakket.ledger.money import euros
from kindpakket.report.plot import Movement
from kindpakket.report.report import CategoryFigures, Check, Report, SchemeFigures, ShopFigures

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REPORT = Report(
    title="Kindpakket 2026",
    made_at=START,
    channel="zuidhorn",
    height=42,
    schemes=[
        SchemeFigures(
            id="a" * 32,
            name="kindpakket-2026",
            state="open",
            vouchers=2,
            budget=100_000,
            issued=60_000,
            topped_up=1_000,
            spent=2_500,
            refunded=500,
            cancelled=0,
            held=700,
            available=58_000,
            lapsed=250,
            revoked=50,
            unallocated=39_300,
        )
    ],
    categories=[CategoryFigures("kindpakket-2026", "books", 2, 2_000)],
    shops=[ShopFigures("Boek & Zo", 2, 2_500, 500, 0, 2_000, 0)],
    movements=[Movement(START, 2_500), Movement(START + timedelta(seconds=5), -500)],
    refusals={"VOUCHER_EXPIRED": 3},
    checks=[Check("hash chain", True, "42 blocks")],
)


def test_the_page_shows_every_figure_and_escapes_text() -> None:
    page = REPORT.as_html()
    amounts = ("€ 580.00", "€ 7.00", "€ 2.50", "€ 0.50")
    for text in (*amounts, "Boek &amp; Zo", "VOUCHER_EXPIRED", "1 of 1 checks passed", "42 blocks", "<svg"):
        assert text in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = REPORT.as_html()
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)", page)
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', page)


def test_the_same_figures_give_the_same_page() -> None:
    assert REPORT.as_html() == REPORT.as_html()


@pytest.mark.parametrize(
    "checks", [[], [Check("hash chain", True, ""), Check("vouchers", False, "1 differs")]]
)
def test_an_audit_that_fails_or_did_not_run_is_not_a_pass(checks: list[Check]) -> None:
    report = replace(REPORT, checks=checks)
    assert not report.passed
    assert "does not agree" in report.as_html()


def test_a_report_without_payments_has_no_plot() -> None:
    page = replace(REPORT, movements=[], refusals={}).as_html()
    assert "<svg" not in page
    assert "No payments yet." in page


@pytest.mark.parametrize(("cents", "text"), [(0, "€ 0.00"), (5, "€ 0.05"), (-1_234_567, "-€ 12,345.67")])
def test_euros(cents: int, text: str) -> None:
    assert euros(cents) == text
