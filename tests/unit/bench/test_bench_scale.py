"""The model of scale: the page's numbers are its output, and it answers as it must in simple cases."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from scale.__main__ import PAGE, placed
from scale.measured import measured
from scale.model import blocks_per_second, inputs, needs, page

GIVEN: dict[str, Any] = {
    "assumed": {
        "municipalities": 11,
        "children": 1_000,
        "payments_per_child": 10,
        "peak_per_second": 100,
        "largest_share": 0.5,
        "utilisation": 0.5,
        "cores_per_machine": 4,
        "years": 2,
        "seconds_for_a_block": 0.1,
    },
    "measured": {
        "channel_per_second": 60,
        **{
            name: {
                "payment_cpu_ms": 10,
                "block_cpu_ms": 6,
                "rest_cores_per_channel": 0.01,
                "disk_bytes": 1e6,
                "sent_bytes": 1e4,
            }
            for name in ("municipality_peer", "orderer", "shops_peer", "auditor_peer")
        },
    },
}


def test_the_numbers_of_the_page_are_the_models() -> None:
    """`PYTHONPATH=tests/bench python -m scale --write` writes them anew."""
    text = PAGE.read_text("utf-8")
    assert placed(text, page(inputs())) == text


def test_what_each_organisation_needs_follows_from_what_it_sees() -> None:
    found = {need.role: need for need in needs(GIVEN)}
    average, largest = found["peer of an average municipality"], found["peer of the largest municipality"]
    assert average.organisations == 10
    assert (average.peak, largest.peak) == pytest.approx((5.0, 50.0))
    assert largest.cores == pytest.approx((50 * 0.010 + 50 / 6 * 0.006 + 0.01) / 0.5)
    shops = found["peers of the shops"]
    assert shops.peak == pytest.approx(100.0)
    assert shops.cores == pytest.approx((100 * 0.010 + (50 / 6 + 50 / 1.5) * 0.006 + 11 * 0.01) / 0.5)
    assert shops.disk_gb == pytest.approx(10_000 * 2 * 1e6 / 1e9)
    assert shops.megabits == pytest.approx(8.0)


def test_a_quiet_channel_has_a_block_for_each_payment_and_a_busy_one_shares_them() -> None:
    assert blocks_per_second(0.01, 0.1) == pytest.approx(0.01, rel=0.01)
    assert blocks_per_second(990, 0.1) == pytest.approx(9.9)


def test_machines_are_whole_and_the_work_is_spread() -> None:
    more = copy.deepcopy(GIVEN)
    more["assumed"]["peak_per_second"] = 400
    assert {need.role: need.machines for need in needs(more)}["peers of the shops"] == 3


def test_all_payments_are_somebodys() -> None:
    several = [need for need in needs(GIVEN) if need.role.startswith("peer of")]
    assert sum(need.peak * need.organisations for need in several) == pytest.approx(100)


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page lacks"):
        placed("nothing", "figures")


def turn(in_flight: int, per_block: int) -> dict[str, Any]:
    """A hundred payments in ten seconds: 2 ms of CPU for each, 5 ms for a block, 0.01 cores at rest."""
    spent = 100 * 0.002 + 100 / per_block * 0.005 + 10 * 0.01
    names = ("peer0.gemeente", "peer0.winkels", "peer0.auditor", "orderer.a", "orderer.b")
    nodes = dict.fromkeys(names, spent)
    nodes["chaincode.peer0.winkels.kindpakket"] = 100 * 0.001
    return {
        "job": "payment",
        "in_flight": in_flight,
        "valid": 100,
        "seconds": 10.0,
        "spent": {"nodes": nodes, "blocks": 100 // per_block},
    }


def test_costs_of_payments_and_blocks_follow_from_a_report(tmp_path: Path) -> None:
    turns = [turn(1, 1), turn(10, 4), turn(100, 20)]
    nodes = turns[0]["spent"]["nodes"]
    disk = [
        {"node": name, "disk_bytes": 1_000, "passed_bytes": 2_500}
        for name in nodes
        if not name.startswith("chaincode")
    ]
    rest = [{"node": name, "cores": 0.0 if name.startswith("chaincode") else 0.01} for name in nodes]
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"turns": turns, "tables": {"disk": disk, "rest": rest}}), "utf-8")
    found = measured(report)
    cost = {
        "payment_cpu_ms": 2.0,
        "block_cpu_ms": 5.0,
        "rest_cores_per_channel": 0.01,
        "disk_bytes": 1_000,
        "sent_bytes": 1_500,
    }
    assert found["municipality_peer"] == found["auditor_peer"] == found["orderer"] == cost
    assert found["shops_peer"] == {**cost, "payment_cpu_ms": 3.0}
    assert found["channel_per_second"] == 10.0


@pytest.mark.parametrize("lacking", ["disk", "rest", "turns"])
def test_a_report_that_does_not_suffice_says_what_to_run(tmp_path: Path, lacking: str) -> None:
    data: dict[str, Any] = {"turns": [turn(1, 1), turn(100, 20)], "tables": {"disk": [{}], "rest": [{}]}}
    data["turns"] = data["turns"][:1] if lacking == "turns" else data["turns"]
    data["tables"].pop(lacking, None)
    report = tmp_path / "report.json"
    report.write_text(json.dumps(data), "utf-8")
    with pytest.raises(ValueError, match="make bench"):
        measured(report)
