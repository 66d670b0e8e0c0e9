"""The plots of the report. Each takes figures of the report's JSON members, and gives SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from kindpakket.extras import extra
from kindpakket.report.legality.words import Words
from kindpakket.report.svg import inline_svg, reproducible

with extra("report"):
    from matplotlib.figure import Figure

_BLUE, _RED, _INK = "#1d4f91", "#a40e26", "#1b1f24"
_SHOPS = 12
_SHORT = 12
_WIDEST = 8.0
_MONTHS_BETWEEN = 12


def by_day(days: Mapping[str, int], words: Words) -> str:
    """Net amount by booking day."""
    first = date.fromisoformat(min(days))
    places = [(date.fromisoformat(day) - first).days for day in days]
    with reproducible():
        figure, axes = _axes(2.8)
        axes.bar(places, [cents / 100 for cents in days.values()], width=1.0, color=_BLUE)
        ticks = _months(first, first + timedelta(days=max(places)))
        axes.set_xticks([(tick - first).days for tick in ticks], [tick.isoformat()[:7] for tick in ticks])
        axes.set_ylabel(words("patterns.axis-euros"))
        return inline_svg(figure, "days")


def by_hour(hours: Sequence[int], words: Words) -> str:
    """Number of payments by hour of the day."""
    with reproducible():
        figure, axes = _axes(2.4)
        axes.bar(range(24), list(hours), width=0.8, color=_BLUE)
        axes.set_xticks(range(24), [str(hour) for hour in range(24)])
        axes.set_xlabel(words("patterns.axis-hours"))
        axes.set_ylabel(words("patterns.axis-payments"))
        return inline_svg(figure, "hours")


def by_shop(shops: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Share of the largest shops; those with a signal of concentration in another colour and hatched."""
    largest = list(shops[:_SHOPS])[::-1]
    with reproducible():
        figure, axes = _axes(0.6 + 0.3 * len(largest))
        large = ["concentration" in shop["signals"] for shop in largest]
        bars = axes.barh(
            [shop["shop"][:_SHORT] for shop in largest],
            [shop["share"] for shop in largest],
            color=[_RED if signal else _BLUE for signal in large],
        )
        for bar, signal in zip(bars, large, strict=True):
            bar.set_hatch("//" if signal else "")
        axes.set_xlabel(words("patterns.axis-percent"))
        return inline_svg(figure, "shops")


def who_approves_whom(pairs: Sequence[Mapping[str, Any]]) -> str:
    """A line from who took the first step to who took the second; the thicker, the more often."""
    times: dict[tuple[str, str], int] = {}
    for pair in pairs:
        key = pair["first"], pair["second"]
        times[key] = times.get(key, 0) + pair["times"]
    firsts, seconds = ([*dict.fromkeys(key[side] for key in sorted(times))] for side in (0, 1))
    most = max(times.values())
    with reproducible():
        figure = Figure(figsize=(9, 0.8 + 0.34 * max(len(firsts), len(seconds))), layout="constrained")
        axes = figure.add_subplot()
        left, right = _heights(firsts), _heights(seconds)
        for (first, second), count in sorted(times.items()):
            width = 0.8 + (_WIDEST - 0.8) * count / most
            colour = _RED if first == second else _BLUE
            axes.plot((0, 1), (left[first], right[second]), color=colour, alpha=0.55, linewidth=width)
        for side, names, aligned in ((0, left, "right"), (1, right, "left")):
            for name, height in names.items():
                axes.text(side + (0.02 if side else -0.02), height, name, ha=aligned, va="center", color=_INK)
        axes.set_xlim(-0.45, 1.45)
        axes.set_ylim(-0.08, 1.08)
        axes.set_axis_off()
        return inline_svg(figure, "eyes")


def _heights(names: Sequence[str]) -> dict[str, float]:
    return {name: 1 - (place + 0.5) / len(names) for place, name in enumerate(names)}


def _axes(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3, axis="y")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _months(first: date, last: date) -> list[date]:
    """The first days of months, or of years over a long time; the first day if there are none."""
    months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    within = [month for month in months if first <= month <= last] or [first]
    step = -(-len(within) // _MONTHS_BETWEEN)
    return within[::step]
