"""The queries that users ask, alone and while payments are written, at several sizes of the ledger."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from kindpakket.ledger.days import today
from performance.load import submit_each
from performance.stage import Call, Stage

WRITERS = 10
"""Payments in flight beside the queries."""
_KNOWN = 50
_VOUCHERS = 20 * WRITERS
_SECONDS = 0.1


@dataclass(frozen=True)
class Query:
    """A query.

    Attributes:
        name: what a report calls it.
        ask: asks it once, and returns how many things the answer has.
    """

    name: str
    ask: Callable[[], int]


class WritersFailed(Exception):
    """Payments beside the queries were not valid."""


def asked(stage: Stage) -> list[Query]:
    """The queries, of payments and vouchers that are on the ledger."""
    desk, scheme, day = stage.desk, stage.purse.scheme, today().isoformat()
    seller = stage.usual[-1]
    shop = stage.shop(seller)
    of_day = {"scheme": scheme, "shop": seller.shop_id, "day": day}
    payments = cycle([entry["id"] for entry, _ in zip(shop.day(scheme, day), range(_KNOWN), strict=False)])
    wallets = cycle(stage.purse.some(_KNOWN))

    def allowance() -> int:
        wallet = next(wallets)
        order = shop.allowance_order(scheme, wallet.voucher)
        return len([shop.allowance(order, wallet.show(order))])

    def history() -> int:
        return len(list(desk.auditor.audit.history(f"voucher/{scheme}/{next(wallets).voucher}")))

    return [
        Query("scheme:Show", lambda: len([desk.clerk.schemes.show(scheme)])),
        Query("payment:Show", lambda: len([desk.clerk.payments.show(next(payments))])),
        Query(
            "voucher:Show, the balance",
            lambda: len([desk.clerk.vouchers.show(scheme, next(wallets).voucher)]),
        ),
        Query("voucher:Allowance, shown to a shop", allowance),
        Query(
            "payment:OfDay, first page",
            lambda: len(next(shop.caller.pages("payment:OfDay", of_day))["items"]),
        ),
        Query("payment:OfDay, all pages", lambda: len(list(shop.day(scheme, day)))),
        Query(
            "audit:ShopStatement, the open amount",
            lambda: len(shop.settlements.statement(scheme)["entries"]),
        ),
        Query("audit:History of a voucher", history),
        Query("audit:Totals, all pages", lambda: desk.auditor.audit.totals(scheme)["vouchers"]),
    ]


def measure(stage: Stage, size: int, count: int) -> list[dict[str, Any]]:
    """How long each query takes alone, and beside payments in flight.

    Args:
        stage: the network.
        size: payments that the ledger was to have, by which rows are compared.
        count: evaluations of each query.

    Returns:
        Rows with the payments that there were when the query was asked first. Those beside the queries add to
        them.

    Raises:
        WritersFailed: payments in flight were not valid.
    """
    stage.stock(_VOUCHERS)
    several = asked(stage)
    rows = [
        {
            "query": query.name,
            "ledger": size,
            "payments": stage.payments,
            "beside": "nothing",
            **_timed(query, count),
        }
        for query in several
    ]
    for query in several:
        before = stage.payments
        taken, written = stage.runner.run(_beside(stage, query, count))
        rows.append(
            {
                "query": query.name,
                "ledger": size,
                "payments": before,
                "beside": f"{WRITERS} payments in flight",
                **taken,
                "written_per_second": round(written, 1),
            }
        )
    stage.desk.in_step()
    return rows


def compared(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with two ratios of the median: to the smallest ledger, and to the same query alone."""
    places = {(row["query"], row["beside"], row["ledger"]): row["p50_ms"] for row in rows}
    smallest = min((row["ledger"] for row in rows), default=0)
    found = []
    for row in rows:
        query, ledger = row["query"], row["ledger"]
        first = places.get((query, row["beside"], smallest))
        alone = places.get((query, "nothing", ledger))
        found.append(
            {
                **row,
                "to_smallest": round(row["p50_ms"] / first, 2) if first else None,
                "to_alone": round(row["p50_ms"] / alone, 2) if alone else None,
            }
        )
    return found


async def _beside(stage: Stage, query: Query, count: int) -> tuple[dict[str, Any], float]:
    """Time a query while payments are written, from after the first until after its last answer."""
    asking, begun, written = True, asyncio.Event(), 0

    def payments() -> Iterator[Call]:
        nonlocal written
        while asking:
            for call in stage.pays(2 * WRITERS):
                yield call
                written += 1  # whoever takes the next one has done another
                begun.set()

    writing = asyncio.ensure_future(submit_each(payments(), WRITERS))
    await begun.wait()
    before, began = written, time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        taken = await asyncio.get_running_loop().run_in_executor(
            pool, _timed, query, count, lambda: written >= before + WRITERS
        )
    rate = (written - before) / (time.perf_counter() - began)
    asking = False
    done = await writing
    lost = [one.reason for one in done if one.outcome != "valid"]
    if lost:
        raise WritersFailed(
            f"{len(lost)} of {len(done)} payments beside {query.name} are not valid: {lost[0]}"
        )
    return taken, rate


def _timed(query: Query, count: int, enough: Callable[[], bool] = lambda: True) -> dict[str, Any]:
    """Ask so many times, for a tenth of a second for each, and until it is enough."""
    taken: list[float] = []
    things: list[int] = []
    start = time.perf_counter()
    while len(taken) < count or time.perf_counter() < start + _SECONDS * count or not enough():
        began = time.perf_counter()
        things.append(query.ask())
        taken.append(1000 * (time.perf_counter() - began))
    return {
        "asked": len(taken),
        "things": round(statistics.median(things)),
        "p50_ms": round(statistics.median(taken), 1),
        "highest_ms": round(max(taken), 1),
    }
