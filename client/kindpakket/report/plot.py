"""The plot of the report. Needs matplotlib, from the extra `kindpakket[report]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from kindpakket.extras import extra
from kindpakket.report.svg import inline_svg, reproducible

with extra("report"):
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure

_BLUE = "#1d4f91"


@dataclass(frozen=True, slots=True)
class Movement:
    """One payment (positive), refund or cancellation (negative): when, UTC, and how much, in cents."""

    at: datetime
    cents: int


def spend_over_time(movements: Sequence[Movement]) -> str:
    """A plot of the net sum spent over time, as SVG text; "" without movements."""
    if not movements:
        return ""
    ordered = sorted(movements, key=lambda movement: movement.at)
    before = ordered[0].at - timedelta(seconds=1)
    instants = [before, *(movement.at for movement in ordered)]
    times = [float(date2num(instant.astimezone(UTC))) for instant in instants]
    euros = [0.0, *(cents / 100 for cents in accumulate(movement.cents for movement in ordered))]
    with reproducible():
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        axes = figure.add_subplot()
        axes.step(times, euros, where="post", color=_BLUE, linewidth=1.6)
        axes.fill_between(times, euros, step="post", color=_BLUE, alpha=0.12, linewidth=0)
        locator = AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.set_xlabel("time of payment, UTC")
        axes.set_ylabel("euro, net of refunds")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        return inline_svg(figure)
