"""A year of a real-sized municipality, run once through a network of its own.

    PYTHONPATH=demo:tests:tests/network:tests/bench python -m year [--children 10000] [--payments 100000]

The year's days are simulated: this process' clock is moved from day to day, and the peers of this network
accept proposals whose time is far from theirs. Nothing else differs from a network that `up` makes. Children,
shops, purchases and the bank's answers are drawn with a seed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random

import click
import time_machine
from rich.console import Console

from kindpakket.backoffice.books.agreement import check_books
from kindpakket.backoffice.books.books import keep_books
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.mapping import example, load_mapping
from kindpakket.backoffice.books.view_source import ViewSource
from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledgerview import LedgerView, catch_up
from kindpakket_demo.bank import opened
from kindpakket_demo.desk import AUDITOR, CHAINCODE, Desk, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, open_provision
from kindpakket_demo.town import make_town
from kindpakket_network import Network, Topology
from year import office, seasons
from year.shopping import Purse, Shopping
from year.tills import Tills
from year.treasury import Treasury

# Days of which the certificates of users, and the peers' tolerance of proposals' times, are long enough.
_LONG = 1000
_OPENING_HOUR = 9


class Figures:
    """What the run measured: seconds by phase, and counts."""

    def __init__(self, console: Console) -> None:
        """Show each phase on a console as it ends."""
        self.seconds: dict[str, float] = {}
        self.counts: dict[str, float] = {}
        self._console = console

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a phase; one of the same name adds to it."""
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.seconds[name] = round(self.seconds.get(name, 0) + took, 1)
        self._console.print(f"{took:8.1f} s  {name}")


def topology() -> Topology:
    """The packaged network, with certificates and a tolerance of times that outlast the simulated year."""
    packaged = Topology.packaged("kindpakket").with_free_ports()
    peer = (*packaged.tuning.peer, ("CORE_PEER_AUTHENTICATION_TIMEWINDOW", f"{24 * _LONG}h"))
    return replace(packaged, tuning=replace(packaged.tuning, peer=peer, user_days=_LONG))


def morning_of(day: date) -> datetime:
    """When shops open."""
    return datetime(day.year, day.month, day.day, _OPENING_HOUR, tzinfo=AMSTERDAM)


def run(
    network: Network, folder: Path, children: int, payments: int, shops: int, seed: int, figures: Figures
) -> None:
    """Open, hand out, sell every day of the year, and pay the shops every month."""
    # Certificates are valid from today on, so the year is one that begins after it.
    first = date(date.today().year + 1, 1, 1)
    days = seasons.days_of(first, first + timedelta(days=364))
    with (
        time_machine.travel(morning_of(first)) as clock,
        opened(f"{first}T{_OPENING_HOUR:02}:00") as bank,
        Desk(network, folder, Random(seed)) as desk,
    ):
        with figures.phase("scheme"):
            scheme = open_provision(desk, children, now())
        with figures.phase("shops"):
            street = office.open_shops(desk, office.invent_shops(shops + 1, seed), first)
        with figures.phase("vouchers"):
            town = make_town(children, max(1, children * 3 // 5), first, seed)
            wallets = office.hand_out(desk, town, scheme)
        purses = [Purse(wallet.on_paper, CENTS_PER_CHILD) for wallet in wallets]
        tills = Tills(scheme, street.open, wallets)
        shopping = Shopping(purses, [till.store for till in street.open], seed)
        counts = seasons.spread(payments, days)
        accounts = [till.store.iban for till in street.open]
        treasury = Treasury(desk, bank, accounts, seed)
        for _month, several in groupby(shopping.year(days, counts), key=lambda planned: planned.day.month):
            with figures.phase("tills"):
                for planned in several:
                    clock.move_to(morning_of(planned.day))
                    tills.work(planned)
            desk.in_step()
            with figures.phase("payouts"):
                clock.move_to(morning_of(planned.day + timedelta(days=1)))
                treasury.pay([scheme.id], planned.day)
        tills.close()
        with figures.phase("payouts"):
            treasury.reopen_accounts()
            clock.move_to(morning_of(days[-1] + timedelta(days=14)))
            treasury.pay([scheme.id], days[-1] + timedelta(days=7))
            clock.move_to(morning_of(days[-1] + timedelta(days=31)))
            treasury.book()
        treasury.close()
        figures.counts |= {f"settlements_{outcome}": count for outcome, count in treasury.booked.items()}
        figures.counts |= {"payment_files": treasury.files, "open_breaks": treasury.open_breaks}
        seconds = sorted(tills.counter.seconds)
        figures.counts |= dict(tills.counter.acts)
        figures.counts["per_second"] = round(sum(tills.counter.acts.values()) / figures.seconds["tills"], 1)
        figures.counts["p50_ms"] = round(1000 * seconds[len(seconds) // 2])
        figures.counts["blocks"] = desk.ledger("auditor", "auditor").ledger_height()
        with figures.phase("audit"):
            audit = desk.auditor.verify(town.personal_values)
        figures.counts["findings"] = len(audit.findings) + len(audit.differences) + len(audit.traces)
        check(figures, desk, scheme.id, purses, tills)


def check(figures: Figures, desk: Desk, scheme: str, purses: Sequence[Purse], tills: Tills) -> None:
    """Compare the view and the books of the year with what was planned, and measure them.

    Raises:
        AssertionError: they differ.
    """
    where = desk.results / "view.db"
    with LedgerView(where, channel=desk.channel, chaincode=CHAINCODE) as view:
        with figures.phase("view"):
            catch_up(view, desk.ledger(AUDITOR, "auditor"))
        figures.counts["view_rows"] = sum(view.status().rows.values())
        figures.counts["view_flaws"] = view.status().flaws
        mapping = desk.results / "mapping.yaml"
        mapping.write_text(example())
        with figures.phase("books"):
            kept = keep_books(ViewSource(view), Charts.of([load_mapping(mapping)]))
            agreement = check_books(kept)
        figures.counts["journal_entries"] = len(kept.entries)
    assert agreement.holds, agreement.problems
    available = sum(purse.available for purse in purses)
    terms = desk.auditor.audit.scheme_totals(scheme)["balance"]
    net = terms["spent_cents"] - terms["refunded_cents"] - terms["cancelled_cents"]
    assert (terms["available_cents"], net) == (available, sum(tills.counter.cents.values())), terms


@click.command()
@click.option("--children", type=click.IntRange(10, 100_000), default=10_000, show_default=True)
@click.option("--payments", type=click.IntRange(10, 1_000_000), default=100_000, show_default=True)
@click.option("--shops", type=click.IntRange(7, 2_000), default=300, show_default=True)
@click.option("--seed", type=int, default=2027, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the home and its ledgers in this folder.")
def main(children: int, payments: int, shops: int, seed: int, keep: Path | None) -> None:
    """Run the year, and print its figures as JSON."""
    figures = Figures(Console(stderr=True))
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        network = Network(topology(), folder / "home")
        try:
            with figures.phase("network"):
                network.up(progress=lambda _: None)
            run(network, folder, children, payments, shops, seed, figures)
        finally:
            network.down()
    click.echo(json.dumps({"seconds": figures.seconds, "counts": figures.counts}, indent=2))
    sys.exit(1 if figures.counts["findings"] else 0)


if __name__ == "__main__":
    main()
