"""What `make bench` measures, each as a job on a network that runs.

Rates are taken in rounds, one job after the other in each, so that what slows the machine down slows each of
them down. Queries of the smallest ledger come before them, and the other jobs once at the end, when the
ledger holds what the rounds left.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import issue_unbound

from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.ledgerview import LedgerView, catch_up
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL
from kindpakket_demo.vouchers import activate
from kindpakket_demo.wallets import Wallet
from performance import queries
from performance.batching import batching, table
from performance.growth import reach
from performance.load import Cost, Turn, loaded, metered, submit_each
from performance.meter import at_rest
from performance.pair import words
from performance.purse import CENTS
from performance.rows import with_medians
from performance.settling import settlement
from performance.soaking import growths, soak
from performance.stage import Call, Stage

_BATCH = 50
_PATIENCE = 60.0
_WARM_UP = 20


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: how often each rate is taken.
        in_flight: the numbers of transactions in flight.
        transactions: of a turn at 100 in flight; fewer below, by the root of their ratio.
        queries: evaluations of each query.
        issued: vouchers that the bulk issue makes.
        ledger: the payments on the ledger at which queries are measured, in ascending order.
        settled: payments of a settlement.
        rest_seconds: how long the network is left alone.
        soak_minutes: how long payments go on while memory is watched.
        only: names of jobs; empty: all.
    """

    rounds: int
    in_flight: tuple[int, ...]
    transactions: int
    queries: int
    issued: int
    ledger: tuple[int, ...] = (1_000, 100_000)
    settled: int = 10_000
    rest_seconds: float = 40.0
    soak_minutes: float = 0.0
    only: frozenset[str] = frozenset()

    def wants(self, job: str) -> bool:
        """Whether a job is to be done."""
        return not self.only or job in self.only

    def count(self, in_flight: int) -> int:
        """The transactions of a turn."""
        return max(round(self.transactions * math.sqrt(in_flight / 100)), in_flight, 2)


@dataclass
class Found:
    """What was measured so far.

    Attributes:
        turns: loads.
        batches: loads of the job `batches`.
        tables: other figures, by job: rows of name and value.
        minutes: rows of the soak.
        skipped: jobs that were not done, and why.
    """

    turns: list[Turn] = field(default_factory=list)
    batches: list[Turn] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    minutes: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


Calls = Callable[[Stage, int, int], Sequence[Call]]


RATES: dict[str, Calls] = {
    "payment": lambda stage, count, _: stage.pays(count),
    "batch": lambda stage, count, in_flight: stage.batches(count, min(_BATCH, in_flight)),
    "asset": lambda stage, count, _: stage.creates(count),
    "nothing": lambda stage, count, _: stage.shows(count),
    "hot shop": lambda stage, count, _: stage.pays(count, stage.sellers[:1]),
    "many shops": lambda stage, count, _: stage.pays(count, stage.sellers),
}
"""Jobs of which rates are taken; those of `AT_ONE_LOAD` at the highest number in flight up to 100 only.

A batch has as many payments as are in flight, up to 50.
"""
AT_ONE_LOAD = ("nothing", "hot shop", "many shops")
ONCE = ("batches", "rest", "disk", "queries", "issue", "verify", "view", "settlement", "soak")
JOBS = (*RATES, *ONCE)


def rates(stage: Stage, plan: Plan, progress: Callable[[Turn], None]) -> Iterator[Turn]:
    """All rates, round after round; each round begins with another job."""
    wanted = [job for job in RATES if plan.wants(job)]
    usual = max((flying for flying in plan.in_flight if flying <= 100), default=plan.in_flight[0])
    if wanted:  # to warm up, and to connect every till that pays
        sellers = stage.sellers if "many shops" in wanted else stage.usual
        stage.runner.run(submit_each(stage.pays(max(len(sellers), _WARM_UP), sellers), _WARM_UP // 2))
    for number in range(1, plan.rounds + 1):
        for in_flight in plan.in_flight:
            for place in range(len(wanted)):
                job = wanted[(place + number) % len(wanted)]
                if job in AT_ONE_LOAD and in_flight != usual:
                    continue
                calls = RATES[job](stage, plan.count(in_flight), in_flight)
                turn = loaded(stage, job, calls, in_flight, number)
                progress(turn)
                yield turn


def issue(stage: Stage, vouchers: int, times: int) -> list[dict[str, Any]]:
    """Allocate, record and issue vouchers in bulk, then activate them, several times."""
    rows = []
    for number in range(1, times + 1):
        wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(vouchers)]
        scheme = stage.purse.scheme
        with metered(stage) as issued:
            issue_unbound(stage.desk, scheme, wallets)
        with metered(stage) as activated:
            activate(stage.desk, scheme, wallets)
        stage.purse.add(wallets)
        both = Cost.of_all([issued, activated])
        steps = {"allocate, record and issue": issued, "activate": activated, "in all": both}
        rows += [
            {"round": number, "step": step, "vouchers": vouchers, **cost.each(vouchers)}
            for step, cost in steps.items()
        ]
    return rows


def rest(stage: Stage, seconds: float) -> list[dict[str, Any]]:
    """What each node takes with nothing to do, in cores."""
    stage.meter.level()
    return [
        {"node": node, "cores": round(cores, 5)}
        for node, cores in sorted(at_rest(stage.meter, seconds).items())
    ]


def disk(stage: Stage, payments: int) -> list[dict[str, Any]]:
    """What a payment leaves on disk and passes on, and what it costs, for each node.

    On a large ledger a peer's databases are merged now and then, which has nothing to do with a payment; so
    this comes before the ledger grows.
    """
    calls = stage.pays(payments)
    stage.meter.level()
    before = _sizes_at_rest(stage)
    turn = loaded(stage, "disk", calls, min(100, payments), 1)
    stage.meter.level()
    after = _sizes_at_rest(stage)
    return [
        {
            "node": node,
            "cpu_ms": round(1000 * turn.spent.nodes[node] / turn.valid, 3),
            "disk_bytes": round((after[node] - before[node]) / turn.valid),
            "passed_bytes": round(turn.spent.passed[node] / turn.valid),
            "per_block": round(turn.per_block, 1),
        }
        for node in sorted(after)
    ]


def _sizes_at_rest(stage: Stage) -> dict[str, int]:
    """Bytes on each node's disk, once they have stayed the same for a second."""
    folders = [
        folder for kind in ("peer", "orderer") for folder in (stage.network.home / "nodes").glob(f"{kind}*")
    ]
    until, before = time.monotonic() + _PATIENCE, dict[str, int]()
    while True:
        sizes = {folder.name: _bytes_in(folder) for folder in folders}
        if sizes == before or time.monotonic() > until:
            return sizes
        before = sizes
        time.sleep(1)


def _bytes_in(folder: Path) -> int:
    found = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a table that was merged into another one
            found += file.stat().st_size if file.is_file() else 0
    return found


def verify(stage: Stage) -> list[dict[str, Any]]:
    """The auditor's verification of the whole channel."""
    stage.desk.in_step()
    height = stage.desk.ledger(AUDITOR, "auditor").ledger_height()
    worked, began = time.process_time(), time.perf_counter()
    audit = stage.desk.auditor.verify()
    seconds = time.perf_counter() - began
    return [
        {
            "blocks": height,
            "payments": stage.payments,
            "seconds": round(seconds, 2),
            "cpu_seconds": round(time.process_time() - worked, 2),
            "passed": audit.passed,
        }
    ]


def view(stage: Stage, folder: Path) -> list[dict[str, Any]]:
    """A ledger view that takes in the whole channel."""
    ledger = stage.desk.ledger(AUDITOR, "auditor")
    with LedgerView(folder / "view.db", channel=CHANNEL, chaincode=CHAINCODE) as made:
        worked, began = time.process_time(), time.perf_counter()
        catch_up(made, ledger)
        seconds = time.perf_counter() - began
        status = made.status()
    return [
        {
            "blocks": ledger.ledger_height(),
            "rows": sum(status.rows.values()),
            "seconds": round(seconds, 2),
            "cpu_seconds": round(time.process_time() - worked, 2),
            "flaws": status.flaws,
        }
    ]


@dataclass
class Run:
    """All that is measured on one network, in its order.

    Attributes:
        stage: the network.
        plan: how much is measured.
        folder: for files of the jobs.
        found: gets what was measured.
        progress: told each step.
        keep: called when a job is done, to write what there is.
    """

    stage: Stage
    plan: Plan
    folder: Path
    found: Found
    progress: Callable[[str], None]
    keep: Callable[[], object]

    def all(self) -> None:
        """The smallest queries, the rates, and then each job that is done once."""
        if self.plan.wants("queries"):  # rates would make the ledger larger than the smallest size
            self._grown(self.plan.ledger[:1])
        for turn in rates(self.stage, self.plan, lambda turn: self.progress(words(turn))):
            self.found.turns.append(turn)
        self.keep()
        self._once()

    def _once(self) -> None:
        stage, plan = self.stage, self.plan
        self._act("batches", self._batched)
        self._act("rest", lambda: rest(stage, plan.rest_seconds))
        self._act("disk", lambda: disk(stage, plan.count(100)))
        if plan.wants("queries"):
            self._grown(plan.ledger[1:])
        self._act("issue", lambda: with_medians(issue(stage, plan.issued, plan.rounds)))
        self._act("verify", lambda: verify(stage))
        self._act("view", lambda: view(stage, self.folder))
        self._act(
            "settlement", lambda: with_medians(settlement(stage, plan.settled, plan.rounds, self.progress))
        )
        if plan.soak_minutes:
            self._act("soak", self._soaked)
        elif plan.wants("soak"):
            self.found.skipped["soak"] = "ask for it by --soak-minutes"

    def _act(self, name: str, measure: Callable[[], list[dict[str, Any]]]) -> None:
        if self.plan.wants(name):
            self.progress(f"{name} ...")
            self.found.tables[name] = measure()
            self.keep()
            self.progress(f"{name}: {json.dumps(self.found.tables[name][-1])}")

    def _grown(self, sizes: Sequence[int]) -> None:
        """Let the ledger grow to each size, and measure the queries there; each is kept.

        A ledger that has more payments already is measured as it is.
        """
        stage, found = self.stage, self.found
        rows = found.tables.get("queries", [])
        for size in sizes:
            self.progress(f"queries at {size:,} payments ...")
            took = reach(stage, size, self.progress)
            if took is not None:
                totals = stage.desk.auditor.audit.totals(stage.purse.scheme)
                summed = {"ledger": stage.payments, "on_ledger": totals["spent_cents"] // CENTS}
                found.tables.setdefault("growth", []).append({**summed, **took})
                self.progress(f"growth: {json.dumps(found.tables['growth'][-1])}")
            rows = [*rows, *queries.measure(stage, size, self.plan.queries)]
            found.tables["queries"] = queries.compared(rows)
            self.keep()

    def _batched(self) -> list[dict[str, Any]]:
        taken = []
        for size, turn in batching(self.stage, self.plan.transactions, self.plan.rounds):
            taken.append((size, turn))
            self.found.batches.append(turn)
            self.progress(words(turn))
        return table(taken)

    def _soaked(self) -> list[dict[str, Any]]:
        for row in soak(self.stage, self.plan.soak_minutes, self.folder, self.progress):
            self.found.minutes.append(row)
        return growths(self.found.minutes)
