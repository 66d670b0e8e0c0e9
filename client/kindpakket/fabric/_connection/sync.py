"""Drivers: what runs flows over the channels of a gateway's peers; for asyncio see `_aio_session`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import grpc
from grpc import StatusCode

from kindpakket.fabric._connection.flow import Call, CallFailed, Flow, Step, given_up
from kindpakket.fabric._connection.interrupt import Interrupt, Interrupted
from kindpakket.fabric._connection.limits import FULL, Gate
from kindpakket.fabric._connection.observer import StepEvent
from kindpakket.fabric._connection.peers import Link, PeerHealth, Peers
from kindpakket.fabric._connection.targets import Settings, Target
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric.errors import ConnectionClosed
from kindpakket.fabric.identity.identity import Identity

T = TypeVar("T")

PROBE = b""
"""A commit status request that every peer refuses at once, without looking at its ledger."""

PATIENCE = 1.0
"""Seconds without any answer of a peer after which it is asked whether it is there."""

_LEAST_PATIENCE = 0.1

_LOST = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED})
"""How calls end that have no answer of the peer."""

_STEPS = {
    wire.EVALUATE: "evaluate",
    wire.ENDORSE: "endorse",
    wire.SUBMIT: "submit",
    wire.COMMIT_STATUS: "commit status",
}
_FINISHING = frozenset({wire.SUBMIT, wire.COMMIT_STATUS})

log = logging.getLogger("kindpakket.fabric")


class Session:
    """What every step needs to know: who speaks, to which peers, and how long a step may take.

    `tls_certificate_hash` is SHA-256 of the client's TLS certificate in mutual TLS, else b"".
    """

    def __init__(self, identity: Identity, settings: Settings, peers: Peers[Any]) -> None:
        self.identity = identity
        self.deadlines = settings.deadlines
        self.observer = settings.observer
        self.peers = peers
        self.gate = Gate(settings.limits)
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

    def _no_room(self, seconds: float) -> CallFailed:
        failure = CallFailed(
            StatusCode.RESOURCE_EXHAUSTED,
            f"this program has {self.gate.bound} calls under way already, and none ended within "
            f"{seconds:.2g} s: start fewer at once, or allow more time",
        )
        failure.unsent = True
        return failure

    def _ended(
        self, step: Call, peer: str, started: float, waited: float, failure: CallFailed | None
    ) -> None:
        """Tell log and observer of a call that has ended."""
        level = logging.DEBUG if failure is None else logging.INFO
        if self.observer is None and not log.isEnabledFor(level):
            return
        status = "OK" if failure is None else failure.status.name
        name = _STEPS.get(step.path, step.path)
        seconds = time.monotonic() - started - waited
        log.log(
            level, "%s of %s at %s, attempt %d: %s", name, step.transaction_id, peer, step.attempt, status
        )
        if self.observer is not None:
            event = StepEvent(name, step.transaction_id, peer, step.attempt, waited, seconds, status)
            try:
                self.observer.on_step(event)
            except Exception:
                log.exception("the observer failed at %s of %s", name, step.transaction_id)


class SyncSession(Session):
    """Runs flows by blocking the calling thread. May be used by many threads at once."""

    peers: Peers[grpc.Channel]

    def __init__(self, identity: Identity, settings: Settings, targets: Sequence[Target]) -> None:
        super().__init__(identity, settings, Peers([Link(target, _open) for target in targets]))
        self._probing = threading.Lock()

    def run(self, flow: Flow[T], interrupt: Interrupt | None = None) -> T:
        """Drive a flow to its end and return its result.

        Raises `ConnectionClosed` if the gateway was closed before. If it is closed meanwhile, the flow is
        told, and decides what that means for the transaction. An exception from outside, such as
        `KeyboardInterrupt`, has as its `__cause__` what the flow says of a call that is given up.
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
        """The peer to speak to now, if possible another than the one to avoid."""
        if self.peers.failing:
            self._try_failing()
        return self.peers.choose(avoid)

    def _perform(self, step: Step, interrupt: Interrupt | None) -> bytes:
        if not isinstance(step, Call):
            if interrupt is None:
                time.sleep(step.seconds)
            elif interrupt.raised.wait(step.seconds):
                raise Interrupted
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
        peer = ""
        failure: CallFailed | None = None
        answered = False
        try:
            link = self.link(step.avoid)
            peer = link.name
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
                self._ended(step, peer, started, waited, failure)
        return response

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
            self._ended(step, "", started, step.timeout, failure)
            raise failure
        return self.gate.ticket()

    def _call(
        self, link: Link[grpc.Channel], step: Call, timeout: float, interrupt: Interrupt | None
    ) -> bytes:
        closings = link.closings
        try:
            call = link.method(step.path).future(step.request, timeout=timeout)
            if interrupt is None:
                response = self._wait(call, link, closings, timeout)
            else:
                with interrupt.waking(call.cancel):
                    response = self._wait(call, link, closings, timeout)
        except grpc.RpcError as error:
            raise self.failure(link, closings, error) from None
        except (ValueError, grpc.FutureCancelledError):  # what a closed channel raises
            raise self._ended_call(link, closings) from None
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
        """Ask failing peers whose time has come whether they are back, without waiting for the answer."""
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
        """Close the channels; calls under way are cancelled."""
        self.closed = True
        self.gate.open_wide()
        for link in self.peers.links:
            channel = link.release(for_good=True)
            if channel is not None:
                channel.close()


def _open(target: Target) -> grpc.Channel:
    if target.credentials is None:
        return grpc.insecure_channel(target.address, options=target.options)
    return grpc.secure_channel(target.address, target.credentials, options=target.options)


def patience_of(timeout: float) -> float:
    """Seconds of quiet after which a call with so much time asks whether its peer is there."""
    return max(_LEAST_PATIENCE, min(PATIENCE, timeout / 4))


def is_finishing(step: Call) -> bool:
    """The call brings a transaction that was begun to its end, so that it goes before others."""
    return step.path in _FINISHING


def call_failed(error: grpc.RpcError) -> CallFailed:
    """What a gRPC error says, with the nodes' own words from its trailing metadata."""
    metadata: Any = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == wire.STATUS_DETAILS_KEY), None)
    return CallFailed(error.code(), error.details() or "", wire.error_details(status))
