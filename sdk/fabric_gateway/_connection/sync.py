"""The driver of flows that blocks the calling thread; for asyncio see `aio`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import grpc

from fabric_gateway._connection.flow import Call, CallFailed, Flow, Step, given_up
from fabric_gateway._connection.interrupt import Interrupt
from fabric_gateway._connection.limits import FULL
from fabric_gateway._connection.peers import Link, PeerHealth, Peers
from fabric_gateway._connection.session import PATIENCE, PROBE, Session, is_finishing, patience_of
from fabric_gateway._connection.targets import Settings, Target
from fabric_gateway._wire import gateway as wire
from fabric_gateway.identity._identity import Identity

T = TypeVar("T")


class SyncSession(Session):
    """Runs flows by blocking the calling thread. May be used by many threads at once."""

    peers: Peers[grpc.Channel]

    def __init__(self, identity: Identity, settings: Settings, targets: Sequence[Target]) -> None:
        super().__init__(identity, settings, Peers([Link(target, _open) for target in targets]))
        self._probing = threading.Lock()

    def run(self, flow: Flow[T], interrupt: Interrupt | None = None) -> T:
        """Drive a flow to its end and return its result.

        Raises `ConnectionClosed` if the gateway was closed before. If it is closed during the run, the flow
        learns so, and decides what that means for the transaction. An exception from outside, such as
        `KeyboardInterrupt`, has as its `__cause__` what the flow knows about a call that is given up.
        """
        self.check_open()
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._perform(step, interrupt)
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

    def link(self, avoid: str = "") -> Link[grpc.Channel]:
        """The peer to call now, if possible not the one to avoid."""
        if self.peers.failing:
            self._try_failing()
        return self.peers.choose(avoid)

    def _perform(self, step: Step, interrupt: Interrupt | None) -> bytes:
        if not isinstance(step, Call):
            self._pause(step.seconds, interrupt)
            return b""
        started = time.monotonic()
        waited = 0.0
        timeout = step.timeout
        urgent = is_finishing(step)
        ticket = self.gate.enter(urgent)
        if ticket == FULL:
            ticket = self._queue(step, urgent, started, interrupt)
            waited = time.monotonic() - started
            timeout = max(0.0, timeout - waited)
        link = None
        failure: CallFailed | None = None
        answered = False
        try:
            link = self.link(step.avoid)
            response = self._call(link, step, timeout, interrupt)
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

    def _pause(self, seconds: float, interrupt: Interrupt | None) -> None:
        """Wait; shorter if the gateway is closed meanwhile, which the next call then notices."""
        awake = threading.Event()
        with self.closing.waking(awake.set):
            if interrupt is None:
                awake.wait(seconds)
            else:
                with interrupt.waking(awake.set):
                    awake.wait(seconds)

    def _queue(self, step: Call, urgent: bool, started: float, interrupt: Interrupt | None) -> int:
        """Wait for room within the call's time; the ticket."""
        room = threading.Event()
        self.gate.queue(urgent, room.set)
        granted = False
        try:
            if interrupt is None:
                room.wait(step.timeout)
            else:
                with interrupt.waking(room.set):
                    room.wait(step.timeout)
            granted = not self.gate.abandon(room.set)
        except BaseException:
            if not self.gate.abandon(room.set):
                self.gate.leave(False)
            raise
        if not granted:
            failure = self._no_room(step.timeout)
            self._ended(step, None, started, step.timeout, failure)
            raise failure
        return self.gate.ticket()

    def _call(
        self, link: Link[grpc.Channel], step: Call, timeout: float, interrupt: Interrupt | None
    ) -> bytes:
        closings = link.closings
        over_at = time.monotonic() + timeout
        try:
            call = link.method(step.path).future(step.request, timeout=timeout)
            if interrupt is None:
                response = self._wait(call, link, closings, timeout)
            else:
                with interrupt.waking(call.cancel):
                    response = self._wait(call, link, closings, timeout)
        except grpc.RpcError as error:
            if self.is_suspicious(link, error):
                self.look(link, error)
            raise self.failure(link, closings, error, over_at) from None
        except (ValueError, grpc.FutureCancelledError):  # what a closed channel raises
            raise self.ended_call(link, closings) from None
        self.peers.answered(link)
        return response

    def _wait(self, call: Any, link: Link[grpc.Channel], closings: int, timeout: float) -> bytes:
        patience = patience_of(timeout) if self.peers.several else None
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
                channel = link.release()
                if channel is not None:
                    channel.close()

    def _probe(self, link: Link[grpc.Channel], seconds: float) -> bool:
        try:
            link.method(wire.COMMIT_STATUS)(PROBE, timeout=seconds)
        except grpc.RpcError as error:
            return self._probed(link, error, seconds)
        except ValueError:
            return False
        return self._probed(link, None, seconds)

    def _try_failing(self) -> None:
        """Ask failing peers that are due whether they are back, without waiting for the answer."""
        while (link := self.peers.due()) is not None:
            try:
                call = link.method(wire.COMMIT_STATUS).future(PROBE, timeout=PATIENCE)
            except ValueError:
                return
            call.add_done_callback(self._returned(link))

    def _returned(self, link: Link[grpc.Channel]) -> Callable[[Any], None]:
        def done(call: Any) -> None:
            if not call.cancelled():
                self._probed(link, call.exception(), PATIENCE)

        return done

    def check(self, timeout: float) -> tuple[PeerHealth, ...]:
        """Ask every peer whether it is there."""
        self.check_open()
        calls = []
        for link in self.peers.links:
            call = link.method(wire.COMMIT_STATUS).future(PROBE, timeout=timeout)
            calls.append((link, call))
        for link, call in calls:
            self._probed(link, call.exception(), timeout)
        return self.peers.health()

    def close(self) -> None:
        """Close the channels; calls in progress are cancelled."""
        self.closing.ring()
        self.gate.open_wide()
        for link in self.peers.links:
            channel = link.release(for_good=True)
            if channel is not None:
                channel.close()


def _open(target: Target) -> grpc.Channel:
    if target.credentials is None:
        return grpc.insecure_channel(target.address, options=target.options)
    return grpc.secure_channel(target.address, target.credentials, options=target.options)
