"""What the steps of a gateway share: the identity, the peers, and what the end of a call means."""

from __future__ import annotations

import logging
import time
from typing import Any, Literal, TypeAlias

import grpc
from grpc import StatusCode

from fabric_gateway import _arguments as check
from fabric_gateway._connection import tls
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._connection.flow import Call, CallFailed
from fabric_gateway._connection.interrupt import Bell
from fabric_gateway._connection.limits import Gate
from fabric_gateway._connection.observer import StepEvent, StreamEvent
from fabric_gateway._connection.peers import Link, Peers
from fabric_gateway._connection.targets import Settings
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import ConnectionClosed
from fabric_gateway.identity._identity import Identity

Step: TypeAlias = Literal["evaluate", "endorse", "commit_status"]

PROBE = b""
"""A commit status request that every peer refuses at once, without looking at its ledger."""

PATIENCE = 1.0
"""Seconds without any answer of a peer after which it is asked whether it is there."""

_LEAST_PATIENCE = 0.1

_LOST = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED})
"""How calls end that have no answer of the peer."""

_LOOK = 1.0  # seconds: the peer has just answered gRPC
_LOOKS_APART = 10.0

_STEPS = {
    wire.EVALUATE: "evaluate",
    wire.ENDORSE: "endorse",
    wire.SUBMIT: "submit",
    wire.COMMIT_STATUS: "commit status",
}
_FINISHING = frozenset({wire.SUBMIT, wire.COMMIT_STATUS})

log = logging.getLogger("fabric_gateway")
# Seconds. A peer cancels a call at its deadline, and may be faster than this client's own timer.
_TOGETHER = 0.05


class Session:
    """What every step needs: the identity, the peers, and how long a step may take.

    `tls_certificate_hash` is SHA-256 of the client's TLS certificate in mutual TLS, else b"".
    """

    def __init__(self, identity: Identity, settings: Settings, peers: Peers[Any]) -> None:
        self.identity = identity
        self.deadlines = settings.deadlines
        self.observer = settings.observer
        self.peers = peers
        self.gate = Gate(settings.limits)
        self.tls_certificate_hash = peers.links[0].target.tls_certificate_hash
        self.closing = Bell()

    @property
    def closed(self) -> bool:
        """The gateway was closed."""
        return self.closing.rung

    @property
    def address(self) -> str:
        """Where the peers are, for messages."""
        return self.peers.address

    def seconds(self, step: Step, timeout: float | None) -> float:
        """The deadline of a call: the gateway's for this step, unless the call has one of its own.

        Raises:
            TypeError: it is not a number.
            ValueError: it is not above 0.
        """
        own: float = getattr(self.deadlines, step)
        return own if timeout is None else check.seconds("timeout", timeout)

    def deadlines_of(self, given: Deadlines | None) -> Deadlines:
        """The deadlines of a call. Raises `TypeError` if they are none."""
        if given is None:
            return self.deadlines
        return check.instance("deadlines", given, Deadlines, "Deadlines(…)")

    def check_open(self) -> None:
        """Raise `ConnectionClosed` if the gateway was closed."""
        if self.closed:
            raise ConnectionClosed(f"the gateway on {self.address} was closed: connect again")

    def failure(
        self, link: Link[Any], closings: int, error: grpc.RpcError, over_at: float | None = None
    ) -> CallFailed:
        """What the failure of a call or stream means, having noted what it says about the peer.

        Args:
            link: the link that carried the call.
            closings: its count `closings` when the call was made.
            error: how it ended.
            over_at: when the call's time is over, by the monotonic clock; None: it has no end.
        """
        failure = call_failed(error)
        if link.complaint and failure.never_connected:
            failure.reason = link.complaint
            failure.unproven = True
        if failure.status is StatusCode.CANCELLED:  # this client's own cancellations end otherwise
            if over_at is not None and time.monotonic() >= over_at - _TOGETHER:
                words = "the peer gave the call up when its time was over"
                failure = CallFailed(StatusCode.DEADLINE_EXCEEDED, words)
                failure.peer = link.name
                return failure
            return self.ended_call(link, closings, failure.reason)
        failure.peer = link.name
        if failure.status not in _LOST or failure.said_by_node:
            self.peers.answered(link)
        elif failure.status is StatusCode.UNAVAILABLE:
            self.peers.failed(link, failure.reason)
            self._or_elsewhere(link, failure)
        elif self.peers.several and link.failures and not self.peers.another(link):
            failure.reason = f"{failure.reason}; {self.peers.complaint()}"
        return failure

    def ended_call(self, link: Link[Any], closings: int, reason: str = "") -> CallFailed:
        """A call that was cancelled, by the peer or because its channel was closed."""
        if self.closed:
            words = f"the gateway on {self.address} was closed during the call"
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

    def is_suspicious(self, link: Link[Any], error: grpc.RpcError) -> bool:
        """Whether to look at the TLS certificate that the peer shows, since there was no connection."""
        failure = call_failed(error)
        now = time.monotonic()
        if not failure.never_connected or link.complaint or now - link.looked < _LOOKS_APART:
            return False
        if not tls.suspicious(link.target, failure.reason):
            return False
        link.looked = now
        return True

    def look(self, link: Link[Any], error: grpc.RpcError) -> None:
        """Look at it, for up to a second, and note what is wrong. Blocks."""
        link.complaint = tls.complaint(link.target, call_failed(error).reason, _LOOK)

    def _is_quiet(self, link: Link[Any], patience: float) -> bool:
        return time.monotonic() - link.heard >= patience

    def _probed(self, link: Link[Any], error: grpc.RpcError | None, seconds: float) -> bool:
        """What the end of a probe says; whether the peer has answered."""
        failure = call_failed(error) if error else None
        if failure and failure.status is StatusCode.CANCELLED:  # its channel was given up in the meantime
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
            f"this program already has {self.gate.bound} calls in progress, and none finished within "
            f"{seconds:.2g} s: start fewer at once, or allow more time",
        )
        failure.unsent = True
        return failure

    def _ended(
        self, step: Call, link: Link[Any] | None, started: float, waited: float, failure: CallFailed | None
    ) -> None:
        """Tell log and observer of a call that has ended."""
        level = logging.DEBUG if failure is None else logging.INFO
        logged = log.isEnabledFor(level)
        if self.observer is None and not logged:
            return
        name = _STEPS.get(step.path, step.path)
        event = StepEvent(
            step=name,
            transaction_id=step.transaction_id,
            peer="" if link is None else link.name,
            attempt=step.attempt,
            waited=waited,
            seconds=time.monotonic() - started - waited,
            status="OK" if failure is None else failure.status.name,
            method=step.path,
            address="" if link is None else link.target.address,
        )
        if logged:
            _log_step(level, event)
        if self.observer is not None:
            try:
                self.observer.on_step(event)
            except Exception:
                log.exception("the observer failed at %s of %s", name, step.transaction_id)

    def tell_stream(self, event: StreamEvent) -> None:
        """Tell the observer of a stream, if it wants to know."""
        tell = getattr(self.observer, "on_stream", None)
        if tell is None:
            return
        try:
            tell(event)
        except Exception:
            log.exception("the observer failed at a stream of %s", event.channel)


def _log_step(level: int, event: StepEvent) -> None:
    """Log a call; its parts are also attributes of the record, for structured logs."""
    log.log(
        level,
        "%s of %s at %s, attempt %d: %s",
        event.step,
        event.transaction_id,
        event.peer,
        event.attempt,
        event.status,
        extra={
            "fabric_step": event.step,
            "fabric_transaction_id": event.transaction_id,
            "fabric_peer": event.peer,
            "fabric_attempt": event.attempt,
            "fabric_seconds": round(event.seconds, 6),
            "fabric_status": event.status,
        },
    )


def patience_of(timeout: float) -> float:
    """Seconds of quiet after which a call with this timeout asks whether its peer is there."""
    return max(_LEAST_PATIENCE, min(PATIENCE, timeout / 4))


def is_finishing(step: Call) -> bool:
    """The call finishes a transaction that was begun, so it goes before others."""
    return step.path in _FINISHING


def call_failed(error: grpc.RpcError) -> CallFailed:
    """What a gRPC error says, with the nodes' own messages from its trailing metadata."""
    metadata: Any = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == wire.STATUS_DETAILS_KEY), None)
    return CallFailed(error.code(), error.details() or "", wire.error_details(status))
