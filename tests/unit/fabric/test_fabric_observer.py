"""Log and observer tell of every call, and nothing of what was sent."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fabric_helpers import AMPLE, Open
from grpc import StatusCode

from fabric_gateway import StepEvent
from fabric_gateway.testing import MemoryGateway


class Recorder:
    def __init__(self) -> None:
        self.events: list[StepEvent] = []

    def on_step(self, event: StepEvent) -> None:
        self.events.append(event)


class Broken:
    def on_step(self, event: StepEvent) -> None:
        raise RuntimeError(f"no room for {event.step}")


def test_an_observer_is_told_of_each_call(opened: Open, memory: MemoryGateway) -> None:
    recorder = Recorder()
    contract = opened(None, AMPLE, observer=recorder).network("channel").contract("ledger")
    memory.fail("Endorse", StatusCode.UNAVAILABLE, "Socket closed")
    transaction = contract.proposal("Add", "a", "5").endorse()
    transaction.submit().status()
    contract.evaluate("Show", "a")
    told = [(event.step, event.attempt, event.status, event.successful) for event in recorder.events]
    assert told == [
        ("endorse", 1, "UNAVAILABLE", False),
        ("endorse", 2, "OK", True),
        ("submit", 1, "OK", True),
        ("commit status", 1, "OK", True),
        ("evaluate", 1, "OK", True),
    ]
    assert {event.peer for event in recorder.events} == {memory.endpoint.removeprefix("grpc://")}
    assert {event.transaction_id for event in recorder.events[:4]} == {transaction.transaction_id}
    assert all(0 < event.seconds < 2 and event.waited == 0 for event in recorder.events)


def test_an_observer_that_fails_breaks_nothing(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    contract = opened(None, AMPLE, observer=Broken()).network("channel").contract("ledger")
    assert contract.submit("Add", "a", "5") == b"5"
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.name for record in failures] == ["fabric_gateway"] * 3
    assert "no room for endorse" in caplog.text


def test_the_log_names_steps_and_no_content(
    contract: Any, memory: MemoryGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "fabric_gateway")
    contract.submit("Echo", "argument-of-someone", transient={"t": "secret-of-someone"})
    with pytest.raises(Exception, match="NO_SUCH_FUNCTION"):
        contract.evaluate("name-of-someone")
    told = [record.getMessage().split(" of ")[0] for record in caplog.records]
    assert told == ["endorse", "submit", "commit status", "evaluate"]
    assert "someone" not in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.DEBUG] * 3 + [logging.INFO]


def test_records_carry_their_parts_for_structured_logs(
    contract: Any, memory: MemoryGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "fabric_gateway")
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, "Socket closed")
    contract.evaluate("Show", "a")
    parts = [
        {name: value for name, value in vars(record).items() if name.startswith("fabric_")}
        for record in caplog.records
        if record.name == "fabric_gateway"
    ]
    peer = memory.endpoint.removeprefix("grpc://")
    assert [(part["fabric_step"], part["fabric_attempt"], part["fabric_status"]) for part in parts] == [
        ("evaluate", 1, "UNAVAILABLE"),
        ("evaluate", 2, "OK"),
    ]
    assert all(part["fabric_peer"] == peer and part["fabric_seconds"] >= 0 for part in parts)
    assert len({part["fabric_transaction_id"] for part in parts}) == 1
