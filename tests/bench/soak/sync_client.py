"""The client of the soak in the synchronous style: threads that submit, and two that read streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from fabric_gateway import (
    ChaincodeEvent,
    Contract,
    FabricError,
    FileCheckpointer,
    Gateway,
    Identity,
    Outbox,
    Profile,
    Stream,
    connect,
)
from fabric_gateway import Network as Ledger
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


class SyncClient:
    """Works until the other end of a pipe says stop, and reads until it says where the ledger ends."""

    def __init__(self, job: Job, pipe: Connection) -> None:
        self._job, self._pipe = job, pipe
        self._report = Report()
        self._numbers = count()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._done = threading.Event()
        self._streams: dict[str, Stream[Any]] = {}

    def run(self) -> None:
        """Work, and send the report."""
        profile = Profile.load(self._job.profile)
        identity = Identity.from_msp(self._job.msp, profile.mspid)
        with (
            Outbox(self._job.folder / "outbox.db") as outbox,
            connect(profile, identity) as gateway,
            ThreadPoolExecutor(self._job.workers + 2) as threads,
        ):
            ledger = gateway.network(CHANNEL)
            readers = [
                threads.submit(follow, ledger) for follow in (self._follow_events, self._follow_blocks)
            ]
            workers = [threads.submit(self._work, gateway, outbox) for _ in range(self._job.workers)]
            try:
                self._pipe.recv()
                self._stop.set()
                for worker in workers:
                    worker.result()
                self._pipe.send(self._report)
                self._await(self._pipe.recv(), readers)
            except EOFError:  # who started this has gone
                pass
            finally:
                self._stop.set()
                self._close_streams()
            for reader in readers:
                reader.result()
        with suppress(OSError):
            self._pipe.send(self._report)

    def _await(self, end: End, readers: Sequence[Future[None]]) -> None:
        while not end.reached(self._report) and not self._pipe.poll(0.2):
            if any(reader.done() for reader in readers):
                return  # it has failed, and says how

    def _close_streams(self) -> None:
        with self._lock:
            self._done.set()
            for stream in self._streams.values():
                stream.close()

    def _work(self, gateway: Gateway, outbox: Outbox) -> None:
        contract = gateway.network(CHANNEL).contract(CHAINCODE)
        while not self._stop.is_set():
            began = time.monotonic()
            with self._lock:
                number = next(self._numbers)
            key = self._job.request(number)
            self._until_done(outbox, contract, key)
            with self._lock:
                self._report.requests += 1
                self._report.slowest = max(self._report.slowest, time.monotonic() - began)
            if number % FORGET_EVERY == 0:
                outbox.forget(datetime.now(UTC) - KEPT_FOR)
            self._stop.wait(max(0.0, began + self._job.pause - time.monotonic()))

    def _until_done(self, outbox: Outbox, contract: Contract, key: str) -> None:
        while True:
            try:
                outbox.submit(contract, key, FUNCTION, EVENT, key)
                return
            except FabricError as error:
                with self._lock:
                    self._report.repeats[type(error).__name__] += 1

    def _follow_events(self, ledger: Ledger) -> None:
        with FileCheckpointer(self._job.folder / "events.json") as checkpoint:

            def opened() -> Stream[ChaincodeEvent]:
                return ledger.chaincode_events(CHAINCODE, start_block=0, checkpoint=checkpoint)

            for event in self._reading("events", opened):
                self._report.events.add(event.payload.decode())
                checkpoint.checkpoint_event(event)

    def _follow_blocks(self, ledger: Ledger) -> None:
        with FileCheckpointer(self._job.folder / "blocks.json") as checkpoint:

            def opened() -> Stream[BlockMessage]:
                return ledger.blocks(0, checkpoint=checkpoint)

            for block in self._reading("blocks", opened):
                self._report.blocks += 1
                checkpoint.checkpoint_block(block.header.number)

    def _reading(self, name: str, opened: Callable[[], Stream[T]]) -> Iterator[T]:
        """Items of a stream that is opened again and again where its checkpoint is."""
        while not self._done.is_set():
            with opened() as stream:
                with self._lock:
                    self._streams[name] = stream
                    if self._done.is_set():
                        return
                for number, item in enumerate(stream, start=1):
                    yield item
                    if number == REOPEN_AFTER:
                        self._report.reopened += 1
                        break
