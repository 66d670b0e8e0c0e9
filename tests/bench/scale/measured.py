"""The costs that the model computes with, from a report of `make bench`."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_ROLES = {
    "municipality_peer": "peer0.gemeente",
    "shops_peer": "peer0.winkels",
    "auditor_peer": "peer0.auditor",
}
_NEEDED = "disk", "rest"


def measured(report: Path) -> dict[str, Any]:
    """Costs of a payment, of a block and of a channel at rest, for each kind of node.

    What a payment costs is c + b/n milliseconds of CPU with n payments in a block: c and b follow from the
    turns with the fewest and the most payments in flight, less what the node takes at rest in that time. An
    endorsing peer's cost includes its chaincode process; that of a consenter is the mean of all.

    Raises:
        ValueError: the report lacks payments at two numbers in flight, or the jobs `disk` or `rest`.
    """
    data = json.loads(report.read_text("utf-8"))
    turns = [turn for turn in data["turns"] if turn["job"] == "payment"]
    flying = sorted({turn["in_flight"] for turn in turns})
    lacking = [job for job in _NEEDED if not data["tables"].get(job)]
    if len(flying) < 2 or lacking:
        raise ValueError(
            f"{report} needs payments at two numbers in flight, and the jobs disk and rest: run make bench "
            'BENCH="--only payment,disk,rest --in-flight 1,100"'
        )
    few, many = (
        [turn for turn in turns if turn["in_flight"] == number] for number in (flying[0], flying[-1])
    )
    rest = {row["node"]: row["cores"] for row in data["tables"]["rest"]}
    disk = {row["node"]: row for row in data["tables"]["disk"]}
    found: dict[str, Any] = {
        "channel_per_second": round(_median(many, lambda turn: turn["valid"] / turn["seconds"]), 1)
    }
    for role, node in _ROLES.items():
        beside = [name for name in rest if name.startswith(f"chaincode.{node}.kindpakket")]
        found[role] = _costs([node, *beside], few, many, rest, disk)
    orderers = sorted(name for name in disk if name.startswith("orderer."))
    costs = [_costs([name], few, many, rest, disk) for name in orderers]
    found["orderer"] = {name: round(statistics.mean(cost[name] for cost in costs), 4) for name in costs[0]}
    return found


def _costs(
    nodes: Sequence[str],
    few: Sequence[Mapping[str, Any]],
    many: Sequence[Mapping[str, Any]],
    rest: Mapping[str, float],
    disk: Mapping[str, Mapping[str, Any]],
) -> dict[str, float]:
    def spent(turns: Sequence[Mapping[str, Any]]) -> float:
        def each(turn: Mapping[str, Any]) -> float:
            busy = sum(
                turn["spent"]["nodes"].get(node, 0.0) - rest.get(node, 0.0) * turn["seconds"]
                for node in nodes
            )
            return float(1000 * busy / turn["valid"])

        return _median(turns, each)

    def blocks(turns: Sequence[Mapping[str, Any]]) -> float:
        return _median(turns, lambda turn: turn["spent"]["blocks"] / turn["valid"])

    block = (spent(few) - spent(many)) / (blocks(few) - blocks(many))
    return {
        "payment_cpu_ms": round(spent(many) - block * blocks(many), 3),
        "block_cpu_ms": round(block, 3),
        "rest_cores_per_channel": round(sum(rest.get(node, 0.0) for node in nodes), 4),
        "disk_bytes": sum(disk[node]["disk_bytes"] for node in nodes if node in disk),
        "sent_bytes": max(disk[nodes[0]]["passed_bytes"] - disk[nodes[0]]["disk_bytes"], 0),
    }


def _median(turns: Iterable[Mapping[str, Any]], figure: Callable[[Mapping[str, Any]], float]) -> float:
    return statistics.median(figure(turn) for turn in turns)
