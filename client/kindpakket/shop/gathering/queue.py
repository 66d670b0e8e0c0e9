"""Which requests are sent together, and when. It reads no clock, waits for nothing and locks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from kindpakket.shop.gathering.item import Item, Parcel

MOST = 200
"""How many requests the chaincode takes in a batch (`payment:Batch`)."""
MOST_BYTES = 1_000_000
"""How long a batch's argument may be; the chaincode takes 1 MiB."""
URGENT_SECONDS = 5
"""A request whose deadline is nearer than this waits for no others."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How requests are gathered.

    Attributes:
        wait: the longest that a request waits for others while something is in flight, in seconds.
        most: the most requests in a batch, 1 to 200.
        at_once: the most transactions in flight.
    """

    wait: float = 0.025
    most: int = MOST
    at_once: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.wait <= 1:
            raise ValueError(f"wait is {self.wait!r}: give seconds from 0 to 1, such as 0.025")
        if not 1 <= self.most <= MOST:
            raise ValueError(f"most is {self.most!r}: a batch has 1 to {MOST} requests")
        if self.at_once < 1:
            raise ValueError(f"at_once is {self.at_once!r}: give 1 or more")


class Queue:
    """Requests that wait, and what is in flight.

    A request does not travel while another one in flight changes the same voucher, payment or request id: the
    two would conflict, and the second be sent again.

    Attributes:
        closing: nothing waits for others any more.
    """

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing."""
        self.closing = False
        self._limits = limits
        self._batches = True
        self._waiting: list[Item] = []
        self._busy: Counter[Hashable] = Counter()
        self._travelling: set[Item] = set()
        self._parcels: set[Parcel] = set()

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._waiting and not self._parcels

    def add(self, item: Item, now: float) -> None:
        """Let a request wait, from `now` on: seconds of a clock that never jumps."""
        item.since = now
        self._waiting.append(item)

    def remove(self, item: Item) -> bool:
        """Take back a request whose caller has gone.

        Returns:
            Whether it still waited; otherwise it is in flight.
        """
        if item not in self._waiting:
            return False
        self._waiting.remove(item)
        return True

    def next(self, now: float, at: float) -> Parcel | None:
        """What is to be sent now, which is in flight from then on; None if nothing is.

        Args:
            now: seconds of the clock that `add` was given.
            at: the time, in Unix seconds.
        """
        urgent = next((item for item in self._waiting if is_urgent(item, at)), None)
        if urgent is not None:
            return self._sent([urgent])
        if not self._batches and self._waiting:
            return self._sent(self._waiting[:1])
        if len(self._parcels) >= self._limits.at_once:
            return None
        items, full = self._sendable()
        if not items:
            return None
        waited = now - items[0].since >= self._limits.wait
        if full or waited or self.closing or not self._parcels:
            return self._sent(items)
        return None

    def wait(self, now: float) -> float | None:
        """How long until `next` may have something, in seconds, if nothing else happens; None: no limit."""
        if len(self._parcels) >= self._limits.at_once:
            return None
        items, _ = self._sendable()
        return max(0.0, items[0].since + self._limits.wait - now) if items else None

    def give_up_batches(self) -> bool:
        """Send every request alone and at once from now on.

        Returns:
            Whether there were batches until now.
        """
        before, self._batches = self._batches, False
        return before

    def settled(self, item: Item) -> None:
        """A request in flight has its answer, or nobody waits for it any more."""
        if item in self._travelling:
            self._travelling.remove(item)
            self._busy.subtract(item.subjects)
            self._busy += Counter()  # forget those that nothing is about

    def landed(self, parcel: Parcel, *again: Parcel) -> None:
        """A parcel is no longer in flight, but those that carry on with its requests are."""
        self._parcels.discard(parcel)
        self._parcels.update(again)

    def _sendable(self) -> tuple[list[Item], bool]:
        """The requests that a batch would have now, and whether it could have no more."""
        items: list[Item] = []
        size = 0
        for item in self._waiting:
            if any(subject in self._busy for subject in item.subjects):
                continue
            size += item.bytes
            if items and size > MOST_BYTES:
                return items, True
            items.append(item)
            if len(items) == self._limits.most:
                return items, True
        return items, False

    def _sent(self, items: list[Item]) -> Parcel:
        self._travelling.update(items)
        self._waiting = [item for item in self._waiting if item not in self._travelling]
        for item in items:
            self._busy.update(item.subjects)
        parcel = Parcel(tuple(items))
        self._parcels.add(parcel)
        return parcel


def is_urgent(item: Item, at: float) -> bool:
    """Whether a request would miss its deadline if it waited for others or failed with them."""
    return item.deadline is not None and item.deadline - at < URGENT_SECONDS
