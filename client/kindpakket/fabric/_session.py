"""Drivers: what runs flows over the channels of a gateway's peers, one for sync and one for asyncio."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any, TypeVar

import grpc
import grpc.aio
from grpc import StatusCode

from kindpakket.fabric import _wire
from kindpakket.fabric._flow import Call, CallFailed, Flow, Step
from kindpakket.fabric.deadlines import Deadlines
from kindpakket.fabric.errors import ConnectionClosed
from kindpakket.fabric.identity import Identity
from kindpakket.fabric.peers import Link, PeerHealth, Peers
from kindpakket.fabric.targets import Target

T = TypeVar("T")

_PATIENCE = 1.0
"""Seconds without any answer of a peer after which it is asked whether it is there."""

_LEAST_PATIENCE = 0.1

_PROBE = b""
"""A commit status request that every peer refuses at once, without looking at its ledger."""

_LOST = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED})
"""How calls end that have no answer of the peer."""


class Session:
    """What every step needs to know: who speaks, to which peers, and how long a step may take.

    `tls_certificate_hash` is SHA-256 of the client's TLS certificate in mutual TLS, else b"".
    """

    def __init__(self, identity: Identity, deadlines: Deadlines, peers: Peers[Any]) -> None:
        self.identity = identity
        self.deadlines = deadlines
        self.peers = peers
        self.tls_certificate_hash = peers.links[0].target.tls_certificate_hash
        self.closed = False

    @property
    def address(self) -> str:
        """Where the peers are, for messages."""
        return self.peers.address

    def check_open(self) -> None:
        """Raise `ConnectionClosed` if the gateway was closed."""
        if self.closed:
            raise ConnectionClosed(f"the gateway on {self.address} was closed: connect again")

    def failure(self, link: Link[Any], closings: int, error: grpc.RpcError) -> CallFailed:
        """What the failure of a call or stream means, having noted what it says about the peer.

        Args:
            link: the link that carried the call.
            closings: its count `closings` when the call was made.
            error: how it ended.
        """
        failure = call_failed(error)
        if failure.status is StatusCode.CANCELLED:  # this client's own cancellations end otherwise
            return self._ended_call(link, closings, failure.reason)
        failure.peer = link.name
        if failure.status not in _LOST or failure.said_by_node:
            self.peers.answered(link)
        elif failure.status is StatusCode.UNAVAILABLE:
            self.peers.failed(link, failure.reason)
            self._or_elsewhere(link, failure)
        elif self.peers.several and link.failures and not self.peers.another(link):
            failure.reason = f"{failure.reason}; {self.peers.complaint()}"
        return failure

    def _ended_call(self, link: Link[Any], closings: int, reason: str = "") -> CallFailed:
        """A call that was cancelled, by the peer or because its channel was closed."""
        if self.closed:
            words = f"the gateway on {self.address} was closed meanwhile"
            return CallFailed(StatusCode.CANCELLED, words)
        if link.closings == closings:
            self.peers.failed(link, f"the peer cancelled the call: {reason}")
        failure = CallFailed(StatusCode.UNAVAILABLE, link.last_error)
        failure.peer = link.name
        self._or_elsewhere(link, failure)
        return failure

    def _or_elsewhere(self, link: Link[Any], failure: CallFailed) -> None:
        failure.elsewhere = self.peers.another(link)
        if self.peers.several and not failure.elsewhere:
            failure.reason = self.peers.complaint()

    def _is_quiet(self, link: Link[Any], patience: float) -> bool:
        return time.monotonic() - link.heard >= patience

    def _probed(self, link: Link[Any], error: grpc.RpcError | None, seconds: float) -> bool:
        """What the end of a probe says; whether the peer has answered."""
        failure = call_failed(error) if error else None
        if failure and failure.status is StatusCode.CANCELLED:  # its channel was given up meanwhile
            return False
        if failure and failure.status in _LOST:
            lost = failure.status is StatusCode.DEADLINE_EXCEEDED
            reason = f"no answer within {seconds:.2g} s" if lost else failure.reason
            self.peers.failed(link, reason, tried=True)
            return False
        if failure and failure.status is StatusCode.UNIMPLEMENTED:
            self.peers.failed(link, "the peer's Gateway service is switched off", tried=True)
            return False
        self.peers.answered(link)
        return True


class SyncSession(Session):
    """Runs flows by blocking the calling thread. May be used by many threads at once."""

    peers: Peers[grpc.Channel]

    def __init__(self, identity: Identity, deadlines: Deadlines, targets: Sequence[Target]) -> None:
        super().__init__(identity, deadlines, Peers([Link(target, _open) for target in targets]))
        self._probing = threading.Lock()

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

    def link(self, avoid: str = "") -> Link[grpc.Channel]:
        """The peer to speak to now, if possible another than the one to avoid."""
        if self.peers.failing:
            self._try_failing()
        return self.peers.choose(avoid)

    def _perform(self, step: Step) -> bytes:
        if not isinstance(step, Call):
            time.sleep(step.seconds)
            return b""
        link = self.link(step.avoid)
        closings = link.closings
        try:
            call = link.method(step.path).future(step.request, timeout=step.timeout)
            response = self._wait(call, link, closings, step.timeout)
        except grpc.RpcError as error:
            raise self.failure(link, closings, error) from None
        except (ValueError, grpc.FutureCancelledError):  # what a closed channel raises
            raise self._ended_call(link, closings) from None
        self.peers.answered(link)
        return response

    def _wait(self, call: Any, link: Link[grpc.Channel], closings: int, timeout: float) -> bytes:
        patience = _patience(timeout) if self.peers.several else None
        try:
            while True:
                try:
                    response: bytes = call.result(patience)
                    return response
                except grpc.FutureTimeoutError:
                    self._check(link, closings, patience or 0)
        except BaseException:
            call.cancel()
            raise

    def _check(self, link: Link[grpc.Channel], closings: int, patience: float) -> None:
        """Ask a quiet peer whether it is there; if it does not say so, give up its channel with all calls."""
        with self._probing:
            if link.closings != closings or not self._is_quiet(link, patience):
                return
            if not self._probe(link, patience):
                self._reset(link)

    def _probe(self, link: Link[grpc.Channel], seconds: float) -> bool:
        try:
            link.method(_wire.COMMIT_STATUS)(_PROBE, timeout=seconds)
        except grpc.RpcError as error:
            return self._probed(link, error, seconds)
        except ValueError:
            return False
        return self._probed(link, None, seconds)

    def _reset(self, link: Link[grpc.Channel]) -> None:
        channel = link.release()
        if channel is not None:
            channel.close()

    def _try_failing(self) -> None:
        """Ask failing peers whose time has come whether they are back, without waiting for the answer."""
        while (link := self.peers.due()) is not None:
            try:
                call = link.method(_wire.COMMIT_STATUS).future(_PROBE, timeout=_PATIENCE)
            except ValueError:
                return
            call.add_done_callback(self._returned(link))

    def _returned(self, link: Link[grpc.Channel]) -> Any:
        def done(call: Any) -> None:
            if not call.cancelled():
                self._probed(link, call.exception(), _PATIENCE)

        return done

    def check(self, timeout: float) -> tuple[PeerHealth, ...]:
        """Ask every peer whether it is there."""
        self.check_open()
        calls = []
        for link in self.peers.links:
            call = link.method(_wire.COMMIT_STATUS).future(_PROBE, timeout=timeout)
            calls.append((link, call))
        for link, call in calls:
            self._probed(link, call.exception(), timeout)
        return self.peers.health()

    def close(self) -> None:
        """Close the channels; calls under way are cancelled."""
        self.closed = True
        for link in self.peers.links:
            channel = link.release(for_good=True)
            if channel is not None:
                channel.close()


class AsyncSession(Session):
    """Runs flows as coroutines of one event loop."""

    peers: Peers[grpc.aio.Channel]

    def __init__(self, identity: Identity, deadlines: Deadlines, targets: Sequence[Target]) -> None:
        super().__init__(identity, deadlines, Peers([Link(target, _open_async) for target in targets]))
        self._loop = asyncio.get_running_loop()
        self._probes: dict[Link[grpc.aio.Channel], asyncio.Task[None]] = {}

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

    def link(self, avoid: str = "") -> Link[grpc.aio.Channel]:
        """The peer to speak to now, if possible another than the one to avoid."""
        if self.peers.failing:
            self._try_failing()
        return self.peers.choose(avoid)

    async def _perform(self, step: Step) -> bytes:
        if not isinstance(step, Call):
            await asyncio.sleep(step.seconds)
            return b""
        link = self.link(step.avoid)
        closings = link.closings
        watch = _Watch(self, link, _patience(step.timeout)) if self.peers.several else None
        try:
            response: bytes = await link.method(step.path)(step.request, timeout=step.timeout)
        except grpc.RpcError as error:
            raise self.failure(link, closings, error) from None
        except (
            asyncio.CancelledError,
            grpc.aio.UsageError,
            ValueError,
        ) as error:  # what a closed channel raises
            if cancelled_from_outside(error):
                raise
            raise self._ended_call(link, closings) from None
        finally:
            if watch is not None:
                watch.handle.cancel()
        self.peers.answered(link)
        return response

    def check_quiet(self, link: Link[grpc.aio.Channel], patience: float) -> None:
        """Ask a peer that was quiet for so long whether it is there; if not, give up its channel."""
        if self._is_quiet(link, patience):
            self._start_probe(link, patience)

    def _start_probe(self, link: Link[grpc.aio.Channel], seconds: float) -> None:
        if link not in self._probes and not self.closed:
            self._probes[link] = self._loop.create_task(self._probing(link, seconds))

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
            await link.method(_wire.COMMIT_STATUS)(_PROBE, timeout=seconds)
        except grpc.RpcError as error:
            return self._probed(link, error, seconds)
        except (asyncio.CancelledError, grpc.aio.UsageError, ValueError) as error:
            if cancelled_from_outside(error):
                raise
            return False
        return self._probed(link, None, seconds)

    def _try_failing(self) -> None:
        """Ask failing peers whose time has come whether they are back, without waiting for the answer."""
        while (link := self.peers.due()) is not None:
            self._start_probe(link, _PATIENCE)

    async def check(self, timeout: float) -> tuple[PeerHealth, ...]:
        """Ask every peer whether it is there."""
        self.check_open()
        await asyncio.gather(*(self._probe(link, timeout) for link in self.peers.links))
        return self.peers.health()

    async def close(self) -> None:
        """Close the channels; calls under way are cancelled."""
        self.closed = True
        probes = tuple(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        for link in self.peers.links:
            channel = link.release(for_good=True)
            if channel is not None:
                await channel.close(None)


class _Watch:
    """Looks after a call: has its peer said anything lately?"""

    __slots__ = ("_link", "_patience", "_session", "handle")

    def __init__(self, session: AsyncSession, link: Link[grpc.aio.Channel], patience: float) -> None:
        self._session = session
        self._link = link
        self._patience = patience
        self.handle = session._loop.call_later(patience, self._look)

    def _look(self) -> None:
        self._session.check_quiet(self._link, self._patience)
        self.handle = self._session._loop.call_later(self._patience, self._look)


def _patience(timeout: float) -> float:
    return max(_LEAST_PATIENCE, min(_PATIENCE, timeout / 4))


def _open(target: Target) -> grpc.Channel:
    if target.credentials is None:
        return grpc.insecure_channel(target.address, options=target.options)
    return grpc.secure_channel(target.address, target.credentials, options=target.options)


def _open_async(target: Target) -> grpc.aio.Channel:
    if target.credentials is None:
        return grpc.aio.insecure_channel(target.address, options=target.options)
    return grpc.aio.secure_channel(target.address, target.credentials, options=target.options)


def cancelled_from_outside(error: BaseException) -> bool:
    """Whether the running task is being cancelled; else `error` comes from a closed call or channel."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def call_failed(error: grpc.RpcError) -> CallFailed:
    """What a gRPC error says, with the nodes' own words from its trailing metadata."""
    metadata: Any = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == _wire.STATUS_DETAILS_KEY), None)
    return CallFailed(error.code(), error.details() or "", _wire.error_details(status))
