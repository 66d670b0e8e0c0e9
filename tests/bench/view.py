"""How fast a ledger view takes in blocks, without a network: payments and settlements, in blocks of ten.

PYTHONPATH=demo:tests:tests/unit .venv/bin/python tests/bench/view.py --payments 100000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from ledger_blocks import CHAINCODE, CHANNEL, Asked, Peer
from small_town import SmallTown, spend

import postgres
from kindpakket.ledgerview import TABLES, LedgerView, catch_up
from kindpakket.ledgerview.exports import FORMATS, export
from kindpakket.ledgerview.figures import figures

_PER_BLOCK = 10
_GIVEN = 1_000_000
"""Cents that each voucher has, so that it can always pay."""
_SETTLED = 500
"""How many payments of a shop a settlement holds."""


class LargeTown(SmallTown):
    """A town with one scheme whose payments cost the same however many there were before."""

    def __init__(self, payments: int) -> None:
        super().__init__(Random(1), schemes=1, shops=300)
        self.vouchers = max(payments // 10, 1)
        self._open: dict[str, list[tuple[str, int]]] = {}

    def live(self, payments: int) -> Iterator[Asked]:
        """Vouchers, and payments that are settled as they come."""
        yield from self.begin()
        (scheme,) = self.schemes
        for _ in range(self.vouchers):
            self.issue()
            for key, record in self._writes.items():
                if record is not None:
                    record["issued_cents"] += _GIVEN
                    record["available_cents" if key.startswith("voucher/") else "unallocated_cents"] += _GIVEN
            yield self.commit("voucher:Issue")
        vouchers = [key for key in self.state if key.startswith("voucher/")]
        for number in range(payments):
            self.now += 300
            yield self._pay(scheme, vouchers[number % len(vouchers)])
            shop = self.shops[number % len(self.shops)]
            if len(self._open.get(shop, ())) >= _SETTLED or number == payments - 1:
                yield from self._settle(scheme, shop)

    def _pay(self, scheme: str, key: str) -> Asked:
        voucher = self.voucher_of({"scheme": scheme, "voucher": key.rpartition("/")[2]})
        shop, cents = self.random.choice(self.shops), self.random.randint(100, 2_000)
        day = time.strftime("%Y-%m-%d", time.gmtime(self.now))
        payment = {
            "id": self.id(),
            "scheme": scheme,
            "shop": shop,
            "voucher": voucher["id"],
            "lines": [{"category": self.random.choice(("books", "toys")), "cents": cents}],
            "cents": cents,
            "refunded": {},
            "refunded_cents": 0,
            "state": "paid",
            "day": day,
            "at": self.now,
            "proof": {"kind": "key", "version": 1},
            "till": "till-1",
        }
        spend(voucher, payment["lines"])
        self.put_voucher(voucher)
        self.put(f"payment/{payment['id']}", payment)
        self.item(payment, cents)
        request = {"digest": "0" * 64, "operation": "payment:Pay", "answer": payment}
        self.put(f"request/{payment['id']}", request)
        self._open.setdefault(shop, []).append((f"{day}/{payment['id']}", cents))
        made = self.commit("payment:Pay", scheme=scheme, voucher=voucher["id"], shop=shop)
        for kept in ("payment/", "unsettled/", "request/"):
            self.state.pop(next((k for k in made.writes if k.startswith(kept)), ""), None)
        return made

    def _settle(self, scheme: str, shop: str) -> Iterator[Asked]:
        items = self._open.pop(shop, [])
        settlement = self._settlement(scheme, shop, "drafted", sum(cents for _, cents in items))
        key = f"settlement/{scheme}/{settlement['id']}"
        for place, cents in items:
            self.state[f"unsettled/{scheme}/{shop}/{place}"] = {}
            self._writes[f"unsettled/{scheme}/{shop}/{place}"] = None
            self.put(f"sold/{scheme}/{shop}/{place}", {"settlement": settlement["id"], "cents": cents})
        made = self.commit("settlement:Draft", scheme=scheme, shop=shop)
        for name in made.writes:
            if name.startswith("sold/"):
                del self.state[name]
        yield made
        for state in ("approved", "exported", "paid"):
            self.put(key, {**settlement, "state": state})
            yield self.commit("settlement:Book", scheme=scheme, shop=shop)


def measure(name: str, where: str, peer: Peer, folder: Path) -> None:
    """Take all blocks in, ask for hash and figures, and export."""
    with LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE) as view:
        seconds, processor = _timed(lambda: catch_up(view, peer))
        status = view.status()
        assert status.flaws == 0
        rows, transactions = sum(status.rows.values()), status.rows["requests"]
        print(f"{name}: {len(peer.messages):,} blocks, {transactions:,} transactions, {rows:,} rows")
        print(
            f"  taken in: {seconds:.1f} s ({processor:.1f} s of the processor): "
            f"{len(peer.messages) / seconds:,.0f} blocks, {transactions / seconds:,.0f} transactions, "
            f"{rows / seconds:,.0f} rows a second"
        )
        _tell("hash over the tables", view.digest)
        with view.reading() as snapshot:
            _tell("figures", lambda: figures(snapshot))
            for kind in FORMATS:
                write = partial(export, snapshot, folder / f"{name}-{kind}", kind, TABLES, history=True)
                _tell(f"export as {kind}, all versions", write)


def _tell(what: str, act: Callable[[], object]) -> None:
    seconds, processor = _timed(act)
    print(f"  {what}: {seconds:.1f} s ({processor:.1f} s of the processor)")


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """How long something takes, and how much of the processor in this process."""
    began, worked = time.monotonic(), time.process_time()
    act()
    return time.monotonic() - began, time.process_time() - worked


def main() -> None:
    """Make the blocks and measure with SQLite, and with PostgreSQL where it is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=100_000)
    payments = parser.parse_args().payments
    peer, waiting = Peer(), []
    for asked in LargeTown(payments).live(payments):
        waiting.append(asked)
        if len(waiting) == _PER_BLOCK:
            peer.append(*waiting)
            waiting = []
    if waiting:
        peer.append(*waiting)
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", str(Path(folder) / "view.db"), peer, Path(folder))
        if (programs := postgres.programs()) is not None:
            with postgres.server(programs) as url:
                measure("PostgreSQL", url, peer, Path(folder))


if __name__ == "__main__":
    main()
