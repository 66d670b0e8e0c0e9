"""What `make bench` makes of its turns: rows, ratios, and a page that needs nothing else."""

from __future__ import annotations

import json
import os
import signal
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from performance.__main__ import main
from performance.jobs import JOBS, Plan, Run
from performance.load import Turn
from performance.meter import Reading, Spent, kind_of
from performance.pair import admissible, ratios
from performance.plot import bars, lines, over_time
from performance.purse import Purse
from performance.queries import compared as compared_queries
from performance.report import html
from performance.rows import compared, rows, with_medians
from performance.soaking import by_kind, growths, slope
from performance.stage import running
from performance.variant import ASSETS, PACKAGED, Variant

from kindpakket.holder.key import HolderKey
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Topology


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


def test_ratios_are_shown_with_the_lowest_and_highest_of_the_rounds() -> None:
    found = rows([turn("asset", 1, 2.0), turn("batch", 1, 1.0), turn("asset", 2, 4.0), turn("batch", 2, 1.0)])
    assert [(row.ratio_low, row.ratio, row.ratio_high) for row in found] == [(1.0, 1.0, 1.0), (2.0, 3.0, 4.0)]
    (alone,) = rows([turn("batch", 1, 1.0)])
    assert (alone.ratio, alone.ratio_low, alone.ratio_high) == (None, None, None)


def test_two_jobs_are_compared_within_a_round() -> None:
    """The second round has no hot shop, and would halve the ratio."""
    turns = [turn("hot shop", 1, 2.0), turn("many shops", 1, 1.0), turn("many shops", 2, 10.0)]
    (row,) = compared(turns, "hot shop", "many shops", {"per second": lambda one: one.per_second})
    assert (row["in_flight"], row["hot shop"], row["many shops"], row["ratio"]) == (100, 5.0, 10.0, 0.5)
    assert compared(turns, "hot shop", "payment", {"per second": lambda one: one.per_second}) == []


def test_several_rounds_of_a_step_get_a_median() -> None:
    several = [
        {"round": number, "step": step, "payments": 10, "seconds": seconds * number}
        for number in (1, 2, 9)
        for step, seconds in (("draft", 1.0), ("approve", 3.0))
    ]
    assert with_medians(several) == [
        *several,
        {"round": "median", "step": "draft", "payments": 10, "seconds": 2.0},
        {"round": "median", "step": "approve", "payments": 10, "seconds": 6.0},
    ]
    assert with_medians(several[:2]) == several[:2]


def wallets(count: int) -> list[Wallet]:
    return [Wallet(f"{number:032x}", HolderKey.generate()) for number in range(count)]


def test_a_voucher_pays_once_at_a_time_and_those_that_waited_longest_come_first() -> None:
    purse, first = Purse("a scheme"), wallets(3)
    purse.add(first)
    assert purse.take(2) == first[:2]
    assert purse.take(3) == [first[2], first[0], first[1]]
    assert purse.some(2) == first[:2]
    assert (purse.paid, purse.cents) == (5, 500)
    assert (purse.short(3), purse.short(5)) == (0, 2)
    with pytest.raises(ValueError, match=r"^3 vouchers cannot make 4 payments at a time: hand out more$"):
        purse.take(4)
    added = wallets(1)
    purse.add(added)
    assert purse.take(1) == added


def test_a_voucher_that_is_empty_pays_no_more() -> None:
    purse = Purse("a scheme")
    purse.add(wallets(1))
    for _ in range(300):  # a voucher has 300 euros
        purse.take(1)
    assert (len(purse), purse.short(1)) == (0, 1)


def test_queries_are_compared_with_the_smallest_ledger_and_with_nothing_beside_them() -> None:
    def row(ledger: int, beside: str, taken: float) -> dict[str, object]:
        return {"query": "scheme:Show", "ledger": ledger, "beside": beside, "p50_ms": taken}

    several = [row(1000, "nothing", 4.0), row(1000, "payments", 8.0), row(100_000, "payments", 24.0)]
    found = [(row["to_smallest"], row["to_alone"]) for row in compared_queries(several)]
    assert found == [(1.0, 1.0), (1.0, 2.0), (3.0, None)]


def test_memory_is_summed_up_by_least_squares() -> None:
    minutes = [
        {
            "minute": float(minute),
            "payments": 9,
            "per_second": 0.2,
            "peer0.a": 100.0 + 2 * minute,
            "peer0.b": 5.0,
        }
        for minute in range(5)
    ]
    minutes[0]["peer0.a"] = 40.0  # it was just started
    rising, flat = growths(minutes)
    assert rising == {
        "process": "peer0.a",
        "first_mb": 40.0,
        "median_mb": 104.0,
        "last_mb": 108.0,
        "mb_per_hour": 840.0,
        "later_mb_per_hour": 120.0,
    }
    assert (flat["process"], flat["mb_per_hour"]) == ("peer0.b", 0.0)
    assert by_kind(minutes)["peer"][:2] == [(0.0, 45.0), (1.0, 107.0)]
    assert slope([(0.0, 1.0), (1.0, 2.0)]) is None


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


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("1000,many", "1000,many: use numbers such as 1000,100000"),
        ("10,1000", "10,1000: use numbers from 100 to 10000000"),
    ],
)
def test_sizes_of_the_ledger_that_make_no_sense_are_refused(given: str, problem: str) -> None:
    result = CliRunner().invoke(main, ["--ledger", given])
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


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


def test_lines_over_minutes_are_as_far_apart_as_the_minutes() -> None:
    drawn = ET.fromstring(over_time("Memory", "MB", {"peer": [(0.0, 1.0), (1.0, 2.0), (4.0, 1.0)]}))
    points = drawn.findall(".//polyline")[0].attrib["points"].split()
    places = [float(point.split(",")[0]) for point in points]
    assert places[2] - places[0] == pytest.approx(4 * (places[1] - places[0]), abs=0.2)


def test_the_report_plots_a_soak_and_keeps_its_minutes_out() -> None:
    minutes = [{"minute": float(minute), "per_second": 71.25, "peer0.a": 100.0} for minute in range(3)]
    page = html([], [], {"soak": growths(minutes)}, {}, minutes)
    assert page.count("<svg") == 2
    assert "<td>peer0.a</td><td>100.0</td>" in page
    assert "<td>71.25</td>" not in page


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


def test_a_variant_may_have_another_version_of_the_chaincode(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    file = tmp_path / "older.yaml"
    file.write_text("chaincode: before", "utf-8")
    kindpakket, assets = Variant.load(file).made().channels[0].chaincodes
    assert kindpakket.source == tmp_path / "before" != assets.source
    file.write_text("chaincode: nowhere", "utf-8")
    with pytest.raises(ValueError, match=r"from .*nowhere, which is no folder$"):
        Variant.load(file)


def test_a_variant_with_other_members_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text("ordering: {batch_messages: 7}\n")
    with pytest.raises(
        ValueError, match=r"quiet.yaml has ordering: use topology, peer, orderer and chaincode$"
    ):
        Variant.load(file)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (RuntimeError("the disk is full"), "RuntimeError: the disk is full"),
    ],
)
def test_a_run_that_ends_early_leaves_what_it_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: BaseException, told: str
) -> None:
    @contextmanager
    def nowhere(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(prepared=[{"step": "shops enrolled", "number": 2, "seconds": 1.0}])

    def grown(run: Run, _: object) -> None:
        run.found.tables["queries"] = [{"query": "scheme:Show", "p50_ms": 12.5}]

    def fails(*_: object) -> None:
        kept.append(json.loads((tmp_path / "report.json").read_text("utf-8")))
        raise end

    kept: list[dict[str, Any]] = []
    for name, value in {
        "__main__.stage": nowhere,
        "jobs.Run._grown": grown,
        "jobs.rates": lambda *_: [turn("payment", 1, 2.0)],
        "jobs.Run._once": fails,
    }.items():
        monkeypatch.setattr(f"performance.{name}", value)
    result = CliRunner().invoke(main, ["--out", str(tmp_path)])
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert result.exit_code != 0
    assert report["tables"]["queries"][0]["p50_ms"] == 12.5
    assert report["rows"][0]["per_second"] == 5.0
    assert report["about"][-1] == f"not finished: {told}"
    assert report["about"][-1] in (tmp_path / "report.html").read_text("utf-8")
    assert kept[0]["about"][-1] == "not finished"


def test_a_network_stops_when_the_benchmark_is_terminated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    did: list[str] = []
    network = SimpleNamespace(up=lambda _: did.append("up"), down=lambda: did.append("down"))
    monkeypatch.setattr("performance.stage.Network", lambda *_: network)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), running(Topology.packaged("kindpakket"), tmp_path, print):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.sigtimedwait([], 10)  # the signal comes before this ends
    assert did == ["up", "down"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_more_transactions_than_a_gateway_takes_are_refused() -> None:
    admissible("batch", 2_000, 200)
    admissible("payment", 500, 50)
    with pytest.raises(click.BadParameter, match="501 in flight, 1 in each, are more than the 500"):
        admissible("payment", 501, 50)
    with pytest.raises(click.BadParameter, match="2000 in flight, 3 in each"):
        admissible("batch", 2_000, 3)
