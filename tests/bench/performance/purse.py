"""Vouchers of one scheme that pay in turn, so that none pays twice at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from kindpakket_demo.schemes import CENTS_PER_CHILD
from kindpakket_demo.wallets import Wallet

CENTS = 100
"""What each payment is of."""


class Purse:
    """Vouchers with what is left on them.

    Two payments of a voucher in one block are a conflict, of which one is invalid (MVCC_READ_CONFLICT). So
    each that is taken is another one, and the one that has waited longest comes first.

    Attributes:
        scheme: id of the vouchers' scheme.
        paid: how many payments they were taken for.
    """

    def __init__(self, scheme: str) -> None:
        """Begin without vouchers."""
        self.scheme = scheme
        self.paid = 0
        self._waiting: deque[tuple[Wallet, int]] = deque()

    def __len__(self) -> int:
        """How many vouchers can still pay."""
        return len(self._waiting)

    @property
    def cents(self) -> int:
        """What was paid in all."""
        return self.paid * CENTS

    def add(self, wallets: Sequence[Wallet]) -> None:
        """Add vouchers that have not paid yet; they pay before all others."""
        self._waiting.extendleft((wallet, CENTS_PER_CHILD // CENTS) for wallet in reversed(wallets))

    def short(self, count: int) -> int:
        """How many vouchers are missing for so many payments, each of another voucher."""
        return max(count - len(self._waiting), 0)

    def take(self, count: int) -> list[Wallet]:
        """So many different vouchers, each for one payment.

        Raises:
            ValueError: there are fewer.
        """
        if self.short(count):
            raise ValueError(f"{len(self)} vouchers cannot make {count} payments at a time: hand out more")
        taken = [self._waiting.popleft() for _ in range(count)]
        self._waiting.extend((wallet, left - 1) for wallet, left in taken if left > 1)
        self.paid += count
        return [wallet for wallet, _ in taken]

    def some(self, count: int) -> list[Wallet]:
        """Up to so many vouchers that paid, those that paid last."""
        last = list(self._waiting)[-min(count, self.paid) :]
        return [wallet for wallet, _ in last]
