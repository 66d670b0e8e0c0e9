"""The client of the soak in the asyncio style: tasks that submit, and two that read streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from fabric_gateway import ChaincodeEvent, FabricError, FileCheckpointer, Identity, Profile
from fabric_gateway.aio import Contract, Gateway, Outbox, Stream, connect
from fabric_gateway.aio import Network as Ledger
from fabric_gateway.blocks import BlockMessage
from soak.job import (
    CHAINCODE,
    CHANNEL,
    EVENT,
    FORGET_EVERY,
    FUNCTION,
    KEPT_FOR,
    REOPEN_AFTER,
    End,
    Job,
    Report,
)

T = TypeVar("T")


class AsyncClient:
    """Works until the other end of a pipe says stop, and reads until it says where the ledger ends."""

    def __init__(self, job: Job, pipe: Connection) -> None:
        self._job, self._pipe = job, pipe
        self._report = Report()
        self._numbers = count()
        self._stop = asyncio.Event()
        self._done = asyncio.Event()
        self._streams: dict[str, Stream[Any]] = {}

    async def run(self) -> None:
        """Work, and send the report."""
        profile = Profile.load(self._job.profile)
        identity = Identity.from_msp(self._job.msp, profile.mspid)
        async with (
            Outbox(self._job.folder / "outbox.db") as outbox,
            connect(profile, identity) as gateway,
            asyncio.TaskGroup() as tasks,
        ):
            ledger = gateway.network(CHANNEL)
            for follow in (self._follow_events, self._follow_blocks):
                tasks.create_task(follow(ledger))
            workers = [tasks.create_task(self._work(gateway, outbox)) for _ in range(self._job.workers)]
            try:
                await self._told()
                self._stop.set()
                await asyncio.gather(*workers)
                self._pipe.send(self._report)
                await self._until(await self._told())
            except EOFError:  # who started this has gone
                pass
            finally:
                self._stop.set()
                self._done.set()
                for stream in self._streams.values():
                    await stream.close()
        with suppress(OSError):
            self._pipe.send(self._report)

    async def _told(self) -> Any:
        """What the other end of the pipe says, without a thread that would wait for it."""
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), arrived.set)
        try:
            await arrived.wait()
        finally:
            loop.remove_reader(self._pipe.fileno())
        return self._pipe.recv()

    async def _until(self, end: End) -> None:
        while not end.reached(self._report) and not self._pipe.poll(0):
            await asyncio.sleep(0.2)

    async def _work(self, gateway: Gateway, outbox: Outbox) -> None:
        contract = gateway.network(CHANNEL).contract(CHAINCODE)
        while not self._stop.is_set():
            began = time.monotonic()
            number = next(self._numbers)
            await self._until_done(outbox, contract, self._job.request(number))
            self._report.requests += 1
            self._report.slowest = max(self._report.slowest, time.monotonic() - began)
            if number % FORGET_EVERY == 0:
                outbox.forget(datetime.now(UTC) - KEPT_FOR)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, began + self._job.pause - time.monotonic())):
                    await self._stop.wait()

    async def _until_done(self, outbox: Outbox, contract: Contract, key: str) -> None:
        while True:
            try:
                await outbox.submit(contract, key, FUNCTION, EVENT, key)
                return
            except FabricError as error:
                self._report.repeats[type(error).__name__] += 1

    async def _follow_events(self, ledger: Ledger) -> None:
        with FileCheckpointer(self._job.folder / "events.json") as checkpoint:

            def opened() -> Stream[ChaincodeEvent]:
                return ledger.chaincode_events(CHAINCODE, start_block=0, checkpoint=checkpoint)

            async for event in self._reading("events", opened):
                self._report.events.add(event.payload.decode())
                checkpoint.checkpoint_event(event)

    async def _follow_blocks(self, ledger: Ledger) -> None:
        with FileCheckpointer(self._job.folder / "blocks.json") as checkpoint:

            def opened() -> Stream[BlockMessage]:
                return ledger.blocks(0, checkpoint=checkpoint)

            async for block in self._reading("blocks", opened):
                self._report.blocks += 1
                checkpoint.checkpoint_block(block.header.number)

    async def _reading(self, name: str, opened: Callable[[], Stream[T]]) -> AsyncIterator[T]:
        """Items of a stream that is opened again and again where its checkpoint is."""
        while not self._done.is_set():
            async with opened() as stream:
                self._streams[name] = stream
                number = 0
                async for item in stream:
                    yield item
                    number += 1
                    if number == REOPEN_AFTER:
                        self._report.reopened += 1
                        break
