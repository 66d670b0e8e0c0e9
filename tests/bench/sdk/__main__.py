"""Compare `fabric_gateway` with the official Go and Node SDKs, on networks of its own.

    make bench-sdk
    PYTHONPATH=tests/bench python -m sdk [--quick] [--orderings bft,raft] [--clients go,python] [--json]

Every client does the same work on the same network: it submits transactions that each store a new asset of
100 bytes, endorsed by two organisations, and waits for the commit status of each. The table and the figures
are written into build/bench-sdk. The command fails if a client of our own loses, doubles or fails a request.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import click
import psutil
from rich.console import Console

from sdk.arena import VALUE_BYTES, arena
from sdk.figures import Turn, faults, rows
from sdk.ledger import Found
from sdk.plan import Leg, legs
from sdk.process import Measured
from sdk.programs import CLIENTS, HERE, build
from sdk.table import markdown

BUILD = HERE.parents[2] / "build" / "bench-sdk"
GATEWAY = 500
"""Transactions that a peer's gateway has in flight at most."""
QUICK_ROUNDS, QUICK_TRANSACTIONS = 1, 200


def choice(known: Sequence[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Reads a list with commas whose items must be known."""

    def read(_: click.Context, __: click.Parameter, text: str) -> list[str]:
        chosen = list(dict.fromkeys(text.split(",")))
        strange = [one for one in chosen if one not in known]
        if strange:
            raise click.BadParameter(f"{', '.join(strange)}: use some of {','.join(known)}")
        return chosen

    return read


def numbers(_: click.Context, __: click.Parameter, text: str) -> list[int]:
    """Reads a list of numbers with commas."""
    try:
        chosen = sorted({int(one) for one in text.split(",")})
    except ValueError:
        raise click.BadParameter(f"{text}: use numbers such as 1,10,100") from None
    if chosen[0] < 1 or chosen[-1] > GATEWAY:
        raise click.BadParameter(
            f"{text}: use numbers from 1 to {GATEWAY}, the most that a peer's gateway takes"
        )
    return chosen


def compare(
    ordering: str,
    rounds: int,
    in_flight: Sequence[int],
    commands: dict[str, list[str]],
    transactions: int,
    progress: Callable[[str], None],
) -> list[Turn]:
    """All turns on one network of its own, and what its ledger says of them."""
    taken: list[tuple[Leg, Measured]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        arena(ordering, Path(folder) / "home", commands, progress) as here,
    ):
        for leg in legs(ordering, rounds, in_flight, list(commands), transactions):
            measured = here.measure(leg)
            taken.append((leg, measured))
            progress(words(leg, measured))
        progress("reading the ledger ...")
        ledger = here.ledger(key for leg, _ in taken for key in (*leg.warm_up, *leg.keys))
    return [
        Turn(leg, one, Found.among(ledger, (*one.answer.warm_up, *one.answer.transactions)))
        for leg, one in taken
    ]


def words(leg: Leg, measured: Measured) -> str:
    """A turn in a line, for who waits."""
    answer = measured.answer
    valid = sum(one.outcome == "valid" for one in answer.transactions)
    return (
        f"{leg.ordering} round {leg.round}, {leg.in_flight:>3} in flight, {leg.client:<14} "
        f"{valid}/{leg.transactions} valid, {valid / answer.seconds:6.1f}/s, "
        f"{1000 * answer.cpu_seconds / leg.transactions:5.2f} ms CPU each"
    )


def about(turns: Sequence[Turn], rounds: int, seconds: float) -> list[str]:
    """What was compared, and where."""
    clients = {turn.leg.client: turn.measured.answer for turn in turns}
    memory = psutil.virtual_memory().total / 1e9
    return [
        *(f"{client}: {answer.sdk} ({answer.runtime})" for client, answer in sorted(clients.items())),
        f"{rounds} rounds, in each of which the clients take turns; assets of {VALUE_BYTES} bytes, "
        "endorsed by two organisations; four consenters; TLS; everything on one machine",
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}; {seconds / 60:.0f} minutes in all",
    ]


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.option("--quick", is_flag=True, help="One round of few transactions, to see that it works.")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option(
    "--transactions",
    type=click.IntRange(20, 50_000),
    default=1500,
    show_default=True,
    help="Transactions of a turn at the highest number in flight.",
)
@click.option("--orderings", default="bft,raft", show_default=True, callback=choice(("bft", "raft")))
@click.option("--clients", default=",".join(CLIENTS), show_default=True, callback=choice(CLIENTS))
@click.option("--in-flight", default="1,10,100", show_default=True, callback=numbers)
@click.option("--json", "as_data", is_flag=True, help="Print the figures as JSON instead of the table.")
def main(
    quick: bool,
    rounds: int,
    transactions: int,
    orderings: list[str],
    clients: list[str],
    in_flight: list[int],
    as_data: bool,
) -> None:
    """Build the clients, run them, read the ledger, report."""
    console = Console(stderr=as_data, highlight=False, soft_wrap=True)
    if quick:
        rounds, transactions = QUICK_ROUNDS, QUICK_TRANSACTIONS
    BUILD.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    console.print(f"building {', '.join(clients)} ...")
    try:
        commands = {client: build(client, BUILD) for client in clients}
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    turns = [
        turn
        for ordering in orderings
        for turn in compare(ordering, rounds, in_flight, commands, transactions, console.print)
    ]
    figures = rows(turns)
    heading = about(turns, rounds, time.perf_counter() - began)
    table = markdown(figures, heading)
    data = json.dumps(
        {
            "about": heading,
            "rows": [asdict(row) for row in figures],
            "turns": [summary(turn) for turn in turns],
        },
        indent=1,
    )
    (BUILD / "report.md").write_text(table)
    (BUILD / "report.json").write_text(data + "\n")
    click.echo(data if as_data else table)
    console.print(f"written to {BUILD / 'report.md'} and report.json")
    wrong = faults(figures)
    for sentence in wrong:
        click.echo(sentence, err=True)
    sys.exit(1 if wrong else 0)


def summary(turn: Turn) -> dict[str, object]:
    """The figures of one turn, without each transaction."""
    answer = turn.measured.answer
    return {
        **asdict(turn.leg),
        "per_second": turn.per_second,
        "seconds": answer.seconds,
        "cpu_seconds": answer.cpu_seconds,
        "process_cpu_seconds": turn.measured.process_cpu_seconds,
        "peak_bytes": turn.measured.peak_bytes,
        "milliseconds": [round(one.milliseconds, 2) for one in answer.transactions],
        "not_valid": [asdict(one) for one in answer.transactions if one.outcome != "valid"],
        "ledger": asdict(turn.found),
    }


if __name__ == "__main__":
    main()
