"""Processes killed by SIGKILL at a chosen instant: before or after a call, a file write or a system call."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, spawn
from typing import Any
from unittest import mock

import pytest

from fabric_gateway import Deadlines, FabricError, Gateway, Outbox, aio, connect
from fabric_gateway._connection import aio as _aio_session
from fabric_gateway._connection import flow as _flow
from fabric_gateway._connection import sync as _session
from fabric_gateway.outbox import _file as _outbox_file
from fabric_gateway.testing import make_identity
from patience import PATIENCE

_preparation_data = spawn.get_preparation_data
PATIENT = Deadlines(evaluate=120, endorse=120, submit=120, resolve=120, commit_status=120)
SHORT = Deadlines(evaluate=120, endorse=120, submit=120, resolve=120, commit_status=0.2)
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["killing", "fabric_gateway.checkpoints.sql", "killed_up", "outbox_tills"])


class Instants:
    """Counts a process's instants, and kills it at the chosen one."""

    def __init__(self, chosen: int) -> None:
        self._left = chosen

    def pass_one(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def run_and_die(instant: int, act: Callable[..., None], *arguments: Any) -> bool:
    """Run a function in a process that is killed at an instant; return whether it finished first."""
    process = running(_dying, instant, act, arguments)
    process.join(PATIENCE)
    assert process.exitcode in {0, -signal.SIGKILL}, f"the process ended with {process.exitcode}"
    return bool(process.exitcode == 0)


def running(act: Callable[..., None], *arguments: Any) -> Any:
    """Start a process that runs a function, without waiting for it."""
    with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
        forkserver.ensure_running()  # it finds the modules to preload only on this path
    process = _FORKING.Process(target=act, args=arguments)
    with mock.patch.object(spawn, "get_preparation_data", _without_main):
        process.start()
    return process


def _without_main(name: str) -> dict[str, Any]:
    """A new process's preparation data without the main module: that is pytest, which is slow to import."""
    return {key: value for key, value in _preparation_data(name).items() if not key.startswith("init_main")}


def _dying(instant: int, act: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    act(Instants(instant), *arguments)


def watch_outbox(instants: Instants) -> None:
    """Count an instant before and after each call and pause, and around each write to the file."""
    patch = pytest.MonkeyPatch()
    for session in (_session.SyncSession, _aio_session.AsyncSession):
        run = session.run
        patch.setattr(session, "run", lambda self, flow, run=run: run(self, _watched(flow, instants)))
    writing = _outbox_file.OutboxFile.writing

    @contextmanager
    def watched(self: _outbox_file.OutboxFile) -> Iterator[Any]:
        instants.pass_one()
        with writing(self) as db:
            yield db
            instants.pass_one()
        instants.pass_one()

    patch.setattr(_outbox_file.OutboxFile, "writing", watched)


def _watched(flow: _flow.Flow[Any], instants: Instants) -> Generator[_flow.Step, bytes, Any]:
    try:
        step = next(flow)
        while True:
            instants.pass_one()
            try:
                answer = yield step
            except _flow.CallFailed as failure:
                instants.pass_one()
                step = flow.throw(failure)
            else:
                instants.pass_one()
                step = flow.send(answer)
    except StopIteration as end:
        return end.value


def submit(
    instants: Instants, path: str, endpoint: str, flavour: str, request_id: str, *call: str, **options: Any
) -> None:
    """Submit one request through an outbox; a Fabric error is left to whoever resumes."""
    watch_outbox(instants)
    if flavour == "aio":
        asyncio.run(_submit(path, endpoint, request_id, *call))
        return
    with (
        Outbox(path) as outbox,
        connect(endpoint=endpoint, identity=make_identity(), deadlines=PATIENT) as it,
    ):
        try:
            outbox.submit(
                it.network("channel").contract("ledger"), request_id, *call, conflict_attempts=3, **options
            )
        except FabricError as error:
            print(error)


def connected(endpoint: str) -> Gateway:
    """A client of the in-memory gateway, with its own identity."""
    return connect(endpoint=endpoint, identity=make_identity(), deadlines=PATIENT)


async def _submit(path: str, endpoint: str, request_id: str, *call: str) -> None:
    gateway = aio.connect(endpoint=endpoint, identity=make_identity(), deadlines=PATIENT)
    async with aio.Outbox(path) as outbox, gateway as it:
        contract = it.network("channel").contract("ledger")
        await outbox.submit(contract, request_id, *call, conflict_attempts=3)


def submit_many(path: str, endpoint: str, start: int, stop: int) -> None:
    """Submit requests numbered from `start` up to `stop`, one after another."""
    with (
        Outbox(path) as outbox,
        connect(endpoint=endpoint, identity=make_identity(), deadlines=PATIENT) as it,
    ):
        contract = it.network("channel").contract("ledger")
        for number in range(start, stop):
            outbox.submit(contract, f"r{number}", "Add", f"k{number}", "1")


def resume_all(path: str, endpoint: str) -> None:
    """Resume all unfinished requests."""
    with (
        Outbox(path) as outbox,
        connect(endpoint=endpoint, identity=make_identity(), deadlines=PATIENT) as it,
    ):
        for resumed in outbox.resume(it):
            assert resumed.error is None, resumed
