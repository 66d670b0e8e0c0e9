"""Drivers: what runs flows and streams over a gRPC channel, one for sync and one for asyncio."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar

import grpc
import grpc.aio
from grpc import StatusCode

from kindpakket.fabric import _wire
from kindpakket.fabric._flow import Call, CallFailed, Flow, Step
from kindpakket.fabric.deadlines import Deadlines
from kindpakket.fabric.errors import ConnectionClosed
from kindpakket.fabric.identity import Identity

T = TypeVar("T")


class Session:
    """What every step needs to know: who speaks, to which peer, and how long a step may take.

    `tls_certificate_hash` is SHA-256 of the client's TLS certificate in mutual TLS, else b"".
    """

    tls_certificate_hash = b""

    def __init__(self, identity: Identity, deadlines: Deadlines, address: str) -> None:
        self.identity = identity
        self.deadlines = deadlines
        self.address = address
        self.closed = False

    def check_open(self) -> None:
        """Raise `ConnectionClosed` if the gateway was closed."""
        if self.closed:
            raise ConnectionClosed(f"the gateway on {self.address} was closed: connect again")

    def _closed_meanwhile(self) -> CallFailed:
        return CallFailed(StatusCode.CANCELLED, f"the gateway on {self.address} was closed meanwhile")


class SyncSession(Session):
    """Runs flows by blocking the calling thread. May be used by many threads at once."""

    def __init__(self, identity: Identity, deadlines: Deadlines, address: str, channel: grpc.Channel) -> None:
        super().__init__(identity, deadlines, address)
        self.channel = channel

    def run(self, flow: Flow[T]) -> T:
        """Drive a flow to its end and return its result.

        Raises `ConnectionClosed` if the gateway was closed before. If it is closed meanwhile, the flow is
        told, and decides what that means for the transaction.
        """
        self.check_open()
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._perform(step)
                except CallFailed as failure:
                    step = flow.throw(failure)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    def _perform(self, step: Step) -> bytes:
        if not isinstance(step, Call):
            time.sleep(step.seconds)
            return b""
        try:
            method = self.channel.unary_unary(step.path, None, None)
            response: bytes = method(step.request, timeout=step.timeout)
        except grpc.RpcError as error:
            raise call_failed(error) from None
        except ValueError:  # what a closed channel raises
            raise self._closed_meanwhile() from None
        return response

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self.closed = True
        self.channel.close()


class AsyncSession(Session):
    """Runs flows as coroutines of one event loop."""

    def __init__(
        self, identity: Identity, deadlines: Deadlines, address: str, channel: grpc.aio.Channel
    ) -> None:
        super().__init__(identity, deadlines, address)
        self.channel = channel

    async def run(self, flow: Flow[T]) -> T:
        """Drive a flow to its end and return its result.

        Raises `ConnectionClosed` if the gateway was closed before. If it is closed meanwhile, the flow is
        told, and decides what that means for the transaction.
        """
        self.check_open()
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._perform(step)
                except CallFailed as failure:
                    step = flow.throw(failure)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    async def _perform(self, step: Step) -> bytes:
        if not isinstance(step, Call):
            await asyncio.sleep(step.seconds)
            return b""
        try:
            method = self.channel.unary_unary(step.path, None, None)
            response: bytes = await method(step.request, timeout=step.timeout)
        except grpc.RpcError as error:
            raise call_failed(error) from None
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:  # what a closed channel raises
            if cancelled_from_outside(error):
                raise
            raise self._closed_meanwhile() from None
        return response

    async def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self.closed = True
        await self.channel.close(None)


def cancelled_from_outside(error: BaseException) -> bool:
    """Whether the running task is being cancelled; else `error` comes from a closed call or channel."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def call_failed(error: grpc.RpcError) -> CallFailed:
    """What a gRPC error says, with the nodes' own words from its trailing metadata."""
    metadata: Any = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == _wire.STATUS_DETAILS_KEY), None)
    return CallFailed(error.code(), error.details() or "", _wire.error_details(status))
