"""Watches callers: who acted in which role, from when to when."""

from __future__ import annotations

from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.legality.facts import CallerFact, Facts, Step


def watch_caller(facts: Facts, request: CommittedRequest, step: Step) -> None:
    """Note who sent a request, in which role."""
    key = step.person, request.role
    caller = facts.callers.get(key)
    if caller is None:
        caller = facts.callers[key] = CallerFact(
            step.person, request.mspid, request.role, request.shop, step, step
        )
    caller.last = step
    caller.operations[request.operation] = caller.operations.get(request.operation, 0) + 1
    if request.operation.startswith("organisations:"):
        content = request.request
        about = str(content.get("msp") or content.get("change") or content.get("municipality") or "")
        facts.organisations.append((step, request.operation, about))
