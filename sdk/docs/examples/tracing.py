"""Spans and metrics through OpenTelemetry; here they are collected in memory."""

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from fabric_gateway import connect
from fabric_gateway.telemetry import Telemetry
from fabric_gateway.testing import Invocation, MemoryGateway


def echo(call: Invocation) -> bytes:
    """Stands for the chaincode."""
    return call.arguments[0]


# Your program has its own exporters, such as OTLP.
spans, metrics = InMemorySpanExporter(), InMemoryMetricReader()
traces = TracerProvider()
traces.add_span_processor(SimpleSpanProcessor(spans))
meters = MeterProvider([metrics])

with MemoryGateway({"echo": echo}) as memory:
    # --8<-- [start:telemetry]
    telemetry = Telemetry(tracer_provider=traces, meter_provider=meters)
    with connect(endpoint=memory.endpoint, identity=memory.identity, observer=telemetry) as gateway:
        gateway.network("channel").contract("echo").submit("Echo", "good day")
    # --8<-- [end:telemetry]

for span in spans.get_finished_spans():
    print(f"{span.name} {'below another' if span.parent else 'on its own'}")
data = metrics.get_metrics_data()
assert data is not None
for resource in data.resource_metrics:
    for scope in resource.scope_metrics:
        print(*sorted(metric.name for metric in scope.metrics))
meters.shutdown()
traces.shutdown()
