"""Gathering for asyncio: one caller a task, each awaiting its own answer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

from fabric_gateway import GatewayError
from kindpakket.shop.gathering.errors import GatheringClosed, UnknownPayment
from kindpakket.shop.gathering.item import Item, Parcel
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


class AsyncLedger(Protocol):
    """The part of `fabric_gateway.aio.Contract` that is used."""

    channel: str
    chaincode: str

    async def evaluate(self, name: str, *arguments: str | bytes) -> bytes:
        """Run a query on one peer."""

    async def submit(
        self,
        name: str,
        *arguments: str | bytes,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
    ) -> bytes:
        """Endorse, submit and wait for a valid commit; propose at most `conflict_attempts` times."""


class AsyncGathering:
    """`kindpakket.shop.gathering.Gathering` for asyncio; it belongs to the event loop in which it is used.

    async with AsyncGathering(contract) as gathering:
        bakery = Shop(contract, bakery_id, till="kassa-1", gathering=gathering)  # kindpakket.shop.aio
    """

    def __init__(
        self, contract: AsyncLedger, *, wait: float = 0.025, most: int = MOST, at_once: int = 4
    ) -> None:
        """Gather the requests made through a contract; arguments and errors as of `Gathering`."""
        self._contract = contract
        self._queue = Queue(Limits(wait, most, at_once))
        self._futures: dict[Item, asyncio.Future[Answered | Failed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._landed = asyncio.Event()

    async def invoke(self, operation: str, members: Mapping[str, object]) -> Any:
        """Carry out a request with its `request_id`, and return its answer.

        Raises:
            GatheringClosed: this was closed; nothing was sent.
            Refusal, FabricError: as `kindpakket.ledger.caller.Caller.invoke`.
            CancelledError: the caller was cancelled; if the request may have had its effect, the `__cause__`
                is an `UnknownPayment`.
        """
        item = Item.of(operation, members)
        if self._queue.closing:
            raise GatheringClosed(f"request {item.request_id} was not sent: the gathering was closed")
        future = self._futures[item] = asyncio.get_running_loop().create_future()
        self._queue.add(item, time.monotonic())
        self._send_what_is_due()
        try:
            outcome = await future
        except asyncio.CancelledError as cancelled:
            self._futures.pop(item, None)
            if not self._queue.remove(item):
                cancelled.__cause__ = UnknownPayment(item.request_id)
            raise
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome.answer

    async def close(self) -> None:
        """Send what waits without delay, and return when every request has its answer."""
        self._queue.closing = True
        self._send_what_is_due()
        while not self._queue.idle:
            self._landed.clear()
            await self._landed.wait()

    async def __aenter__(self) -> AsyncGathering:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, parcel: Parcel) -> None:
        await asyncio.sleep(parcel.pause)
        try:
            content = await self._contract.submit(
                parcel.name, parcel.argument, conflict_attempts=parcel.conflict_attempts
            )
        except Exception as error:
            verdict = on_failure(parcel, error, time.time())
        else:
            verdict = on_answer(parcel, content)
        looking = (self._looked_up(item, unknown) for item, unknown in verdict.unsure)
        looked_up = await asyncio.gather(*looking)
        if verdict.no_batches and self._queue.give_up_batches():
            _log.warning(NO_BATCHES)
        for item, outcome in (*verdict.settled, *looked_up):
            self._settle(item, outcome)
        self._queue.landed(parcel, *verdict.again)
        for following in verdict.again:
            self._start(following)
        self._send_what_is_due()
        self._landed.set()

    async def _looked_up(self, item: Item, unknown: UnknownPayment) -> tuple[Item, Answered | Failed]:
        """The outcome of a request by the ledger; a peer answers a committed request as before."""
        about = json.dumps({"request": item.request_id})
        try:
            if json.loads(await self._contract.evaluate("request:Show", about))["state"] not in SETTLED:
                return item, Failed(unknown)
            return item, Answered(json.loads(await self._contract.evaluate(item.operation, item.request)))
        except GatewayError as error:
            return item, on_recorded(error, unknown)
        except UNCLEAR:
            return item, Failed(unknown)

    def _settle(self, item: Item, outcome: Answered | Failed) -> None:
        self._queue.settled(item)
        future = self._futures.pop(item, None)
        if future is not None and not future.done():
            future.set_result(outcome)

    def _start(self, parcel: Parcel) -> None:
        task = asyncio.get_running_loop().create_task(self._send(parcel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_what_is_due(self) -> None:
        """Send what is due now, and see to it that the rest is sent in time."""
        now = time.monotonic()
        while (parcel := self._queue.next(now, time.time())) is not None:
            self._start(parcel)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait = self._queue.wait(now)
        if wait is not None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._send_what_is_due)
