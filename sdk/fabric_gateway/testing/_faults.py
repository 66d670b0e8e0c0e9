"""What clients call of the services in memory, and what goes wrong with it as it is scripted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NoReturn, TypeAlias

import grpc

from fabric_gateway.errors import ErrorDetail
from fabric_gateway.testing._context import abort, wait

StepName: TypeAlias = Literal[
    "Evaluate", "Endorse", "Submit", "CommitStatus", "ChaincodeEvents", "Deliver", "Discover"
]
"""A step that a client calls, and that can be made to fail."""
Unary: TypeAlias = Callable[[bytes, grpc.ServicerContext], bytes]
Stream: TypeAlias = Callable[[Any, grpc.ServicerContext], Iterator[bytes]]


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next calls of a step; status None: there is no answer."""

    step: StepName
    status: grpc.StatusCode | None
    reason: str
    details: tuple[ErrorDetail, ...]
    times: int
    after: bool


class Faults:
    """The calls of clients, and what goes wrong with the next ones.

    Attributes:
        calls: the steps that clients called, in order.
        scripted: what goes wrong with the next calls.
        limit: how many unary calls of steps are accepted at once; None: any number.
        refused: how many were refused because of it.
        under_way: how many are in progress.
        breaks: after how many messages each of the next streams breaks, and its status; None: it just ends.
        skipped: numbers of the blocks that streams leave out.
        losses: how many of the next accepted transactions never reach a block.
        deliver_end: the status of streams of blocks; unless "SUCCESS", they end at once, "": without one.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.calls: list[StepName] = []
        self.scripted: list[Fault] = []
        self.limit = limit
        self.refused = 0
        self.under_way = 0
        self.breaks: list[tuple[int, grpc.StatusCode | None]] = []
        self.skipped: set[int] = set()
        self.losses = 0
        self.deliver_end = "SUCCESS"
        self._paused = False
        self._lock = threading.Condition()

    def wait_for(self, step: StepName, timeout: float) -> bool:
        """Wait up to `timeout` seconds until clients have called a step; whether they have."""
        with self._lock:
            return self._lock.wait_for(lambda: step in self.calls, timeout)

    def pause(self, paused: bool) -> None:
        """Answer nothing, or continue, like a process that is stopped and continued."""
        with self._lock:
            self._paused = paused
            self._lock.notify_all()

    def awake(self, context: grpc.ServicerContext) -> None:
        """Wait while the service is paused and the client has not given up."""
        if not self._paused:
            return
        wait(context, self._lock, lambda: not self._paused)
        if not context.is_active():
            abort(context, grpc.StatusCode.CANCELLED, "the client gave up")

    def begin(self, step: StepName, context: grpc.ServicerContext) -> None:
        """Note that a client called a step with a stream for its answer, and let it fail if it is to."""
        self.awake(context)
        fault = self._called(step)
        if fault:
            _fail(fault, context)

    def step(self, step: StepName, act: Unary) -> Unary:
        """A step with one answer, with its faults."""

        def limited(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._room(context):
                return handle(request, context)

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.awake(context)
            if not request:  # as clients ask whether a peer is there
                abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"a {step} request is required")
            fault = self._called(step)
            if fault is None:
                return act(request, context)
            if fault.after:
                act(request, context)
            _fail(fault, context)

        return limited

    def breaking(self, stream: Stream) -> Stream:
        """A stream that breaks after the scripted number of messages, if any."""

        def handle(request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
            with self._lock:
                after, status = self.breaks.pop(0) if self.breaks else (None, None)
            yield from islice(stream(request, context), after)
            if status is not None:
                abort(context, status, "the stream was broken")

        return handle

    def lost(self) -> bool:
        """Whether the transaction that is being accepted is one of those that never reach a block."""
        with self._lock:
            lost = self.losses > 0
            self.losses -= lost
            return lost

    @contextmanager
    def _room(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Refuse a call with a peer's message when too many are in progress."""
        with self._lock:
            self.under_way += 1
            full = self.limit is not None and self.under_way > self.limit
        try:
            if full:
                words = f"too many requests for /gateway.Gateway, exceeding concurrency limit ({self.limit})"
                with self._lock:
                    self.refused += 1
                abort(context, grpc.StatusCode.UNKNOWN, words)
            yield
        finally:
            with self._lock:
                self.under_way -= 1

    def _called(self, step: StepName) -> Fault | None:
        with self._lock:
            self.calls.append(step)
            self._lock.notify_all()
            for fault in self.scripted:
                if fault.step == step and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None


def _fail(fault: Fault, context: grpc.ServicerContext) -> NoReturn:
    if fault.status is not None:
        abort(context, fault.status, fault.reason, fault.details)
    gone = threading.Event()
    if context.add_callback(gone.set):
        gone.wait()
    abort(context, grpc.StatusCode.CANCELLED, "the client gave up")
