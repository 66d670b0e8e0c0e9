"""Gathering for programs with threads: one caller a thread, each waiting for its own answer."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from fabric_gateway import GatewayError
from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.queries.requests import RequestQueries
from kindpakket.shop.gathering.errors import GatheringClosed, UnknownPayment
from kindpakket.shop.gathering.item import GATHERED, Item, Parcel
from kindpakket.shop.gathering.queue import MOST, Limits, Queue
from kindpakket.shop.gathering.verdict import (
    NO_BATCHES,
    SETTLED,
    UNCLEAR,
    Answered,
    Failed,
    on_answer,
    on_failure,
    on_recorded,
)

_log = logging.getLogger(__name__)


class Gathering:
    """Sends payments, captures and refunds of many threads in batches, and gives each its own answer.

        with Gathering(contract) as gathering:
            bakery = Shop(contract, bakery_id, till="kassa-1", gathering=gathering)
            bookshop = Shop(contract, bookshop_id, till="kassa-1", gathering=gathering)
            ...  # both are called from as many threads as there are customers

    What arrives while nothing is in flight is sent at once, alone, by the thread that calls. What arrives
    meanwhile waits for others for `wait` seconds at most. Each request is carried out once and raises what it
    would raise alone; only its `UnknownOutcome` is an `UnknownPayment`, which says how to settle it.

    All shops must be served by the identity of the contract: one shop by its own till, or the shops that
    mandated one acquirer. Closing sends what waits, and waits for all answers.

    Attributes:
        caller: calls the chaincode as `Caller` does, and gathers what a batch takes.
    """

    def __init__(self, contract: Ledger, *, wait: float = 0.025, most: int = MOST, at_once: int = 4) -> None:
        """Gather the requests made through a contract.

        Args:
            contract: a contract of `fabric_gateway`.
            wait: the longest that a request waits for others, in seconds, 0 to 1.
            most: the most requests in a transaction, 1 to 200.
            at_once: the most transactions in flight, 1 or more.

        Raises:
            ValueError: one of them is out of bounds.
        """
        self.caller = GatheringCaller(contract, self)
        self._contract = contract
        self._requests = RequestQueries(Caller(contract))
        self._queue = Queue(Limits(wait, most, at_once))
        self._changed = threading.Condition()
        self._waiters: dict[Item, _Waiter] = {}
        self._pool = ThreadPoolExecutor(2 * at_once, thread_name_prefix="kindpakket-batch")
        self._timer: threading.Thread | None = None

    def invoke(self, operation: str, members: Mapping[str, object]) -> Any:
        """Carry out a request with its `request_id`, and return its answer.

        Raises:
            GatheringClosed: this was closed; nothing was sent.
            Refusal, FabricError: as `Caller.invoke`.
        """
        item, waiter = Item.of(operation, members), _Waiter()
        with self._changed:
            if self._queue.closing:
                raise GatheringClosed(f"request {item.request_id} was not sent: the gathering was closed")
            self._waiters[item] = waiter
            self._queue.add(item, time.monotonic())
            self._send_what_is_due()
            self._keep_time()
        try:
            outcome = self._outcome(waiter)
        except BaseException as interruption:
            if not self._leave(item, waiter) and interruption.__cause__ is None:
                interruption.__cause__ = UnknownPayment(item.request_id)
            raise
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome.answer

    def close(self) -> None:
        """Send what waits without delay, and return when every request has its answer."""
        with self._changed:
            self._queue.closing = True
            self._send_what_is_due()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue.idle)
        self._pool.shutdown()
        if self._timer is not None:
            self._timer.join()

    def __enter__(self) -> Gathering:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _outcome(self, waiter: _Waiter) -> Answered | Failed:
        """Wait for the outcome; a request that travels alone is sent by the thread of its caller."""
        while True:
            given = waiter.inbox.get()
            if not isinstance(given, Parcel):
                return given
            waiter.sending = given
            self._send(given)
            waiter.sending = None

    def _send(self, parcel: Parcel) -> None:
        time.sleep(parcel.pause)
        try:
            content = self._contract.submit(
                parcel.name, parcel.argument, conflict_attempts=parcel.conflict_attempts
            )
        except Exception as error:
            verdict = on_failure(parcel, error, time.time())
        else:
            verdict = on_answer(parcel, content)
        looked_up = [(item, self._looked_up(item, unknown)) for item, unknown in verdict.unsure]
        with self._changed:
            if verdict.no_batches and self._queue.give_up_batches():
                _log.warning(NO_BATCHES)
            for item, outcome in (*verdict.settled, *looked_up):
                self._settle(item, outcome)
            self._queue.landed(parcel, *verdict.again)
            for following in verdict.again:
                self._hand_over(following)
            self._send_what_is_due()
            self._changed.notify_all()

    def _looked_up(self, item: Item, unknown: UnknownPayment) -> Answered | Failed:
        """The outcome of a request by the ledger; a peer answers a committed request as before."""
        try:
            if self._requests.show(item.request_id)["state"] not in SETTLED:
                return Failed(unknown)
            return Answered(json.loads(self._contract.evaluate(item.operation, item.request)))
        except GatewayError as error:
            return on_recorded(error, unknown)
        except UNCLEAR:
            return Failed(unknown)

    def _send_what_is_due(self) -> None:
        while (parcel := self._queue.next(time.monotonic(), time.time())) is not None:
            self._hand_over(parcel)

    def _hand_over(self, parcel: Parcel) -> None:
        """Give a parcel to who sends it: one request to its caller, a batch to the pool."""
        if not parcel.alone:
            self._pool.submit(self._send, parcel)
            return
        (item,) = parcel.items
        if item in self._waiters:
            self._waiters[item].inbox.put(parcel)
        else:  # its caller has gone
            self._queue.settled(item)
            self._queue.landed(parcel)

    def _settle(self, item: Item, outcome: Answered | Failed) -> None:
        self._queue.settled(item)
        if (waiter := self._waiters.pop(item, None)) is not None:
            waiter.inbox.put(outcome)

    def _leave(self, item: Item, waiter: _Waiter) -> bool:
        """Let an interrupted caller go.

        Returns:
            Whether nothing of the request was sent.
        """
        with self._changed:
            self._waiters.pop(item, None)
            if self._queue.remove(item):
                return True
            while not waiter.inbox.empty():
                given = waiter.inbox.get()
                waiter.sending = given if isinstance(given, Parcel) else waiter.sending
            if waiter.sending is not None:
                self._queue.settled(item)
                self._queue.landed(waiter.sending)
            self._changed.notify_all()
            return False

    def _keep_time(self) -> None:
        """See to it that what waits is sent in time, by a thread that there is once something waited."""
        if self._timer is None and not self._queue.idle:
            self._timer = threading.Thread(target=self._time, name="kindpakket-gathering", daemon=True)
            self._timer.start()
        self._changed.notify_all()

    def _time(self) -> None:
        with self._changed:
            while not (self._queue.closing and self._queue.idle):
                self._send_what_is_due()
                self._changed.wait(self._queue.wait(time.monotonic()))


class GatheringCaller(Caller):
    """Calls the chaincode as `Caller` does, and gathers payments, captures and refunds."""

    def __init__(self, contract: Ledger, gathering: Gathering) -> None:
        """Gather what is called through a contract."""
        super().__init__(contract)
        self._gathering = gathering

    def invoke(
        self,
        name: str,
        members: Mapping[str, object],
        *,
        request_id: str | None = None,
        transient: Mapping[str, object] | None = None,
        organisations: Sequence[str] = (),
    ) -> Any:
        """Run a transaction that writes, and wait for its commit; see `Caller.invoke`."""
        if name in GATHERED and not transient and not organisations:
            return self._gathering.invoke(name, {"request_id": request_id or new_id(), **members})
        return super().invoke(
            name, members, request_id=request_id, transient=transient, organisations=organisations
        )


class _Waiter:
    """A caller that waits.

    Attributes:
        inbox: gets the outcome, and before that a parcel that the caller's thread is to send.
        sending: the parcel that it sends now.
    """

    __slots__ = ("inbox", "sending")

    def __init__(self) -> None:
        self.inbox: SimpleQueue[Parcel | Answered | Failed] = SimpleQueue()
        self.sending: Parcel | None = None
