"""The report of a soak, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from soak.job import Report
from soak.memory import Growth
from soak.verdict import Found

_FLAWLESS = "Each request is on the ledger once, each stream agrees with it, and the clients' memory is flat."


def markdown(
    heading: Sequence[str],
    clients: Mapping[str, Report],
    found: Found,
    growths: Sequence[Growth],
    wrong: Sequence[str],
) -> str:
    """The report.

    Args:
        heading: what was done, and where.
        clients: what each client did, by its style.
        found: what is on the ledger.
        growths: the memory of each process.
        wrong: what is not as it must be.
    """
    lines = [
        *(f"- {line}" for line in heading),
        f"- the ledger: {found.valid.total()} valid transactions of {len(found.valid)} requests in "
        f"{found.height} blocks; {found.invalid} transactions that are not valid",
        "",
        "| client | requests | errors, then called again | slowest | events | blocks | streams reopened |",
        "|---|---|---|---|---|---|---|",
    ]
    for style, report in clients.items():
        repeats = ", ".join(f"{number} {kind}" for kind, number in report.repeats.items()) or "none"
        lines.append(
            f"| {style} | {report.requests} | {repeats} | {report.slowest:.1f} s | {report.events.count} | "
            f"{report.blocks} | {report.reopened} |"
        )
    lines += [
        "",
        "| process | MB, first sixth | MB, last sixth | highest | MB per hour | threads | files |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in growths:
        lines.append(
            f"| {one.name} | {one.first / 1e6:.1f} | {one.last / 1e6:.1f} | {one.highest / 1e6:.1f} | "
            f"{one.slope / 1e6:+.2f} | {one.threads[0]} → {one.threads[1]} | "
            f"{one.files[0]} → {one.files[1]} |"
        )
    return "\n".join([*lines, "", *(wrong or [_FLAWLESS]), ""])
