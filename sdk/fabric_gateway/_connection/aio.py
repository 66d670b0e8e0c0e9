"""The driver of flows for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

import grpc
import grpc.aio

from fabric_gateway._connection import forks
from fabric_gateway._connection.flow import Call, CallFailed, Flow, Step, given_up
from fabric_gateway._connection.limits import FULL
from fabric_gateway._connection.peers import Link, PeerHealth, Peers
from fabric_gateway._connection.session import PATIENCE, PROBE, Session, is_finishing, patience_of
from fabric_gateway._connection.targets import Settings, Target
from fabric_gateway._connection.watch import Watch
from fabric_gateway._wire import gateway as wire
from fabric_gateway.identity._identity import Identity

T = TypeVar("T")


class AsyncSession(Session):
    """Runs flows as coroutines of one event loop."""

    peers: Peers[grpc.aio.Channel]

    def __init__(self, identity: Identity, settings: Settings, targets: Sequence[Target]) -> None:
        super().__init__(identity, settings, Peers([Link(target, _open) for target in targets]))
        self.loop = asyncio.get_running_loop()
        forks.watch(self.peers)
        self._watch = Watch(self.loop, self.check_quiet)
        self._probes: dict[Link[grpc.aio.Channel], asyncio.Task[None]] = {}

    def check_open(self) -> None:
        """Raise `ConnectionClosed` if the gateway was closed, or cannot work in this forked process."""
        forks.check()
        super().check_open()

    async def run(self, flow: Flow[T]) -> T:
        """Drive a flow to its end and return its result.

        Raises `ConnectionClosed` if the gateway was closed before. If it is closed during the run, the flow
        learns so, and decides what that means for the transaction. A cancellation of the task has as its
        `__cause__` what the flow knows about a call that is given up.
        """
        self.check_open()
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._perform(step)
                except CallFailed as failure:
                    step = flow.throw(failure)
                except BaseException as outside:
                    raise outside from given_up(flow)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    def link(self, avoid: str = "") -> Link[grpc.aio.Channel]:
        """The peer to call now, if possible not the one to avoid."""
        if self.peers.failing:
            self._try_failing()
        return self.peers.choose(avoid)

    async def _perform(self, step: Step) -> bytes:
        if not isinstance(step, Call):
            await self.pause(step.seconds)
            return b""
        started = time.monotonic()
        waited = 0.0
        timeout = step.timeout
        ticket = self.gate.enter(is_finishing(step))
        if ticket == FULL:
            ticket = await self._queue(step, started)
            waited = time.monotonic() - started
            timeout = max(0.0, timeout - waited)
        link = None
        failure: CallFailed | None = None
        answered = False
        try:
            link = self.link(step.avoid)
            response = await self._call(link, step, timeout)
            answered = True
        except CallFailed as failed:
            failure = failed
            if failed.overloaded:
                self.gate.overloaded(ticket, failed.reason)
            raise
        finally:
            self.gate.leave(answered)
            if answered or failure:
                self._ended(step, link, started, waited, failure)
        return response

    async def pause(self, seconds: float, awake: asyncio.Event | None = None) -> None:
        """Wait; shorter if the gateway is closed meanwhile, or if `awake` is set."""
        awake = awake or asyncio.Event()
        with self.closing.waking(awake.set), suppress(TimeoutError):
            await asyncio.wait_for(awake.wait(), seconds)

    async def _queue(self, step: Call, started: float) -> int:
        """Wait for room within the call's time; the ticket."""
        room = asyncio.Event()
        self.gate.queue(is_finishing(step), room.set)
        try:
            async with asyncio.timeout(step.timeout):
                await room.wait()
        except TimeoutError:
            if self.gate.abandon(room.set):
                failure = self._no_room(step.timeout)
                self._ended(step, None, started, step.timeout, failure)
                raise failure from None
        except BaseException:
            if not self.gate.abandon(room.set):
                self.gate.leave(False)
            raise
        return self.gate.ticket()

    async def _call(self, link: Link[grpc.aio.Channel], step: Call, timeout: float) -> bytes:
        closings = link.closings
        over_at = time.monotonic() + timeout
        watch = self._watch.begin(link, patience_of(timeout)) if self.peers.several else None
        try:
            response: bytes = await link.method(step.path)(step.request, timeout=timeout)
        except grpc.RpcError as error:
            if self.is_suspicious(link, error):
                await asyncio.to_thread(self.look, link, error)
            raise self.failure(link, closings, error, over_at) from None
        except (asyncio.CancelledError, grpc.aio.UsageError, ValueError) as error:
            if cancelled_from_outside(error):
                raise
            raise self.ended_call(link, closings) from None  # this is what a closed channel raises
        finally:
            if watch is not None:
                self._watch.end(watch)
        self.peers.answered(link)
        return response

    def check_quiet(self, link: Link[grpc.aio.Channel], patience: float) -> None:
        """Ask a peer that has been quiet for `patience` seconds whether it is there.

        If it is not, give up its channel.
        """
        if self._is_quiet(link, patience):
            self._start_probe(link, patience)

    def _start_probe(self, link: Link[grpc.aio.Channel], seconds: float) -> None:
        if link not in self._probes and not self.closed:
            self._probes[link] = self.loop.create_task(self._probing(link, seconds))

    async def _probing(self, link: Link[grpc.aio.Channel], seconds: float) -> None:
        try:
            if not await self._probe(link, seconds):
                channel = link.release()
                if channel is not None:
                    await channel.close(None)
        finally:
            self._probes.pop(link, None)

    async def _probe(self, link: Link[grpc.aio.Channel], seconds: float) -> bool:
        try:
            await link.method(wire.COMMIT_STATUS)(PROBE, timeout=seconds)
        except grpc.RpcError as error:
            return self._probed(link, error, seconds)
        except (asyncio.CancelledError, grpc.aio.UsageError, ValueError) as error:
            if cancelled_from_outside(error):
                raise
            return False
        return self._probed(link, None, seconds)

    def _try_failing(self) -> None:
        """Ask failing peers that are due whether they are back, without waiting for the answer."""
        while (link := self.peers.due()) is not None:
            self._start_probe(link, PATIENCE)

    async def check(self, timeout: float) -> tuple[PeerHealth, ...]:
        """Ask every peer whether it is there."""
        self.check_open()
        await asyncio.gather(*(self._probe(link, timeout) for link in self.peers.links))
        return self.peers.health()

    async def close(self) -> None:
        """Close the channels; calls in progress are cancelled."""
        self.closing.ring()
        self.gate.open_wide()
        self._watch.stop()
        probes = tuple(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        for link in self.peers.links:
            channel = link.release(for_good=True)
            if channel is not None:
                await channel.close(None)


def _open(target: Target) -> grpc.aio.Channel:
    if target.credentials is None:
        return grpc.aio.insecure_channel(target.address, options=target.options)
    return grpc.aio.secure_channel(target.address, target.credentials, options=target.options)


def cancelled_from_outside(error: BaseException) -> bool:
    """Whether the running task is being cancelled; else `error` comes from a closed call or channel."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
