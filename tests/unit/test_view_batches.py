"""A view shows the requests of a batch one by one, and their money as if each had been sent alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_blocks import CHAINCODE, CHANNEL, Asked, peer_of
from small_town import SmallTown

from kindpakket.ledger.movements import Movement
from kindpakket.ledgerview import LedgerView, Sums, catch_up, table
from kindpakket.ledgerview.folding import Fold
from kindpakket.ledgerview.histories import history_of
from kindpakket.ledgerview.prepared import Prepared
from kindpakket.ledgerview.sums import VOUCHER
from view_equations import check_equations, check_records

STEPS = ("pay", "pay", "pay", "refund", "refund", "capture", "hold", "issue", "end_voucher")
BATCHED = ("payment:Pay", "payment:Capture", "payment:Refund")


def item_of(asked: Asked) -> dict[str, Any]:
    """A request of a batch, by what the town wrote; its records name it as their author."""
    kind = "refund" if asked.operation == "payment:Refund" else "payment"
    (made,) = (
        record
        for key, record in asked.writes.items()
        if key.startswith(f"{kind}/") and record.get("state") != "released"
    )
    if asked.operation != "payment:Capture":
        return {"operation": asked.operation, "request": {**asked.request, "request_id": made["id"]}}
    return {"operation": asked.operation, "request": {**asked.request, "payment": made["id"]}}


def batch(group: list[Asked]) -> Asked:
    """The batch that these transactions would be: each key is written once, by the last of them."""
    items = [item_of(asked) for asked in group]
    writes: dict[str, Any] = {}
    for asked, item in zip(group, items, strict=True):
        request = item["request"]["request_id"]
        for key, record in asked.writes.items():
            writes[key] = {**record, "by": {**record["by"], "request": request}}
        writes[f"request/{request}"] = {"v": 3}
    refused = {"operation": "payment:Pay", "request": {"request_id": "f" * 32}}
    answers = [
        {"request_id": item["request"]["request_id"], "outcome": "done", "answer": {}} for item in items
    ]
    answers.append(
        {"request_id": "f" * 32, "outcome": "refused", "refusal": {"code": "NOT_YOURS", "message": "no"}}
    )
    return Asked(
        "payment:Batch",
        {"items": [*items, refused]},
        writes,
        at=group[-1].at,
        answer={"items": answers},
    )


def batched(told: Iterable[Asked]) -> Iterator[Asked]:
    """The transactions, with runs of payments, captures and refunds as batches."""
    group: list[Asked] = []
    for asked in told:
        if asked.operation in BATCHED and not any(key.startswith("budget/") for key in asked.writes):
            group.append(asked)
            continue
        if group:
            yield batch(group)
            group = []
        yield asked
    if group:
        yield batch(group)


def folded(told: Iterable[Asked]) -> Fold:
    fold = Fold(CHAINCODE, {})
    for block in peer_of(list(told)).decoded():
        fold.add(Prepared.of(block, CHAINCODE))
    return fold


def moved(fold: Fold) -> list[Movement]:
    return [Movement(**row) for row in fold.added.get("movements", [])]  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(5, 60))
def test_batches_move_what_their_requests_move_alone(seed: int, steps: int) -> None:
    town = SmallTown(Random(seed))
    told = [*town.begin(), town.step("issue"), town.step("issue")]
    told += [town.step(town.random.choice(STEPS)) for _ in range(steps)]
    made = [asked for asked in told if asked is not None]
    together = folded(batched(made))
    assert together.added.get("flaws", []) == []
    movements, alone = moved(together), moved(folded(made))
    what = ("kind", "scheme", "cents", "voucher", "shop", "payment", "settlement", "category")
    assert Counter(tuple(getattr(each, name) for name in what) for each in movements) == Counter(
        tuple(getattr(each, name) for name in what) for each in alone
    )
    sums = Sums()
    available: Counter[str] = Counter()
    for movement in movements:
        sums.add(movement)
        for term, sign in VOUCHER.get(movement.kind, ()):
            if term == "available":
                available[movement.voucher] += sign * movement.cents
        assert available[movement.voucher] >= 0, movement
    check_equations(sums)
    check_records(sums, town.state)


def test_each_request_has_its_row_and_each_version_its_request(tmp_path: Path) -> None:
    town = SmallTown(Random(7), schemes=1, shops=1)
    told = [*town.begin(), town.step("issue"), town.step("issue")]
    told += [town.step(name) for name in ("pay", "pay", "hold", "capture", "refund", "pay")]
    made = [asked for asked in told if asked is not None]
    with LedgerView(tmp_path / "view.db", channel=CHANNEL, chaincode=CHAINCODE) as view:
        catch_up(view, peer_of(batched(made)))
        with view.reading() as snapshot:
            layout = table("requests")
            names = [column.name for column in layout.columns]
            rows = [dict(zip(names, row, strict=True)) for row in snapshot.rows(layout)]
            payments = [row for row in rows if row["operation"] in BATCHED]
            assert [(row["item"], row["operation"]) for row in payments] == [
                (number, item["operation"])
                for asked in batched(made)
                if asked.operation == "payment:Batch"
                for number, item in enumerate(asked.request["items"][:-1])
            ]
            assert len({row["item"] for row in payments}) > 1
            assert all(row["voucher"] for row in payments if row["operation"] == "payment:Pay")
            assert all(row["writes"] for row in payments)
            for row in payments:
                if row["operation"] == "payment:Pay":
                    first, *_ = history_of(snapshot, "payments", str(row["request"]))
                    assert first.operation in ("payment:Pay", "payment:Refund")
