"""What a transaction moved in what shops are owed and paid, and in budgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kindpakket.ledger.movements import MovementKind
from kindpakket.ledgerview.changes import Change, Record
from kindpakket.ledgerview.payment_movements import Moved

_STEPS: dict[str, MovementKind] = {
    "approved": "approved",
    "withdrawn": "withdrawn",
    "exported": "exported",
    "paid": "paid",
    "rejected": "rejected",
    "returned": "returned",
}
"""What becomes of a settlement's whole amount when it takes this state."""


def budgeted(changes: Iterable[Change]) -> Iterator[Moved]:
    """By how much budgets grew or shrank."""
    for change in changes:
        if change.kind == "budget" and change.after is not None:
            cents = change.after["budget_cents"] - (change.before or {}).get("budget_cents", 0)
            if cents:
                yield Moved("budgeted" if cents > 0 else "budget_cut", change.after["id"], abs(cents))


def settled(changes: Iterable[Change]) -> Iterator[Moved]:
    """What settlements, receivables and nettings moved. What is carried over moves nothing."""
    for change in changes:
        if change.kind == "settlement" and change.after is not None:
            for kind, cents in _step(change.before, change.after):
                if cents:
                    yield Moved(
                        kind,
                        change.after["scheme"],
                        cents,
                        shop=change.after["shop"],
                        settlement=change.after["id"],
                    )


def _step(before: Record | None, after: Record) -> Iterator[tuple[MovementKind, int]]:
    state, cents = after["state"], after["cents"]
    if before is None:
        match state:
            case "drafted":
                yield "drafted", cents
            case "claimed":
                yield "claimed", -cents
            case "netted":
                yield ("netted_out", cents) if cents > 0 else ("netted_in", -cents)
        return
    if before["state"] != state and state in _STEPS:
        yield _STEPS[state], cents
    elif cents < 0 and (before["state"], _collected(before)) != (state, _collected(after)):
        yield from _receivable(before, after)


def _receivable(before: Record, after: Record) -> Iterator[tuple[MovementKind, int]]:
    """What one step moved of a receivable: received, given up, or open again."""
    owed, received_before, received = -after["cents"], _collected(before), _collected(after)
    if received > received_before:
        yield "recovered", received - received_before
    if after["state"] == "written-off":
        yield "written_off", owed - received
    if after["state"] == "reopened":
        if before["state"] == "written-off":
            yield "write_off_reversed", owed - received_before
        if received < received_before:
            yield "recovery_reversed", received_before - received
        yield "claim_reopened", owed - received


def _collected(settlement: Record) -> int:
    """What was received of a receivable; of one collected before it could be in parts, all of it."""
    if settlement["state"] == "collected":
        return int(settlement.get("collected_cents") or -settlement["cents"])
    return int(settlement.get("collected_cents") or 0)
