"""The report as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sdk.figures import Row
from sdk.job import OUTCOMES

_HEAD = (
    "client",
    "valid/s",
    "of Go",
    "p50 ms",
    "p95 ms",
    "CPU s/1,000",
    "of Go",
    "peak MB",
    "requests",
    "valid",
    "invalid",
    "failed",
    "unknown",
    "on the ledger: once",
    "missing",
    "doubled",
)


def markdown(found: Sequence[Row], about: Sequence[str]) -> str:
    """The report: what was compared, a table for each ordering and number in flight, and how to read them."""
    lines = ["# `fabric_gateway` and the official SDKs", "", *(f"- {line}" for line in about)]
    for ordering, in_flight in dict.fromkeys((row.ordering, row.in_flight) for row in found):
        lines += ["", f"## {ordering.upper()}, {in_flight} in flight", "", _line(_HEAD)]
        lines.append(_line(["---", *["---:"] * (len(_HEAD) - 1)]))
        lines += [
            _line(_cells(row)) for row in found if (row.ordering, row.in_flight) == (ordering, in_flight)
        ]
    return "\n".join([*lines, "", _LEGEND, *_strange(found), ""])


_LEGEND = """\
Rates, CPU and their ratios are medians of the rounds, ratios within one round, with the lowest and highest in
brackets; latencies run from the proposal to the commit status and are those of valid transactions of all
rounds. CPU is the client's own, without its start and warm-up; memory is the most of the whole process.
`failed`: certainly not ordered; `unknown`: the SDK ended with an error after which the transaction may be on
the ledger all the same. The ledger was read afterwards: each request, those of the warm-ups included, should
be there once."""


def _strange(found: Sequence[Row]) -> list[str]:
    lines = []
    for row in found:
        seen = row.found
        if row.reasons or seen.missing or seen.doubled:
            lines.append(
                f"- {row.name}: not on the ledger are {seen.lost} "
                f"that it called valid; there are {seen.disowned} that it called failed or invalid, and "
                f"{seen.late} of which it did not know."
            )
            lines += [
                f"  - {count} times: {' '.join(reason.split())}" for reason, count in row.reasons.items()
            ]
    return ["", "What went otherwise:", "", *lines] if lines else []


def _cells(row: Row) -> list[str]:
    outcomes = (str(row.outcomes.get(name, 0)) for name in OUTCOMES)
    spread = "–" if row.ratio is None else f"{row.ratio:.2f} ({row.ratio_low:.2f}–{row.ratio_high:.2f})"
    return [
        row.client,
        f"{row.per_second:.1f}",
        spread,
        _number(row.p50, 0),
        _number(row.p95, 0),
        f"{row.cpu_seconds:.2f}",
        _number(row.cpu_ratio, 2),
        f"{row.peak_mb:.0f}",
        str(row.requests),
        *outcomes,
        f"{row.found.once}/{row.found.sought}",
        str(row.found.missing),
        str(row.found.doubled),
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
