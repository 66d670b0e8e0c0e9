"""A small chaincode that pays, captures and refunds as Kindpakket's does, alone and in batches.

It knows balances and request ids only. Proofs, caps and days are for tests with the real one, on a network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fabric_gateway.testing import ChaincodeRefusal, Invocation

BALANCE = 1_000
HELD = 400
"""What every voucher has, and what every hold keeps, in cents."""


@dataclass
class Refused(Exception):
    code: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return f"the test's chaincode says {self.code}"


@dataclass
class Overlay:
    """The state as a transaction sees it, with what its earlier items wrote."""

    get: Callable[[str], bytes | None]
    writes: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str) -> Any:
        content = self.writes[key] if key in self.writes else self.get(key)
        return None if content is None else json.loads(content)

    def write(self, key: str, value: Any) -> None:
        self.writes[key] = json.dumps(value).encode()


def carry_out(state: Overlay, operation: str, request: Mapping[str, Any]) -> tuple[str, Any]:
    """Carry out a request: its outcome and its answer. Raises `Refused`."""
    members = {name: value for name, value in request.items() if name != "proof"}
    digest = json.dumps([operation, members], sort_keys=True)
    key = f"request/{request['request_id']}"
    recorded = state.read(key)
    if recorded is not None:
        if recorded["digest"] == "void":
            raise Refused("REQUEST_VOID", {"request": request["request_id"]})
        if recorded["digest"] != digest:
            raise Refused("IDEMPOTENCY_CONFLICT", {"request": request["request_id"]})
        return "exists", recorded["answer"]
    account = f"voucher/{request['voucher']}" if operation == "payment:Pay" else f"of/{request['payment']}"
    opening = HELD if operation == "payment:Capture" else BALANCE if operation == "payment:Pay" else 0
    found = state.read(account)
    balance = opening if found is None else found
    cents = sum(line["cents"] for line in request["lines"])
    if cents > balance:
        raise Refused("INSUFFICIENT_BALANCE", {"available_cents": balance})
    state.write(account, balance - cents)
    if operation == "payment:Pay":
        state.write(f"of/{request['request_id']}", cents)
    answer = {"id": request["request_id"], "cents": cents, "left_cents": balance - cents}
    state.write(key, {"digest": digest, "answer": answer})
    return "done", answer


def batch(state: Overlay, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of the answer to a batch. Raises `Refused` if an item has no form."""
    for number, item in enumerate(items):
        if not item["request"]["lines"]:
            raise Refused("MALFORMED_REQUEST", {"item": number})
    entries = []
    for item in items:
        entry: dict[str, Any] = {"request_id": item["request"]["request_id"]}
        before = dict(state.writes)
        try:
            entry["outcome"], entry["answer"] = carry_out(state, item["operation"], item["request"])
        except Refused as refused:
            state.writes = before
            entry["outcome"] = "refused"
            entry["refusal"] = {
                "code": refused.code,
                "message": refused.sentence,
                "details": refused.details,
            }
        entries.append(entry)
    return entries


def paying(*, knows_batches: bool = True, most_bytes: int = 1 << 20) -> Callable[[Invocation], str]:
    """The chaincode, for `MemoryGateway`."""

    def chaincode(call: Invocation) -> str:
        request = json.loads(call.arguments[0])
        state = Overlay(call.get)
        try:
            answer = _answer(call, state, request)
        except Refused as refused:
            raise ChaincodeRefusal(
                f"{refused.code}: {refused.sentence} {json.dumps(refused.details)}"
            ) from refused
        for key, value in state.writes.items():
            call.put(key, value)
        return json.dumps(answer)

    def _answer(call: Invocation, state: Overlay, request: dict[str, Any]) -> Any:
        if call.name == "request:Show":
            recorded = state.read(f"request/{request['request']}")
            void = recorded is not None and recorded["digest"] == "void"
            return {"state": "unknown" if recorded is None else "void" if void else "committed"}
        if call.name == "request:Void":
            state.write(f"request/{request['void']}", {"digest": "void"})
            return {"void": request["void"]}
        if call.name != "payment:Batch":
            if not request["lines"]:
                raise Refused("MALFORMED_REQUEST")
            return carry_out(state, call.name, request)[1]
        if not knows_batches:
            raise Refused("UNKNOWN_TRANSACTION")
        if len(call.arguments[0]) > most_bytes:
            raise Refused("REQUEST_TOO_LARGE")
        return {"items": batch(state, request["items"])}

    return chaincode
