"""What `make bench` measures, each as a job on a network that runs.

Rates are taken in rounds, one job after the other in each, so that what slows the machine down slows each of
them down. The others come once, at the end, when the ledger holds what the rounds left.
"""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine

from kindpakket.ledger.days import today
from kindpakket.ledger.refusals import Refusal
from kindpakket.ledgerview import LedgerView, catch_up
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, Till
from performance.load import Turn, loaded, submit_each
from performance.stage import Call, Stage

_WRITERS = 10
_BATCH = 50


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: how often each rate is taken.
        in_flight: the numbers of transactions in flight.
        transactions: of a turn at 100 in flight; fewer below, by the root of their ratio.
        queries: evaluations of each query.
        issued: vouchers that the bulk issue makes.
        soak_minutes: how long payments go on while memory is watched.
        only: names of jobs; empty: all.
    """

    rounds: int
    in_flight: tuple[int, ...]
    transactions: int
    queries: int
    issued: int
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
        tables: other figures, by job: rows of name and value.
        skipped: jobs that were not done, and why.
    """

    turns: list[Turn] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


Calls = Callable[[Stage, int, int], Sequence[Call]]


def _hot(stage: Stage) -> tuple[Till, ...]:
    return stage.tills[:1]


RATES: dict[str, Calls] = {
    "payment": lambda stage, count, _: stage.pays(count),
    "batch": lambda stage, count, in_flight: stage.batches(count, min(_BATCH, in_flight)),
    "asset": lambda stage, count, _: stage.creates(count),
    "nothing": lambda stage, count, _: stage.shows(count),
    "hot shop": lambda stage, count, _: stage.pays(count, _hot(stage)),
}
"""Jobs of which rates are taken; a hot shop is measured at the highest number in flight up to 100 only.

A batch has as many payments as are in flight, up to 50.
"""
ONCE = ("disk", "issue", "queries", "verify", "view", "settlement", "soak")
JOBS = (*RATES, *ONCE)


def rates(stage: Stage, plan: Plan, progress: Callable[[Turn], None]) -> Iterator[Turn]:
    """All rates, round after round; each round begins with another job."""
    wanted = [job for job in RATES if plan.wants(job)]
    hot = max((flying for flying in plan.in_flight if flying <= 100), default=plan.in_flight[0])
    if wanted:
        stage.runner.run(submit_each(stage.pays(20), 4))  # to warm up
    for number in range(1, plan.rounds + 1):
        for in_flight in plan.in_flight:
            for place in range(len(wanted)):
                job = wanted[(place + number) % len(wanted)]
                if job in ("hot shop", "nothing") and in_flight != hot:
                    continue
                calls = RATES[job](stage, plan.count(in_flight), in_flight)
                turn = loaded(stage, job, calls, in_flight, number)
                progress(turn)
                yield turn


def issue(stage: Stage, vouchers: int) -> list[dict[str, Any]]:
    """Allocate, record, issue and activate vouchers in bulk."""
    before, began = stage.meter.read(), time.perf_counter()
    stage.hand_out(vouchers)
    seconds = time.perf_counter() - began
    after = stage.meter.read()
    cpu = sum(after.cpu.values()) - sum(before.cpu.get(node, 0.0) for node in after.cpu)
    return [
        {
            "vouchers": vouchers,
            "seconds": round(seconds, 2),
            "per_second": round(vouchers / seconds, 1),
            "cpu_ms": round(1000 * cpu / vouchers, 2),
        }
    ]


def disk(stage: Stage, payments: int) -> list[dict[str, Any]]:
    """What a payment leaves on disk and passes on, and what it costs, for each node."""

    def sizes() -> dict[str, int]:
        return {
            folder.name: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            for kind in ("peer", "orderer")
            for folder in (stage.network.home / "nodes").glob(f"{kind}*")
        }

    before = sizes()
    turn = loaded(stage, "disk", stage.pays(payments), min(100, payments), 1)
    after = sizes()
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


def queries(stage: Stage, count: int) -> list[dict[str, Any]]:
    """How long queries take alone, and while payments are written."""
    day = today().isoformat()
    asked: dict[str, Callable[[], object]] = {
        "scheme:Show": lambda: stage.desk.clerk.schemes.show(stage.scheme.id),
        "payment:OfDay, all pages": lambda: list(stage.tills[0].shop.day(stage.scheme.id, day)),
        "audit:Totals": lambda: stage.desk.auditor.audit.totals(stage.scheme.id),
    }
    rows = []
    ledger = stage.payments
    for name, ask in asked.items():
        alone = _timed(ask, count)
        rows.append({"query": name, "payments": ledger, "beside": "nothing", "p50_ms": alone})
    for name, ask in asked.items():
        calls = stage.pays(20 * _WRITERS)

        async def both(ask: Callable[[], object] = ask, calls: Sequence[Call] = tuple(calls)) -> float:
            writing = asyncio.ensure_future(submit_each(calls, _WRITERS))
            with ThreadPoolExecutor(1) as pool:
                taken = await asyncio.get_running_loop().run_in_executor(pool, _timed, ask, count)
            await writing
            return taken

        beside = stage.runner.run(both())
        rows.append(
            {"query": name, "payments": ledger, "beside": f"{_WRITERS} payments in flight", "p50_ms": beside}
        )
    return rows


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


def settlement(stage: Stage) -> list[dict[str, Any]]:
    """On the day after: close the day, draft every shop's settlements, and approve them."""
    treasurer, manager, scheme = stage.desk.treasurer, stage.desk.manager, stage.scheme.id
    day = today()
    with time_machine.travel(time.time() + timedelta(days=1).total_seconds(), tick=True):
        began = time.perf_counter()
        treasurer.schemes.close_day(scheme, day)
        stage.desk.in_step()
        drafted = [treasurer.settlements.draft(scheme, till.shop.shop_id) for till in stage.tills]
        while any(one["cents"] >= 500 * 100 for one in drafted[-len(stage.tills) :]):
            more = []
            for till in stage.tills:
                try:
                    more.append(treasurer.settlements.draft(scheme, till.shop.shop_id))
                except Refusal:  # nothing is left of this shop
                    continue
            if not more:
                break
            drafted += more
        between = time.perf_counter()
        stage.desk.in_step()
        for one in drafted:
            manager.settlements.approve(scheme, one["id"])
        ended = time.perf_counter()
    payments = sum(one["cents"] for one in drafted) // 100
    return [
        {
            "settlements": len(drafted),
            "payments": payments,
            "draft_seconds": round(between - began, 2),
            "approve_seconds": round(ended - between, 2),
            "payments_per_second": round(payments / (ended - began), 1),
        }
    ]


def soak(stage: Stage, minutes: float, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Payments for so long, ten in flight; the memory of all processes once a minute."""
    rows = []
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        began, paid = time.monotonic(), 0
        while time.monotonic() < min(began + 60, end):
            done = stage.runner.run(submit_each(stage.pays(200), _WRITERS))
            paid += sum(one.outcome == "valid" for one in done)
        memory = stage.meter.read().memory
        row = {"payments": paid, "per_second": round(paid / (time.monotonic() - began), 1)}
        row |= {
            node: round(size / 1e6) for node, size in sorted(memory.items()) if not node.startswith("ca.")
        }
        rows.append(row)
        progress(f"soak: {row['per_second']} payments a second, {sum(memory.values()) / 1e6:.0f} MB")
    return rows


def once(stage: Stage, plan: Plan, folder: Path, found: Found, progress: Callable[[str], None]) -> None:
    """The jobs that are done once, in their order."""
    acts: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "disk": lambda: disk(stage, plan.count(100)),
        "issue": lambda: issue(stage, plan.issued),
        "queries": lambda: queries(stage, plan.queries),
        "soak": lambda: soak(stage, plan.soak_minutes, progress),
        "verify": lambda: verify(stage),
        "view": lambda: view(stage, folder),
        "settlement": lambda: settlement(stage),
    }
    for name, act in acts.items():
        if not plan.wants(name):
            continue
        if name == "soak" and not plan.soak_minutes:
            found.skipped["soak"] = "ask for it by --soak-minutes"
            continue
        progress(f"{name} ...")
        found.tables[name] = act()
        progress(f"{name}: {json.dumps(found.tables[name][-1])}")


def _timed(ask: Callable[[], object], count: int) -> float:
    """The median of how long something takes, in milliseconds."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(taken), 1)
