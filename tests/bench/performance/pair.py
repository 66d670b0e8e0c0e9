"""Compare two tunings: two networks side by side, the same load on one and the other in turn.

    PYTHONPATH=demo:tests:tests/network:tests/bench python -m performance.pair A.yaml B.yaml \\
        [--rounds 5] [--kind payment|batch|asset] [--json]

A variant's file has the members `topology` (merged into the packaged one), `peer` and `orderer`
(environment); `packaged` instead of a file is the packaged network. What counts is the ratio within a round:
the machine may be busy with other things, which slow both down. CPU time for each transaction is sturdier
than the rate.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sdk.__main__ import GATEWAY

from performance.growth import reach
from performance.load import Turn, loaded
from performance.rows import paired
from performance.stage import KINDS, Stage, stage
from performance.variant import PACKAGED, Variant

FIGURES: dict[str, Callable[[Turn], float | None]] = {
    "per second": lambda turn: turn.per_second,
    "p50 ms": lambda turn: turn.p50,
    "p95 ms": lambda turn: turn.p95,
    "CPU ms": lambda turn: turn.cpu_ms,
    "peers' CPU ms": lambda turn: 1000 * turn.spent.cpu.get("peer", 0) / max(turn.valid, 1),
    "orderers' CPU ms": lambda turn: 1000 * turn.spent.cpu.get("orderer", 0) / max(turn.valid, 1),
    "per block": lambda turn: turn.per_block,
}


@dataclass(frozen=True)
class Ratio:
    """One figure of B over that of A, at one number in flight.

    Attributes:
        in_flight: transactions in flight.
        figure: the figure's name.
        first: A's median.
        second: B's median.
        ratio: the median of the rounds' ratios.
        low: the lowest ratio.
        high: the highest ratio.
    """

    in_flight: int
    figure: str
    first: float
    second: float
    ratio: float
    low: float
    high: float


def ratios(turns: Sequence[Turn], first: str, second: str) -> Iterator[Ratio]:
    """Compare the rounds that both variants took."""
    for in_flight, name, pairs in paired(turns, lambda turn: turn.variant, first, second, FIGURES):
        several = sorted(b / a for a, b in pairs)
        yield Ratio(
            in_flight,
            name,
            statistics.median(a for a, _ in pairs),
            statistics.median(b for _, b in pairs),
            statistics.median(several),
            several[0],
            several[-1],
        )


def variant(text: str) -> Variant:
    """A variant by its file, or the packaged network."""
    return PACKAGED if text == PACKAGED.name else Variant.load(Path(text))


def admissible(kind: str, in_flight: int, batch: int) -> None:
    """Refuse more transactions in flight than a peer's gateway takes.

    Raises:
        BadParameter: there are more.
    """
    payments = min(batch, in_flight) if kind == "batch" else 1
    if in_flight // payments > GATEWAY:
        raise click.BadParameter(
            f"{in_flight} in flight, {payments} in each, are more than the {GATEWAY} transactions that "
            "a peer's gateway takes"
        )


def compare(
    stages: Sequence[Stage],
    rounds: int,
    loads: Sequence[tuple[int, int]],
    kind: str,
    batch: int,
    progress: Callable[[str], None],
) -> list[Turn]:
    """Load the networks in turn; who comes first changes with each round. The first load is not measured.

    A batch has so many payments, and no more than are in flight.
    """
    turns: list[Turn] = []
    for number in range(rounds + 1):
        for in_flight, count in loads:
            for one in stages if number % 2 else stages[::-1]:
                size = count if number else max(count // 4, 1)
                calls = one.calls(kind, size, min(batch, in_flight))
                turn = loaded(one, kind, calls, in_flight, number)
                progress(words(turn))
                turns += [turn] if number else []
    return turns


def words(turn: Turn) -> str:
    """A turn in a line, for whoever waits."""
    return (
        f"round {turn.round} {turn.job:14} {turn.in_flight:>3} in flight, {turn.variant:14} "
        f"{turn.valid}/{turn.requests} valid, {turn.per_second:6.1f}/s, p50 {turn.p50 or 0:6.0f} ms, "
        f"CPU {turn.cpu_ms:6.1f} ms each, {turn.per_block:5.1f} a block, "
        f"{turn.spent.syncs} syncs, {turn.spent.views} views {turn.others or ''}"
    )


@click.command(help=__doc__.partition("\n")[0] if __doc__ else None)
@click.argument("first")
@click.argument("second")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option(
    "--load",
    "loads",
    type=(click.IntRange(1, 2_000), click.IntRange(1, 100_000)),
    multiple=True,
    default=((1, 20), (100, 500)),
    show_default=True,
    help="Transactions in flight, or payments in batches, and how many in a turn; may be repeated.",
)
@click.option("--kind", type=click.Choice(KINDS), default="payment", show_default=True)
@click.option(
    "--batch",
    type=click.IntRange(1, 200),
    default=50,
    show_default=True,
    help="Payments in a batch, but no more than are in flight.",
)
@click.option("--shops", type=click.IntRange(2, 2_000), default=20, show_default=True)
@click.option("--vouchers", type=click.IntRange(1, 20_000), default=800, show_default=True)
@click.option(
    "--ledger",
    type=click.IntRange(0, 10_000_000),
    default=0,
    show_default=True,
    help="Payments on each ledger before the first turn.",
)
@click.option("--json", "as_data", is_flag=True, help="Print turns and ratios as JSON.")
def main(
    first: str,
    second: str,
    rounds: int,
    loads: Sequence[tuple[int, int]],
    kind: str,
    batch: int,
    shops: int,
    vouchers: int,
    ledger: int,
    as_data: bool,
) -> None:
    """Start both, load them in turn, print the ratios."""
    for in_flight, _ in loads:
        admissible(kind, in_flight, batch)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        stages = []
        chosen = [variant(first), variant(second)]
        if chosen[0].name == chosen[1].name:  # what two networks of one tuning differ by is chance
            chosen[1] = replace(chosen[1], name=f"{chosen[1].name} again")
        for number, each in enumerate(chosen):
            below = Path(folder) / str(number)
            below.mkdir()
            stages.append(opened.enter_context(stage(each, below, shops, vouchers, console.print)))
            if took := reach(stages[-1], ledger, console.print):
                console.print(f"{each.name}: {json.dumps(took)}")
        turns = compare(stages, rounds, loads, kind, batch, console.print)
    found = list(ratios(turns, stages[0].variant.name, stages[1].variant.name))
    if as_data:
        click.echo(
            json.dumps({"ratios": list(map(asdict, found)), "turns": list(map(asdict, turns))}, indent=1)
        )
    else:
        show(found, stages[0].variant.name, stages[1].variant.name)
    sys.exit(0)


def show(found: Sequence[Ratio], first: str, second: str) -> None:
    """Print the ratios as a table."""
    table = Table("in flight", "figure", first, second, f"{second} / {first}", "lowest", "highest")
    for ratio in found:
        numbers = (ratio.first, ratio.second, ratio.ratio, ratio.low, ratio.high)
        table.add_row(str(ratio.in_flight), ratio.figure, *(f"{number:.2f}" for number in numbers))
    Console().print(table)


if __name__ == "__main__":
    main()
