"""How fast Kindpakket is, measured in one run on a network of its own.

    make bench                      # up to an hour
    make bench BENCH="--quick"      # a minute, to see that it works
    make bench BENCH="--only queries --ledger 1000,100000,1000000"
    PYTHONPATH=demo:tests:tests/network:tests/bench python -m performance [--only payment,asset] [--json]

The report is written into build/bench: report.html, which needs nothing else, and report.json.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import click
import psutil
from rich.console import Console
from sdk.__main__ import choice, numbers

from performance.jobs import JOBS, Found, Plan, Run
from performance.pair import FIGURES
from performance.report import html
from performance.rows import compared, rows
from performance.stage import USUAL, stage
from performance.variant import PACKAGED, Variant

_FEWEST, _MOST = 100, 10_000_000
BUILD = Path(__file__).resolve().parents[3] / "build" / "bench"
QUICK = Plan(
    rounds=1,
    in_flight=(1, 20),
    transactions=60,
    queries=1,
    issued=20,
    ledger=(100, 1000),
    settled=120,
    rest_seconds=2.0,
)
_QUICK_SHOPS, _QUICK_VOUCHERS = 6, 120
_SHOPS = {name: FIGURES[name] for name in ("per second", "p50 ms", "p95 ms", "CPU ms", "peers' CPU ms")}


def sizes(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Reads a list of numbers of payments."""
    try:
        chosen = sorted({int(one) for one in text.split(",")})
    except ValueError:
        raise click.BadParameter(f"{text}: use numbers such as 1000,100000") from None
    if chosen[0] < _FEWEST or chosen[-1] > _MOST:
        raise click.BadParameter(f"{text}: use numbers from {_FEWEST} to {_MOST}")
    return tuple(chosen)


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--quick", is_flag=True, help="Little of everything, to see that it works.")
@click.option("--only", default=",".join(JOBS), callback=choice(JOBS), help=f"Jobs, of {', '.join(JOBS)}.")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--in-flight", default="1,10,100,300", show_default=True, callback=numbers)
@click.option(
    "--transactions",
    type=click.IntRange(2, 100_000),
    default=1000,
    show_default=True,
    help="Transactions of a turn at 100 in flight; with fewer in flight fewer.",
)
@click.option(
    "--shops",
    type=click.IntRange(2, 2_000),
    default=1000,
    show_default=True,
    help="Shops that `many shops` pays at; the other jobs use a hundred of them.",
)
@click.option("--vouchers", type=click.IntRange(1, 100_000), default=5000, show_default=True)
@click.option(
    "--ledger",
    default="1000,100000",
    show_default=True,
    callback=sizes,
    help="Payments on the ledger when queries are measured; 1000000 takes half an hour more.",
)
@click.option(
    "--queries",
    "asked",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="Evaluations of each query.",
)
@click.option(
    "--issued",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="Vouchers of a bulk issue.",
)
@click.option(
    "--settled",
    type=click.IntRange(1, 100_000),
    default=10_000,
    show_default=True,
    help="Payments of a settlement.",
)
@click.option(
    "--soak-minutes", type=click.FloatRange(0), default=0.0, help="Payments for so long; 60 is an hour."
)
@click.option(
    "--variant",
    "given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Measure a network that this file changes; `performance.pair` says what it may have.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=BUILD, help="Folder for the report."
)
@click.option("--json", "as_data", is_flag=True, help="Print the figures as JSON.")
def main(
    quick: bool,
    only: list[str],
    rounds: int,
    in_flight: list[int],
    transactions: int,
    shops: int,
    vouchers: int,
    ledger: tuple[int, ...],
    asked: int,
    issued: int,
    settled: int,
    soak_minutes: float,
    given: Path | None,
    out: Path,
    as_data: bool,
) -> None:
    """Start the network, do the jobs, write the report."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    wanted = frozenset(only)
    plan = Plan(
        rounds,
        tuple(in_flight),
        transactions,
        asked,
        issued,
        ledger,
        settled,
        soak_minutes=soak_minutes,
        only=wanted,
    )
    if quick:
        plan = Plan(**{**asdict(QUICK), "soak_minutes": soak_minutes, "only": wanted})
        shops, vouchers = _QUICK_SHOPS, _QUICK_VOUCHERS
    if not plan.wants("many shops"):
        shops = min(shops, USUAL)
    try:
        variant = PACKAGED if given is None else Variant.load(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--variant") from error
    began, found = time.perf_counter(), Found()
    out.mkdir(parents=True, exist_ok=True)

    def keep(state: str = "not finished") -> str:
        """Write what there is so far; a run that is stopped or fails leaves that."""
        if table := compared(found.turns, "hot shop", "many shops", _SHOPS):
            found.tables["shops"] = table
        about = [*heading(variant.name, plan, shops, vouchers, time.perf_counter() - began), state]
        return written(out, [line for line in about if line], found)

    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            with stage(variant, folder, shops, vouchers, console.print) as made:
                found.tables["preparation"] = made.prepared
                Run(made, plan, folder, found, console.print, keep).all()
    except BaseException as error:
        keep(f"not finished: {type(error).__name__}: {error}".rstrip(": "))
        console.print(f"not finished; what was measured is in {out / 'report.html'} and report.json")
        raise
    data = keep("")
    if as_data:
        click.echo(data)
    console.print(f"written to {out / 'report.html'} and report.json")
    lost = [row for row in rows([*found.turns, *found.batches]) if row.valid != row.requests]
    for row in lost:
        click.echo(
            f"{row.job}, {row.in_flight} in flight: {row.valid} of {row.requests} valid: {row.others}",
            err=True,
        )
    sys.exit(1 if lost else 0)


def written(out: Path, about: Sequence[str], found: Found) -> str:
    """Write report.html and report.json into a folder, and return the latter's text."""
    figures = rows(found.turns)
    data = json.dumps(
        {
            "about": about,
            "rows": [asdict(row) for row in figures],
            "tables": found.tables,
            "soak": found.minutes,
            "skipped": found.skipped,
            "turns": [asdict(turn) for turn in [*found.turns, *found.batches]],
        },
        indent=1,
    )
    page = html(about, figures, found.tables, found.skipped, found.minutes)
    (out / "report.html").write_text(page, "utf-8")
    (out / "report.json").write_text(data + "\n", "utf-8")
    return data


def heading(variant: str, plan: Plan, shops: int, vouchers: int, seconds: float) -> Sequence[str]:
    """What was measured, and where."""
    memory = psutil.virtual_memory().total / 1e9
    return [
        f"the {variant} network: four organisations, four consenters, three peers, everything on one machine",
        f"{plan.rounds} rounds; {shops} shops; {vouchers} vouchers, bound to keys",
        f"Kindpakket {version('kindpakket')}, Python {platform.python_version()}, {os.cpu_count()} cores "
        f"({platform.machine()}), {memory:.0f} GB; load of the machine at the end {os.getloadavg()[0]:.1f}; "
        f"{seconds / 60:.0f} minutes in all",
    ]


if __name__ == "__main__":
    main()
