"""A contract that the facades call: it answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grpc import StatusCode

from fabric_gateway import EndorseError, ErrorDetail


@dataclass
class Call:
    name: str
    request: dict[str, Any]
    transient: Mapping[str, str | bytes]
    organisations: tuple[str, ...]


@dataclass
class FakeLedger:
    """Answers in order; an answer that is an exception is raised."""

    answers: list[Any]
    channel: str = "zuidhorn"
    chaincode: str = "kindpakket"
    calls: list[Call] = field(default_factory=list)

    def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
    ) -> bytes:
        (argument,) = arguments
        self.calls.append(Call(name, json.loads(argument), transient or {}, tuple(endorsing_organizations)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()

    submit = evaluate


def endorse_error(message: str) -> EndorseError:
    detail = ErrorDetail("127.0.0.1:7051", "GemeenteMSP", message)
    return EndorseError("failed", status=StatusCode.ABORTED, details=(detail,), transaction_id="tx-1")
