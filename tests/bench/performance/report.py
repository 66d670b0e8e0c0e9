"""The report: one HTML page that needs nothing else, and the same figures as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from performance.plot import bars, lines, over_time
from performance.rows import Row
from performance.soaking import by_kind

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1250px;margin:2em auto;padding:0 1em;color:#1c2127}
table{border-collapse:collapse;margin:1em 0;font-size:13px}.wide{overflow-x:auto}
td,th{padding:.25em .6em;border-bottom:1px solid #d5dae0}
td{white-space:nowrap}
td,th{text-align:right}td:first-child,th:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:1em}
figure{margin:0;width:470px}svg{width:100%}svg text{font:11px system-ui,sans-serif;fill:#333}
svg .title{font-size:13px;font-weight:600}.grid{stroke:#e3e7eb}
figcaption span{margin-right:1em}figcaption i{display:inline-block;width:.8em;height:.8em;margin-right:.3em}
"""
_LEGEND = """Rates, latencies and CPU are medians of the rounds, in which the jobs take turns; the lowest and
highest rate of a round are in brackets. Latencies run from the proposal to the commit status. CPU is of all
processes of the network and of the client, until every peer has the blocks. `asset` does what CreateAsset of
fabric-samples does, on the same channel; what is shown of it is the ratio to it in the same round, at the
same number in flight. `nothing` writes nothing; `hot shop` pays at one shop, `many shops` at all of them,
`payment` at the first hundred. Synchronisations of consenters, changes of leader and what became of invalid
transactions are of all rounds together."""
_NOTES = {
    "preparation": "What it took before the first measurement, in seconds.",
    "shops": "The hot shop over many shops within a round: what it means that all payments go to one.",
    "batches": """Medians; the ratios are to the plain transaction in the same round, of what is sent one at a
time to plain transactions one at a time. Rates and CPU time are of payments; what is in flight, and waits,
are transactions.""",
    "growth": """Payments in batches of one shop each, until the ledger had so many; `on_ledger` is what the
sums of the ledger say.""",
    "queries": """Medians in milliseconds, asked by one client at a time, which also writes the payments
beside them: its own CPU time counts. `things` is what the answer has: payments, versions, vouchers.
`to_smallest` is the ratio to the smallest ledger, `to_alone` to the same query with nothing beside it.""",
    "soak": """Memory of each process that is its own, in megabytes; the slope by least squares, of all and of
the second half. The minutes are in report.json.""",
    "settlement": "CPU milliseconds are for each payment, by kind of process.",
    "issue": "CPU milliseconds are for each voucher, by kind of process.",
}
_SHOWN = 90


def html(
    about: Sequence[str],
    found: Sequence[Row],
    tables: Mapping[str, Any],
    skipped: Mapping[str, str],
    minutes: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page.

    Args:
        about: what was measured, and where.
        found: the rates.
        tables: other figures, by job.
        skipped: jobs that were not done, and why.
        minutes: rows of the soak.
    """
    parts = ["<h1>Kindpakket: how fast it is</h1>", _list(about)]
    if found:
        parts += [f'<div class="plots">{"".join(_plots(found))}</div>', _rates(found), f"<p>{_LEGEND}</p>"]
    for name, several in tables.items():
        parts.append(f"<h2>{escape(name)}</h2>")
        if name == "soak" and minutes:
            parts.append(f'<div class="plots">{"".join(_soak(minutes))}</div>')
        parts += [_table(several), f"<p>{_NOTES.get(name, '')}</p>"]
    if skipped:
        parts += ["<h2>Not measured</h2>", _list(f"{name}: {why}" for name, why in skipped.items())]
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Kindpakket: how fast it is</title>'
        f"<style>{_STYLE}</style><body>{body}</body></html>\n"
    )


def _plots(found: Sequence[Row]) -> list[str]:
    jobs = [job for job in dict.fromkeys(row.job for row in found) if job in ("payment", "batch", "asset")]

    def series(name: str) -> dict[str, list[tuple[int, float]]]:
        return {
            job: [
                (row.in_flight, value)
                for row in found
                if row.job == job and (value := getattr(row, name)) is not None
            ]
            for job in jobs
        }

    stacks = {f"{row.job}, {row.in_flight}": row.cpu_ms for row in found if row.job in jobs}
    plots = [
        lines("Valid transactions", "per second", series("per_second")),
        lines("Half take at most", "ms", series("p50")),
        lines("Valid transactions", "of asset", series("ratio")),
        lines("Transactions", "per block", series("per_block")),
    ]
    return [*plots, bars("CPU for each transaction", "ms", stacks)] if jobs else []


def _soak(minutes: Sequence[Mapping[str, Any]]) -> list[str]:
    paid = [(row["minute"], row["per_second"]) for row in minutes]
    return [
        over_time("Memory of all processes of a kind", "MB", by_kind(minutes)),
        over_time("Valid payments", "per second", {"payment": paid}),
    ]


def _ratio(row: Row) -> str:
    return "–" if row.ratio is None else f"{row.ratio:.2f} ({row.ratio_low:.2f}–{row.ratio_high:.2f})"


def _codes(others: Mapping[str, int]) -> str:
    return "; ".join(f"{count} of {reason[:_SHOWN]}" for reason, count in others.items()) or "–"


def _rates(found: Sequence[Row]) -> str:
    rows = [
        {
            "job": row.job,
            "in flight": row.in_flight,
            "valid": f"{row.valid}/{row.requests}",
            "per second": f"{row.per_second} ({row.low}–{row.high})",
            "of asset": _ratio(row),
            "p50 ms": row.p50,
            "p95 ms": row.p95,
            "CPU ms": round(sum(row.cpu_ms.values()), 1),
            **{f"{kind} ms": spent for kind, spent in row.cpu_ms.items() if kind != "ca"},
            "per block": row.per_block,
            "synchronisations": row.syncs,
            "changes of leader": row.views,
            "not valid": _codes(row.others),
        }
        for row in found
    ]
    return _table(rows)


def _table(several: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in several for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{_cells(row, names)}</tr>" for row in several)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _list(items: Any) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return "".join(
        f"<td>{escape('–' if (value := row.get(name)) is None else str(value))}</td>" for name in names
    )
