"""Spans and metrics for OpenTelemetry. Needs the extra `fabric-gateway[telemetry]`.

    with connect(profile, identity, observer=Telemetry()) as gateway:
        ...

It uses OpenTelemetry's API: where spans and metrics go is what your program configures of its SDK. Arguments,
results, transient data and names of users are in neither.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from fabric_gateway._connection.observer import Operation, StepEvent, StreamEvent
from fabric_gateway.errors import CommitError, GatewayError, UnknownOutcome
from fabric_gateway.extras import extra

with extra("telemetry"):
    from opentelemetry import metrics, trace
    from opentelemetry.trace import SpanKind, Status, StatusCode

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

__all__ = ["Telemetry"]

Attributes: TypeAlias = Mapping[str, str | int]

_SCOPE = "fabric_gateway"
_NANO = 1_000_000_000
# Seconds. A step takes milliseconds, a commit up to the block's time-out, an outage minutes.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Telemetry:
    """An observer that makes spans and metrics. Many gateways, and many threads, may use one.

    Spans: one for each operation, named `fabric transaction`, `fabric evaluate`, `fabric endorse`, `fabric
    submit` or `fabric commit status`, which is the current span while it lasts; below it one for each call of
    a peer, retries included, named by its method; and one for each connection of a stream, when it ends.

    Metrics:
        rpc.client.call.duration: seconds that calls took, by method, peer and gRPC status.
        fabric.client.operation.duration: seconds that operations took, retries included, by operation,
            channel and error.
        fabric.client.operation.active: operations in progress, by operation and channel.
        fabric.client.retries: calls that repeated an earlier one, by step.
        fabric.client.unknown_outcomes: transactions that ended with `UnknownOutcome`, by channel.
        fabric.client.wait.duration: seconds for which calls waited for their turn (`Limits`), by step.
        fabric.client.stream.items: blocks, or events, that streams received, by channel and method.
        fabric.client.stream.breaks: connections of streams that broke, by channel, method and gRPC status.

    Source: OpenTelemetry's semantic conventions for RPC (`rpc.*`, `server.*`, `error.type`), development
    status of 2025; `fabric.*` is this package's own.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        functions: bool = False,
    ) -> None:
        """Make an observer.

        Args:
            tracer_provider: where spans go; default: the global one.
            meter_provider: where metrics go; default: the global one.
            functions: put the name of the chaincode's function into spans. Only if these names say nothing
                about persons: the package cannot know.
        """
        self._functions = functions
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)

        def seconds(name: str, description: str) -> metrics.Histogram:
            return meter.create_histogram(
                name, "s", description, explicit_bucket_boundaries_advisory=_BUCKETS
            )

        self._calls = seconds("rpc.client.call.duration", "Duration of calls of peers.")
        self._waits = seconds("fabric.client.wait.duration", "How long calls waited for their turn.")
        self._operations = seconds("fabric.client.operation.duration", "Duration of operations.")
        self._active = meter.create_up_down_counter(
            "fabric.client.operation.active", "{operation}", "Operations in progress."
        )
        self._retries = meter.create_counter("fabric.client.retries", "{call}", "Repeated calls.")
        self._unknown = meter.create_counter(
            "fabric.client.unknown_outcomes", "{transaction}", "Transactions of unknown outcome."
        )
        self._items = meter.create_counter(
            "fabric.client.stream.items", "{item}", "Blocks or events that streams received."
        )
        self._breaks = meter.create_counter(
            "fabric.client.stream.breaks", "{connection}", "Connections of streams that broke."
        )

    def on_step(self, event: StepEvent) -> None:
        """Count a call that has ended, and make its span."""
        attributes = _call(event.method, event.address, event.status)
        self._calls.record(event.seconds, attributes)
        if event.waited:
            self._waits.record(event.waited, {"fabric.step": event.step})
        if event.attempt > 1:
            self._retries.add(1, {"fabric.step": event.step})
        more: dict[str, str | int] = {"fabric.attempt": event.attempt}
        if event.transaction_id:
            more["fabric.transaction_id"] = event.transaction_id
        self._past(event.method, event.seconds, {**attributes, **more}, event.status)

    def on_stream(self, event: StreamEvent) -> None:
        """Count what a stream received, and make a span of a connection that has ended."""
        where: dict[str, str | int] = {
            "fabric.channel": event.channel,
            "rpc.method": event.method.removeprefix("/"),
        }
        if event.what == "received":
            self._items.add(event.items, where)
            return
        if event.status != "OK":
            self._breaks.add(1, {**where, "rpc.response.status_code": event.status})
        attributes = {
            **_call(event.method, event.address, event.status),
            **where,
            "fabric.stream.items": event.items,
        }
        self._past(event.method, event.seconds, attributes, event.status)

    @contextmanager
    def operation(self, operation: Operation) -> Iterator[None]:
        """Make a span of an operation while it lasts, and count it."""
        started = time.monotonic()
        where: dict[str, str | int] = {
            "fabric.operation": operation.name,
            "fabric.channel": operation.channel,
        }
        self._active.add(1, where)
        outcome: dict[str, str | int] = {}
        try:
            with self._tracer.start_as_current_span(
                f"fabric {operation.name}",
                attributes={**where, **self._of(operation)},
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                try:
                    yield
                except BaseException as error:
                    outcome = _outcome(error)
                    span.set_attributes(outcome)
                    span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                    if isinstance(error, UnknownOutcome) and operation.name != "submit":
                        self._unknown.add(1, {"fabric.channel": operation.channel})
                    raise
        finally:
            self._active.add(-1, where)
            self._operations.record(time.monotonic() - started, {**where, **outcome})

    def _of(self, operation: Operation) -> dict[str, str | int]:
        found: dict[str, str | int] = {"fabric.transaction_id": operation.transaction_id}
        if operation.chaincode:
            found["fabric.chaincode"] = operation.chaincode
        if operation.function and self._functions:
            found["fabric.function"] = operation.function
        return found

    def _past(self, method: str, seconds: float, attributes: Attributes, status: str) -> None:
        """A span of what has just ended, below the current one."""
        end = time.time_ns()
        span = self._tracer.start_span(
            method.removeprefix("/"),
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=end - int(seconds * _NANO),
        )
        if status != "OK":
            span.set_status(Status(StatusCode.ERROR, status))
        span.end(end)


def _call(method: str, address: str, status: str) -> dict[str, str | int]:
    """A call's attributes by the semantic conventions for RPC."""
    found: dict[str, str | int] = {
        "rpc.system.name": "grpc",
        "rpc.method": method.removeprefix("/"),
        "rpc.response.status_code": status,
    }
    place = urlsplit(f"//{address}")
    if place.hostname:
        found["server.address"] = place.hostname
    if place.port:
        found["server.port"] = place.port
    if status != "OK":
        found["error.type"] = status
    return found


def _outcome(error: BaseException) -> dict[str, str | int]:
    """An error's attributes: its kind, and codes. Its words may quote what the chaincode said."""
    found: dict[str, str | int] = {"error.type": type(error).__name__}
    if isinstance(error, CommitError):
        found["fabric.validation_code"] = error.code
    if isinstance(error, GatewayError):
        found["rpc.response.status_code"] = error.status.name
    return found
