"""A chaincode in memory that keeps allocations, cases and vouchers as strictly as the real one does.

What it writes takes effect when the transaction commits, and only if nothing that it read has changed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from story import rules

from fabric_gateway.testing import ChaincodeRefusal, Invocation
from kindpakket.ledger.lists import cost, part_digest
from kindpakket.ledger.merkle import depth, root_of

CLERK, MANAGER = "p-clerk", "p-manager"
Request = dict[str, Any]


class IssuingLedger:
    """The chaincode; `calls` are the names of all transactions and queries that it was asked for."""

    def __init__(self, budget_cents: int = 10**12) -> None:
        self.calls: list[str] = []
        self.rules = rules()
        self.budget_cents = budget_cents
        self._transactions: dict[str, Callable[[Invocation, Request], Any]] = {
            "allocation:Propose": self._propose,
            "allocation:Approve": lambda call, request: self._decide(call, request, "approved"),
            "allocation:Reject": lambda call, request: self._decide(call, request, "rejected"),
            "allocation:Withdraw": self._withdraw,
            "voucher:Issue": self._issue,
            "voucher:RecordCases": self._record_cases,
            "request:Void": self._void,
        }

    def __call__(self, call: Invocation) -> str:
        self.calls.append(call.name)
        request = json.loads(call.arguments[0])
        if call.name in self._transactions:
            return self._once(call, request)
        answers: dict[str, Callable[[Invocation, Request], Any]] = {
            "allocation:Show": lambda call, request: _allocation(call, request["allocation"]),
            "request:Show": _show_request,
            "scheme:Show": lambda *_: {"rules": self.rules},
            "scheme:List": lambda *_: {"items": [], "next": ""},
            "organisations:Show": lambda *_: {"municipality": "GemeenteMSP", "shops": [], "auditors": []},
            "voucher:Show": lambda call, request: _get(call, f"voucher/{request['voucher']}"),
            "voucher:List": lambda call, _: {"items": vouchers_in(call), "next": ""},
        }
        return json.dumps(answers[call.name](call, request))

    def _once(self, call: Invocation, request: Request) -> str:
        key = f"request/{request['request_id']}"
        content = hashlib.sha256(b"".join([call.name.encode(), *call.arguments])).hexdigest()
        before = _get(call, key)
        if before is not None:
            if before["operation"] == "request:Void":
                _refuse("REQUEST_VOID")
            if before["content"] != content:
                _refuse("IDEMPOTENCY_CONFLICT")
            return json.dumps(before["answer"])
        answer = self._transactions[call.name](call, request)
        _put(call, key, {"operation": call.name, "content": content, "answer": answer})
        return json.dumps(answer)

    def _propose(self, call: Invocation, request: Request) -> Any:
        if request["expires_at"] <= time.time():
            _refuse("INVALID_NUMBER")
        if request["cents"] > self.budget_cents:
            _refuse("BUDGET_EXCEEDED")
        made = {
            **{name: member for name, member in request.items() if name != "request_id"},
            "id": request["request_id"],
            "state": "proposed",
            "proposed_by": CLERK,
            "proposed_at": int(time.time()),
            "used_vouchers": 0,
            "used_cents": 0,
        }
        _put(call, f"allocation/{made['id']}", made)
        return made

    def _decide(self, call: Invocation, request: Request, state: str) -> Any:
        allocation = _allocation(call, request["allocation"], "proposed")
        allocation |= {"state": state, "decided_by": MANAGER}
        if state == "rejected":
            allocation["reject_reason"] = request["reason"]
        _put(call, f"allocation/{allocation['id']}", allocation)
        return allocation

    def _withdraw(self, call: Invocation, request: Request) -> Any:
        allocation = _allocation(call, request["allocation"], "approved")
        members = {"state": "withdrawn", "withdrawn_by": MANAGER, "withdraw_reason": request["reason"]}
        allocation |= members
        _put(call, f"allocation/{allocation['id']}", allocation)
        return allocation

    def _record_cases(self, call: Invocation, request: Request) -> Any:
        cases = json.loads(call.transient["cases"])
        assert len(cases) <= 500
        for case in cases:
            key, digest = f"case/{case['voucher']}", hashlib.sha256(json.dumps(case).encode()).hexdigest()
            if _get(call, key) not in (None, digest):
                _refuse("IDEMPOTENCY_CONFLICT")
            _put(call, key, digest)
        return {"recorded": len(cases)}

    def _issue(self, call: Invocation, request: Request) -> Any:
        allocation = _allocation(call, request["allocation"], "approved")
        lines, path = request["vouchers"], [bytes.fromhex(node) for node in request["path"]]
        assert 0 < len(lines) <= 500
        if allocation["expires_at"] <= time.time():
            _refuse("ALLOCATION_EXPIRED")
        root = root_of(request["part"], part_digest(lines), path).hex()
        if (len(path), root) != (depth(allocation["parts"]), allocation["list_sha256"]):
            _refuse("ALLOCATION_MISMATCH")
        for line in lines:
            if _get(call, f"entitlement/{line['entitlement']}") is not None:
                _refuse("ALREADY_ISSUED")
            if _get(call, f"voucher/{line['id']}") is not None:
                _refuse("VOUCHER_EXISTS")
            if _get(call, f"case/{line['id']}") is None:
                _refuse("CASE_RECORD_MISSING")
        sums = [
            {"id": line["id"], "cents": cost(line["preset"], line["units"], self.rules)} for line in lines
        ]
        cents = sum(each["cents"] for each in sums)
        allocation["used_vouchers"] += len(lines)
        allocation["used_cents"] += cents
        if (
            allocation["used_vouchers"] > allocation["vouchers"]
            or allocation["used_cents"] > allocation["cents"]
        ):
            _refuse("ALLOCATION_EXCEEDED")
        if allocation["used_vouchers"] == allocation["vouchers"]:
            allocation["state"] = "used"
        _put(call, f"allocation/{allocation['id']}", allocation)
        for line, each in zip(lines, sums, strict=True):
            _put(call, f"entitlement/{line['entitlement']}", line["id"])
            voucher = {
                "id": line["id"],
                "state": "issued",
                "issued_cents": each["cents"],
                "topped_up_cents": 0,
            }
            _put(call, f"voucher/{line['id']}", voucher)
        return {"scheme": request["scheme"], "vouchers": sums, "issued_cents": cents}

    def _void(self, call: Invocation, request: Request) -> Any:
        key = f"request/{request['void']}"
        before = _get(call, key)
        if before is not None and before["operation"] != "request:Void":
            _refuse("REQUEST_COMMITTED")
        _put(call, key, {"operation": "request:Void", "content": "", "answer": {}})
        return {"void": request["void"]}


def vouchers_in(call: Invocation) -> list[Any]:
    """All vouchers on the ledger."""
    state = call._simulation.state
    return [json.loads(value) for key, (value, _) in state.items() if key.startswith("voucher/")]


def _show_request(call: Invocation, request: Request) -> Any:
    found = _get(call, f"request/{request['request']}")
    operation = "" if found is None else found["operation"]
    state = "unknown" if found is None else "void" if operation == "request:Void" else "committed"
    return {"request": request["request"], "state": state, "operation": operation}


def _allocation(call: Invocation, identifier: str, state: str = "") -> Any:
    found = _get(call, f"allocation/{identifier}")
    if found is None:
        _refuse("ALLOCATION_NOT_FOUND")
    if state and found["state"] != state:
        _refuse("ALLOCATION_STATE")
    return found


def _get(call: Invocation, key: str) -> Any:
    value = call.get(key)
    return None if value is None else json.loads(value)


def _put(call: Invocation, key: str, value: Any) -> None:
    call.put(key, json.dumps(value))


def _refuse(code: str) -> None:
    raise ChaincodeRefusal(f"{code}: refused {{}}")
