"""Spans and metrics, in OpenTelemetry's own exporters in memory: what they say, and what they never say."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fabric_helpers import AMPLE, IMPATIENT, Open
from grpc import StatusCode
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from fabric_gateway import EndorseError, Operation, UnknownOutcome, aio, connect
from fabric_gateway.telemetry import Telemetry
from fabric_gateway.testing import MemoryGateway


class Collected:
    """A `Telemetry` with what it has exported."""

    def __init__(self, **options: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self._meters = MeterProvider([self._reader])
        self.telemetry = Telemetry(tracer_provider=self.provider, meter_provider=self._meters, **options)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return tuple(self._exporter.get_finished_spans())

    def tree(self) -> dict[str, list[str]]:
        """Names of spans by the name of the span above, in the order in which they ended."""
        names = {span.context.span_id: span.name for span in self.spans}
        found: dict[str, list[str]] = {}
        for span in self.spans:
            above = names.get(span.parent.span_id, "elsewhere") if span.parent else "nothing"
            found.setdefault(above, []).append(span.name)
        return found

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The points of a metric: attributes, and value or count."""
        data = self._reader.get_metrics_data()
        return [
            (dict(point.attributes or {}), getattr(point, "value", None) or getattr(point, "count", 0))
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def close(self) -> None:
        self.provider.shutdown()
        self._meters.shutdown()


@pytest.fixture
def collected() -> Iterator[Collected]:
    made = Collected()
    yield made
    made.close()


def contract_of(opened: Open, collected: Collected, deadlines: Any = AMPLE) -> Any:
    return opened(None, deadlines, observer=collected.telemetry).network("channel").contract("ledger")


def test_a_submit_is_a_span_with_its_steps_and_calls_below(
    opened: Open, memory: MemoryGateway, collected: Collected
) -> None:
    contract = contract_of(opened, collected)
    memory.fail("Endorse", StatusCode.UNAVAILABLE, "Socket closed")
    contract.submit("Add", "a", "5")
    assert collected.tree() == {
        "fabric endorse": ["gateway.Gateway/Endorse", "gateway.Gateway/Endorse"],
        "fabric submit": ["gateway.Gateway/Submit"],
        "fabric commit status": ["gateway.Gateway/CommitStatus"],
        "fabric transaction": ["fabric endorse", "fabric submit", "fabric commit status"],
        "nothing": ["fabric transaction"],
    }
    first = next(span for span in collected.spans if span.name == "gateway.Gateway/Endorse")
    host, _, port = memory.endpoint.removeprefix("grpc://").rpartition(":")
    assert dict(first.attributes or {}) == {
        "rpc.system.name": "grpc",
        "rpc.method": "gateway.Gateway/Endorse",
        "rpc.response.status_code": "UNAVAILABLE",
        "server.address": host,
        "server.port": int(port),
        "error.type": "UNAVAILABLE",
        "fabric.attempt": 1,
        "fabric.transaction_id": (first.attributes or {})["fabric.transaction_id"],
    }
    whole = collected.spans[-1]
    assert (whole.attributes or {})["fabric.channel"] == "channel"
    assert (whole.attributes or {})["fabric.chaincode"] == "ledger"
    assert all((span.end_time or 0) >= (span.start_time or 0) for span in collected.spans)


def test_the_span_of_the_program_is_above(memory: MemoryGateway, collected: Collected) -> None:
    with (
        connect(identity=memory.identity, endpoint=memory.endpoint, observer=collected.telemetry) as gateway,
        collected.provider.get_tracer("program").start_as_current_span("paying"),
    ):
        gateway.network("channel").contract("ledger").evaluate("Show", "a")
    assert collected.tree()["paying"] == ["fabric evaluate"]


def test_aio_each_task_has_its_own_spans(memory: MemoryGateway, collected: Collected) -> None:
    tracer = collected.provider.get_tracer("program")

    async def main() -> None:
        async with aio.connect(
            identity=memory.identity, endpoint=memory.endpoint, observer=collected.telemetry
        ) as gateway:
            contract = gateway.network("channel").contract("ledger")

            async def paying(key: str) -> None:
                with tracer.start_as_current_span(f"paying {key}"):
                    await contract.submit("Add", key, "5")

            await asyncio.gather(*(paying(key) for key in "abc"))

    asyncio.run(main())
    assert [collected.tree()[f"paying {key}"] for key in "abc"] == [["fabric transaction"]] * 3
    assert len({span.context.trace_id for span in collected.spans}) == 3


def test_single_steps_are_spans_too(opened: Open, collected: Collected) -> None:
    contract = contract_of(opened, collected)
    contract.proposal("Add", "a", "5").endorse().submit().status()
    contract.evaluate("Show", "a")
    assert collected.tree()["nothing"] == [
        "fabric endorse",
        "fabric submit",
        "fabric commit status",
        "fabric evaluate",
    ]


def test_metrics_tell_latencies_retries_and_what_is_in_flight(
    opened: Open, memory: MemoryGateway, collected: Collected
) -> None:
    contract = contract_of(opened, collected)
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, "Socket closed", times=2)
    contract.evaluate("Show", "a")
    contract.submit("Add", "a", "5")
    memory.fail("Endorse", StatusCode.ABORTED, "failed to endorse transaction")
    with pytest.raises(EndorseError):
        contract.submit("Add", "a", "5")
    assert collected.points("fabric.client.retries") == [({"fabric.step": "evaluate"}, 2)]
    operations = {
        (where["fabric.operation"], where.get("error.type")): count
        for where, count in collected.points("fabric.client.operation.duration")
    }
    assert operations == {
        ("evaluate", None): 1,
        ("endorse", None): 1,
        ("submit", None): 1,
        ("commit status", None): 1,
        ("transaction", None): 1,
        ("endorse", "EndorseError"): 1,
        ("transaction", "EndorseError"): 1,
    }
    active = collected.points("fabric.client.operation.active")
    assert {where["fabric.operation"] for where, _ in active} == {name for name, _ in operations}
    assert {value for _, value in active} == {0}
    calls = collected.points("rpc.client.call.duration")
    assert sum(count for _, count in calls) == 7
    assert all("fabric.transaction_id" not in where for where, _ in calls)


def test_an_unknown_outcome_is_counted_once(
    opened: Open, memory: MemoryGateway, collected: Collected
) -> None:
    contract = contract_of(opened, collected, IMPATIENT)
    memory.hold()
    with pytest.raises(UnknownOutcome):
        contract.submit("Add", "a", "5")
    memory.fail("Submit", StatusCode.UNAVAILABLE, "no answer", times=1000)
    with pytest.raises(UnknownOutcome):
        contract.submit("Add", "a", "5")
    with pytest.raises(UnknownOutcome):
        contract.proposal("Add", "a", "5").endorse().submit(deadlines=IMPATIENT)
    assert collected.points("fabric.client.unknown_outcomes") == [({"fabric.channel": "channel"}, 3)]


def test_streams_are_counted_and_their_connections_are_spans(
    opened: Open, memory: MemoryGateway, collected: Collected
) -> None:
    gateway = opened(None, AMPLE, observer=collected.telemetry)
    contract = gateway.network("channel").contract("ledger")
    for value in ("1", "2", "3"):
        contract.submit("Add", "a", value)
    memory.break_streams(2)
    with gateway.network("channel").blocks(0, 3) as stream:
        assert len(list(stream)) == 4
    where = {"fabric.channel": "channel", "rpc.method": "protos.Deliver/Deliver"}
    assert collected.points("fabric.client.stream.items") == [(where, 4)]
    ((broken, count),) = collected.points("fabric.client.stream.breaks")
    assert count == 1
    assert broken == {**where, "rpc.response.status_code": "UNAVAILABLE"}
    spans = [span for span in collected.spans if span.name == "protos.Deliver/Deliver"]
    told = [
        ((span.attributes or {})["fabric.stream.items"], span.status.is_ok, span.status.description)
        for span in spans
    ]
    assert told == [(2, False, "UNAVAILABLE"), (2, True, None)]


def test_arguments_results_and_names_are_told_to_nobody(opened: Open, collected: Collected) -> None:
    contract = contract_of(opened, collected)
    contract.submit("Echo", "argument-of-someone", transient={"t": "secret-of-someone"})
    with pytest.raises(EndorseError, match="someone"):
        contract.submit("function-of-someone")
    told = repr(
        [(span.name, dict(span.attributes or {}), span.status.description) for span in collected.spans]
    )
    told += repr([span.events for span in collected.spans])
    assert "fabric transaction" in told
    assert "someone" not in told


def test_functions_are_named_if_the_program_says_so(opened: Open) -> None:
    collected = Collected(functions=True)
    contract_of(opened, collected).evaluate("Show", "a")
    assert (collected.spans[-1].attributes or {})["fabric.function"] == "Show"
    collected.close()


class Broken:
    """An observer whose context managers fail, on the way in or out."""

    def __init__(self, late: bool) -> None:
        self._late = late

    def on_step(self, event: Any) -> None:
        """See nothing."""

    def operation(self, operation: Operation) -> Broken:
        return self

    def __enter__(self) -> None:
        if not self._late:
            raise RuntimeError("no room on the way in")

    def __exit__(self, *_: object) -> bool:
        if self._late:
            raise RuntimeError("no room on the way out")
        return True


@pytest.mark.parametrize("late", [False, True])
def test_an_observer_of_operations_that_fails_breaks_nothing(
    opened: Open, caplog: pytest.LogCaptureFixture, late: bool
) -> None:
    contract = opened(None, AMPLE, observer=Broken(late)).network("channel").contract("ledger")
    assert contract.submit("Add", "a", "5") == b"5"
    with pytest.raises(EndorseError):
        contract.submit("Nothing")
    assert f"no room on the way {'out' if late else 'in'}" in caplog.text


def test_nothing_of_opentelemetry_is_loaded_without_need() -> None:
    program = (
        "import sys\nfrom fabric_gateway import connect\nfrom fabric_gateway.aio import connect\n"
        "import fabric_gateway._connection.sync\n"
        "print([name for name in sys.modules if 'opentelemetry' in name])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True, timeout=600) == "[]\n"
