"""The clients of the soak, each a process of its own so that its memory is its own."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from soak.aio_client import AsyncClient
from soak.job import End, Job, Report
from soak.sync_client import SyncClient

_SECONDS_TO_FINISH = 300
_CONTEXT = multiprocessing.get_context("spawn")


class Client:
    """A client at work in its own process."""

    def __init__(self, job: Job) -> None:
        """Start it."""
        self.style = job.style
        self.job = job
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_run, args=(job, theirs))
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def ensure_alive(self) -> None:
        """Raise if it has ended.

        Raises:
            RuntimeError: it has; its error is on standard error.
        """
        if not self._process.is_alive():
            raise RuntimeError(f"the {self.style} client ended with exit code {self._process.exitcode}")

    def finish_requests(self) -> Report:
        """Let it make no new request; its report when all that it made are done."""
        return self._asked("stop")

    def finish_reading(self, end: End) -> Report:
        """Let it read to the end of the ledger; its report when it has, or has not for minutes."""
        return self._asked(end)

    def _asked(self, what: Any) -> Report:
        self._pipe.send(what)
        if not self._pipe.poll(_SECONDS_TO_FINISH):
            self._pipe.send("give up")
        report: Report = self._pipe.recv()
        return report

    def end(self) -> None:
        """End its process, whatever it does."""
        self._pipe.close()
        self._process.join(_SECONDS_TO_FINISH)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def at_work(jobs: Sequence[Job]) -> Iterator[list[Client]]:
    """The clients, which end with the context."""
    clients: list[Client] = []
    try:
        for job in jobs:
            clients.append(Client(job))
        yield clients
    finally:
        for client in clients:
            client.end()


def _run(job: Job, pipe: Connection) -> None:
    if job.style == "sync":
        SyncClient(job, pipe).run()
    else:
        asyncio.run(AsyncClient(job, pipe).run())
