"""Tills that take payments continuously while something else happens to the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from support import Town

from fabric_gateway import FabricError
from kindpakket.ledger.refusals import Refusal
from kindpakket_demo.schemes import CENTS_PER_CHILD
from kindpakket_demo.wallets import Wallet
from kindpakket_network.programs.wait import until
from patience import PATIENCE

LEAST = 100
# Seconds between two payments of a till: enough of them to notice a gap, and the machine keeps time for more.
_PAUSE = 0.3


@dataclass
class Trade:
    """What the tills took.

    Attributes:
        paid: how long each payment took, in seconds.
        failed: the errors of payments that failed.
    """

    paid: list[float] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)

    def go_on(self, count: int = 10) -> None:
        """Wait until `count` more payments were taken. Whether any failed is for a test to judge."""
        target = len(self.paid) + count
        assert until(lambda: len(self.paid) >= target or None, PATIENCE), f"nothing is paid: {self.failed}"


@contextmanager
def trade(town: Town, wallets: Sequence[Wallet]) -> Iterator[Trade]:
    """Have two tills take small payments until the end, each from one half of the wallets in turn."""
    made, over = Trade(), threading.Event()

    def sell(mine: Sequence[Wallet]) -> None:
        # In turn: the peers may not yet all have the block with a voucher's last payment.
        for _ in range(CENTS_PER_CHILD // LEAST):
            for wallet in mine:
                order = town.order(wallet, LEAST)
                began = time.monotonic()
                try:
                    town.till.shop.pay(order, wallet.authorise(order))
                except (FabricError, Refusal) as error:
                    made.failed.append(error)
                else:
                    made.paid.append(time.monotonic() - began)
                if over.wait(_PAUSE):
                    return

    middle = len(wallets) // 2
    with ThreadPoolExecutor(2) as pool:
        tills = [pool.submit(sell, mine) for mine in (wallets[:middle], wallets[middle:])]
        try:
            yield made
        finally:
            over.set()
        for till in tills:
            till.result()
