"""Plots as inline SVG: lines over numbers in flight or over time, and stacked bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 460, 260, 52, 30, 40
_COLOURS = ("#1f5fa8", "#c2571a", "#2e7d4f", "#7a4b9d", "#8a6d00", "#5c6670")
_TICKS = 4

Points = Sequence[tuple[int, float]]


def lines(title: str, unit: str, series: Mapping[str, Points]) -> str:
    """Lines over numbers in flight, which are spaced evenly."""
    places = sorted({x for points in series.values() for x, _ in points})
    top = _top(y for points in series.values() for _, y in points)
    step = (_WIDTH - _LEFT - 20) / max(len(places) - 1, 1)
    at = {place: _LEFT + number * step for number, place in enumerate(places)}
    parts = _frame(title, unit, top)
    for place, x in at.items():
        parts.append(_text(x, _HEIGHT - _BOTTOM + 16, str(place), "middle"))
    parts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 6, "transactions in flight", "middle"))
    for colour, (_, points) in zip(_COLOURS, series.items(), strict=False):
        drawn = " ".join(f"{at[x]:.1f},{_y(y, top):.1f}" for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{at[x]:.1f}" cy="{_y(y, top):.1f}" r="3" fill="{colour}"/>' for x, y in points
        ]
    return _svg(title, parts, list(series))


def over_time(title: str, unit: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Lines over minutes."""
    last = max((x for points in series.values() for x, _ in points), default=0.0) or 1.0
    top = _top(y for points in series.values() for _, y in points)

    def at(minute: float) -> float:
        return _LEFT + minute / last * (_WIDTH - _LEFT - 20)

    parts = _frame(title, unit, top)
    for tick in range(_TICKS + 1):
        minute = last * tick / _TICKS
        parts.append(_text(at(minute), _HEIGHT - _BOTTOM + 16, f"{minute:.3g}", "middle"))
    parts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 6, "minutes", "middle"))
    for colour, points in zip(_COLOURS, series.values(), strict=False):
        drawn = " ".join(f"{at(x):.1f},{_y(y, top):.1f}" for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return _svg(title, parts, list(series))


def bars(title: str, unit: str, stacks: Mapping[str, Mapping[str, float]]) -> str:
    """Stacked bars, one for each name."""
    kinds = list(dict.fromkeys(kind for stack in stacks.values() for kind in stack))
    top = _top(sum(stack.values()) for stack in stacks.values())
    step = (_WIDTH - _LEFT - 10) / max(len(stacks), 1)
    parts = _frame(title, unit, top)
    for number, (name, stack) in enumerate(stacks.items()):
        x, reached = _LEFT + number * step + step * 0.15, 0.0
        for kind, value in stack.items():
            above = _y(reached + value, top)
            height = _y(reached, top) - above
            parts.append(
                f'<rect x="{x:.1f}" y="{above:.1f}" width="{step * 0.7:.1f}" height="{height:.1f}" '
                f'fill="{_COLOURS[kinds.index(kind) % len(_COLOURS)]}"/>'
            )
            reached += value
        first, _, second = name.partition(", ")
        parts.append(_text(x + step * 0.35, _HEIGHT - _BOTTOM + 15, first, "middle"))
        parts.append(_text(x + step * 0.35, _HEIGHT - _BOTTOM + 29, second, "middle"))
    return _svg(title, parts, kinds)


def _top(values: object) -> float:
    found = max(values, default=0.0)  # type: ignore[call-overload]
    return float(found) or 1.0


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)


def _frame(title: str, unit: str, top: float) -> list[str]:
    parts = [f'<text x="{_LEFT}" y="16" class="title">{escape(title)} ({escape(unit)})</text>']
    for tick in range(_TICKS + 1):
        value = top * tick / _TICKS
        y = _y(value, top)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:,.0f}" if value >= 1000 else f"{value:.3g}", "end"))
    return parts


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(title: str, parts: Sequence[str], names: Sequence[str]) -> str:
    legend = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for colour, name in zip(_COLOURS, names, strict=False)
    )
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH + 10} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg><figcaption>{legend}</figcaption></figure>"
    )
