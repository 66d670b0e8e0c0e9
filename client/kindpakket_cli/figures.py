"""`kindpakket figures`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.contract import Wrong
from kindpakket_cli.output import print_json, print_table
from kindpakket_cli.session import READERS, Session, acting_as
from kindpakket_cli.views import ViewPlace, as_at_option, view_option

if TYPE_CHECKING:
    from kindpakket.ledgerview.figures import Figures, Use

_USE = ("vouchers", "never used", "given", "used", "of it", "held", "left", "lapsed", "revoked")


@click.command("figures")
@click.argument("scheme_ids", metavar="[SCHEME]...", nargs=-1)
@as_at_option
@view_option
@acting_as(*READERS)
def figures(
    session: Session, place: ViewPlace, scheme_ids: tuple[str, ...], as_at: int | date | None
) -> None:
    """Show what a council asks: use by scheme, category and quarter of issue; how fast shops are paid.

    They come from the ledger view, which `kindpakket view follow` keeps up to date; the network is not asked.
    Given is what was issued and topped up, used what was spent less refunds and cancellations. Days until
    shops are paid count from the booking day of a payment to the bank's value date, or else to the day on
    which it was booked as paid.
    """
    from kindpakket.ledgerview.figures import figures as figures_of

    with place.reading(session, as_at) as snapshot:
        found = figures_of(snapshot, scheme_ids)
    if missing := sorted(set(scheme_ids) - {scheme.scheme for scheme in found.schemes}):
        raise Wrong(f"there is no scheme {missing[0]} as at block {found.moment.block}", "NO_SUCH")
    if session.as_json:
        print_json(found.as_json())
        return
    _show(found)


def _show(found: Figures) -> None:
    names = {scheme.scheme: scheme.name or scheme.scheme for scheme in found.schemes}
    print_table(
        ("scheme", "state", *_USE),
        [(names[scheme.scheme], scheme.state, *_cells(scheme.use)) for scheme in found.schemes],
        "Schemes",
    )
    print_table(
        ("scheme", "category", "payments", "used", "share"),
        [
            (
                names[category.scheme],
                category.category,
                f"{category.payments:,}",
                euros(category.used),
                _percent(category.share),
            )
            for category in found.categories
        ],
        "Categories",
    )
    print_table(
        ("scheme", "quarter", *_USE),
        [
            (names[scheme.scheme], quarter, *_cells(use))
            for scheme in found.schemes
            for quarter, use in scheme.quarters.items()
        ],
        "Quarters of issue",
    )
    print_table(
        ("scheme", "payments paid out", "median", "nine of ten", "longest", "waiting", "owed", "oldest"),
        [
            (
                names[payout.scheme],
                f"{payout.paid:,}",
                *_days((payout.median_days, payout.nine_of_ten_days, payout.longest_days)),
                f"{payout.waiting:,}",
                euros(payout.waiting_cents),
                payout.oldest or "-",
            )
            for payout in found.payouts
        ],
        "Days until shops are paid",
    )
    click.echo(f"As at {found.moment}.")


def _cells(use: Use) -> tuple[str, ...]:
    return (
        f"{use.vouchers:,}",
        f"{use.never_used:,}",
        euros(use.given),
        euros(use.used),
        _percent(use.used_percent),
        euros(use.held),
        euros(use.available),
        euros(use.lapsed),
        euros(use.revoked),
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share} %"


def _days(values: Iterable[int | None]) -> list[str]:
    return ["-" if days is None else f"{days} day{'s' * (days != 1)}" for days in values]
