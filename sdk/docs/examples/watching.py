"""Seeing what a gateway does: an observer for metrics, and the log."""

import logging
import sys
from collections import Counter

from grpc import StatusCode

from fabric_gateway import StepEvent, connect
from fabric_gateway.testing import Invocation, MemoryGateway


def echo(call: Invocation) -> bytes:
    """Stands for the chaincode."""
    return call.arguments[0]


# --8<-- [start:observer]
class Metrics:
    """Counts calls by step and status, and could as well feed Prometheus or OpenTelemetry."""

    def __init__(self) -> None:
        self.calls = Counter[str]()
        self.seconds = 0.0

    def on_step(self, event: StepEvent) -> None:
        self.calls[f"{event.step}, attempt {event.attempt}: {event.status}"] += 1
        self.seconds += event.seconds


# --8<-- [end:observer]

metrics = Metrics()
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s")
logging.getLogger("fabric_gateway").setLevel(logging.WARNING)

with MemoryGateway({"echo": echo}) as memory:
    memory.fail("Endorse", StatusCode.UNAVAILABLE, "starting up")
    with connect(endpoint=memory.endpoint, identity=memory.identity, observer=metrics) as gateway:
        gateway.network("channel").contract("echo").submit("Echo", "good day")

for line, count in metrics.calls.items():
    print(f"{line} ({count})")
