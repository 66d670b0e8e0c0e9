"""Submits calls with so many in flight, and measures what that took."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sdk.figures import latencies
from sdk.job import Transaction
from sdk.python_client import submit

from performance.meter import Spent
from performance.stage import Call, Stage

# A report has room for so many.
_CODES = 10


@dataclass(frozen=True)
class Turn:
    """One measured load.

    Attributes:
        variant: the network that it was put on.
        job: what was done.
        in_flight: transactions under way at any time.
        round: the round, from 1.
        requests: transactions that were made, or payments in them.
        valid: those that were valid.
        seconds: wall time.
        p50: milliseconds from the proposal to the commit status that half of the valid ones took at most.
        p95: and that 95 in 100 took at most.
        spent: what the network's processes spent.
        others: validation codes, or errors, of those that were not valid.
        ledger: payments on the ledger before it.
    """

    variant: str
    job: str
    in_flight: int
    round: int
    requests: int
    valid: int
    seconds: float
    p50: float | None
    p95: float | None
    spent: Spent
    others: dict[str, int]
    ledger: int

    @property
    def per_second(self) -> float:
        """Valid transactions per second."""
        return self.valid / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of all processes, the client's included, for each valid transaction."""
        return 1000 * sum(self.spent.cpu.values()) / max(self.valid, 1)

    @property
    def per_block(self) -> float:
        """Valid transactions for each block."""
        return self.valid / max(self.spent.blocks, 1)


@dataclass
class Cost:
    """What some work took, once it is over.

    Attributes:
        seconds: wall time, until all peers have its blocks.
        cpu: CPU seconds by kind of process.
    """

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_all(cls, costs: Iterable[Cost]) -> Cost:
        """What several pieces of work took, one after the other."""
        whole = cls()
        for cost in costs:
            whole.seconds += cost.seconds
            for kind, cpu in cost.cpu.items():
                whole.cpu[kind] = whole.cpu.get(kind, 0.0) + cpu
        return whole

    def each(self, count: int) -> dict[str, float]:
        """Columns of a table for so many things: seconds, things per second, CPU milliseconds of each."""
        spent = {f"{kind}_ms": round(1000 * cpu / count, 2) for kind, cpu in self.cpu.items() if kind != "ca"}
        return {
            "seconds": round(self.seconds, 2),
            "per_second": round(count / self.seconds, 1),
            "cpu_ms": round(1000 * sum(self.cpu.values()) / count, 2),
            **dict(sorted(spent.items())),
        }


@contextmanager
def metered(stage: Stage) -> Iterator[Cost]:
    """Measure what a block of code takes, the work of peers that are behind included."""
    cost, before, began = Cost(), stage.meter.read(), time.perf_counter()
    yield cost
    stage.desk.in_step()
    cost.seconds = time.perf_counter() - began
    cost.cpu = Spent.between(before, stage.meter.read()).cpu


async def submit_each(calls: Iterable[Call], in_flight: int) -> list[Transaction]:
    """Submit the calls, so many in flight, and wait for the commit status of each."""
    waiting = iter(calls)
    done: list[Transaction] = []

    async def work() -> None:
        for call in waiting:
            done.append(await submit(call.contract, call.function, *call.arguments))

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return done


def loaded(stage: Stage, job: str, calls: Sequence[Call], in_flight: int, number: int) -> Turn:
    """Put a load on a network, and wait until all peers have its blocks, so that their work counts.

    In flight are payments, of which a transaction carries several if it is a batch.
    """
    ledger = stage.payments
    carried = {call.arguments[0]: call.carries for call in calls}
    side_by_side = max(in_flight // max(carried.values()), 1)
    before = stage.meter.read()
    began = time.perf_counter()
    transactions = stage.runner.run(submit_each(calls, side_by_side))
    seconds = time.perf_counter() - began
    stage.desk.in_step()
    spent = Spent.between(before, stage.meter.read())
    others = Counter(" ".join(one.reason.split())[:300] for one in transactions if one.outcome != "valid")
    p50, p95 = latencies(transactions)
    return Turn(
        stage.variant.name,
        job,
        in_flight,
        number,
        sum(call.carries for call in calls),
        sum(carried[one.key] for one in transactions if one.outcome == "valid"),
        seconds,
        p50,
        p95,
        spent,
        dict(others.most_common(_CODES)),
        ledger,
    )
