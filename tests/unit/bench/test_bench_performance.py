"""What `make bench` makes of its turns: rows, ratios, and a page that needs nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from performance.jobs import JOBS, Plan
from performance.load import Turn
from performance.meter import Reading, Spent, kind_of
from performance.pair import ratios
from performance.plot import bars, lines
from performance.report import html
from performance.rows import rows
from performance.variant import ASSETS, PACKAGED, Variant


def reading(blocks: int, cpu: float, syncs: float = 0.0) -> Reading:
    return Reading(
        {"peer0.a": cpu, "peer1.a": cpu, "client": 1.0},
        {},
        {"peer0.a": 1000},
        {"peer0.a": 5000},
        blocks,
        syncs,
        1.0,
    )


def turn(
    job: str, number: int, seconds: float, *, variant: str = "packaged", valid: int = 10, cpu: float = 0.1
) -> Turn:
    """A turn of ten transactions in two blocks; `cpu` seconds on each of two peers."""
    spent = Spent.between(reading(5, 0.0), reading(7, cpu, syncs=1.0))
    others = {} if valid == 10 else {"MVCC_READ_CONFLICT": 10 - valid}
    return Turn(variant, job, 100, number, 10, valid, seconds, 20.0, 40.0, spent, others, 0)


def test_what_was_spent_is_counted_by_kind() -> None:
    spent = Spent.between(reading(5, 1.0), reading(7, 1.5, syncs=3.0))
    assert (spent.cpu, spent.blocks, spent.syncs, spent.views) == ({"peer": 1.0, "client": 0.0}, 2, 3, 0)
    assert spent.nodes["peer1.a"] == 0.5


def test_a_node_that_was_restarted_counts_from_its_start() -> None:
    assert Spent.between(reading(5, 9.0), reading(7, 0.5)).nodes["peer0.a"] == 0.5


@pytest.mark.parametrize(
    ("node", "kind"), [("peer0.gemeente", "peer"), ("orderer.regie", "orderer"), ("client", "client")]
)
def test_a_node_is_of_a_kind(node: str, kind: str) -> None:
    assert kind_of(node) == kind


def test_rates_are_medians_and_ratios_are_of_the_same_round() -> None:
    """The machine is ten times slower in the second round, which no ratio shows."""
    found = rows(
        [
            turn("asset", 1, 1.0),
            turn("payment", 1, 2.0),
            turn("asset", 2, 10.0),
            turn("payment", 2, 20.0),
        ]
    )
    asset, payment = found
    assert (asset.job, asset.per_second, asset.ratio) == ("asset", 5.5, 1.0)
    assert (payment.per_second, payment.low, payment.high, payment.ratio) == (2.8, 0.5, 5.0, 0.5)
    assert (payment.per_block, payment.syncs, payment.requests) == (5.0, 2, 20)
    assert payment.cpu_ms == {"client": 0.0, "peer": 20.0}


def test_what_was_not_valid_is_told() -> None:
    (row,) = rows([turn("payment", 1, 1.0, valid=7), turn("payment", 2, 1.0, valid=9)])
    assert (row.requests, row.valid, row.others) == (20, 16, {"MVCC_READ_CONFLICT": 4})


def test_two_variants_are_compared_within_a_round() -> None:
    turns = [
        turn("payment", 1, 1.0, variant="a"),
        turn("payment", 1, 0.5, variant="b", cpu=0.05),
        turn("payment", 2, 10.0, variant="a"),
        turn("payment", 2, 5.0, variant="b", cpu=0.05),
        turn("payment", 3, 10.0, variant="a"),  # B did not take the third
    ]
    found = {ratio.figure: ratio for ratio in ratios(turns, "a", "b")}
    assert (found["per second"].ratio, found["per second"].low, found["per second"].high) == (2.0, 2.0, 2.0)
    assert found["peers' CPU ms"].ratio == pytest.approx(0.5)


def test_fewer_in_flight_make_fewer_transactions() -> None:
    plan = Plan(3, (1, 100, 300), 1000, 20, 500)
    assert [plan.count(flying) for flying in plan.in_flight] == [100, 1000, 1732]
    assert all(plan.wants(job) for job in JOBS)
    assert not Plan(3, (1,), 10, 1, 1, only=frozenset({"payment"})).wants("verify")


def test_the_page_needs_nothing_else_and_escapes_what_it_is_given() -> None:
    found = rows([turn("asset", 1, 1.0), turn("payment", 1, 2.0, valid=7)])
    page = html(["2 cores"], found, {"verify": [{"blocks": 3, "passed": True}]}, {"soak": "not <asked> for"})
    assert "not &lt;asked&gt; for" in page
    assert "MVCC_READ_CONFLICT" in page
    assert page.count("<svg") == 5
    assert "http" not in page
    assert "src=" not in page


def test_plots_are_well_formed_and_scaled_to_what_they_show() -> None:
    drawn = ET.fromstring(lines("Rate & more", "per second", {"payment": [(1, 5.0), (100, 10.0)]}))
    first, second = (
        float(point.split(",")[1]) for point in drawn.findall(".//polyline")[0].attrib["points"].split()
    )
    assert first > second == 30.0  # the highest value is at the top
    stacked = ET.fromstring(bars("CPU", "ms", {"payment, 1": {"peer": 3.0, "orderer": 1.0}}))
    heights = [float(bar.attrib["height"]) for bar in stacked.findall(".//rect")]
    assert heights == [pytest.approx(142.5), pytest.approx(47.5)]


def test_a_variant_is_merged_into_the_packaged_network(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text(
        "topology: {ordering: {batch_messages: 7}, tuning: {gc_percent: 100}}\norderer: {GODEBUG: x=1}\n"
    )
    variant = Variant.load(file)
    made = variant.made()
    assert (variant.name, made.ordering.batch_messages, made.ordering.type) == ("quiet", 7, "bft")
    assert made.tuning.runtime == {"GOGC": "100"}
    assert ("GODEBUG", "x=1") in made.tuning.orderer
    assert [chaincode.name for chaincode in made.channel("zuidhorn").chaincodes] == ["kindpakket", ASSETS]
    assert PACKAGED.made().ordering.batch_messages == 500


def test_a_variant_with_other_members_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text("ordering: {batch_messages: 7}\n")
    with pytest.raises(ValueError, match=r"quiet.yaml has ordering: use topology, peer and orderer$"):
        Variant.load(file)
