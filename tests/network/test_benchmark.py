"""`make bench` in its quick form: every job works, nothing is lost, and the report is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from performance.jobs import JOBS
from scale.measured import measured

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("demo", "tests", "tests/network", "tests/bench")


def test_the_quick_benchmark_does_every_job(tmp_path: Path) -> None:
    """What was paid is on the ledger and settled to the last cent, and the audit agrees."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-m", "performance", "--quick", "--soak-minutes", "0.02", "--json"]
    command += ["--out", str(tmp_path / "report")]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    report = json.loads(made.stdout)
    assert report == json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    rates = {(row["job"], row["in_flight"]): row for row in report["rows"]}
    assert {
        ("payment", 1),
        ("payment", 20),
        ("batch", 20),
        ("asset", 1),
        ("asset", 20),
        ("hot shop", 20),
        ("many shops", 20),
    } <= rates.keys()
    assert all(row["valid"] == row["requests"] > 0 for row in rates.values())
    assert all(row["cpu_ms"]["peer"] > 0 and row["cpu_ms"]["orderer"] > 0 for row in rates.values())
    done, tables = {job for job, _ in rates} | report["tables"].keys(), report["tables"]
    assert done >= set(JOBS)
    assert not report["skipped"]
    assert all(row["ratio"] > 0 for row in rates.values())
    assert tables["growth"][0]["ledger"] == 100
    assert all(row["on_ledger"] == row["ledger"] for row in tables["growth"])
    asked = {(row["query"], row["ledger"], row["beside"] == "nothing") for row in tables["queries"]}
    assert len(asked) == len(tables["queries"]) == 2 * 2 * len({query for query, _, _ in asked})
    assert all(row["things"] > 0 and row["to_smallest"] > 0 for row in tables["queries"])
    beside = [row for row in tables["queries"] if row["beside"] != "nothing"]
    assert all(row["written_per_second"] > 0 for row in beside)
    assert {row["in_flight"] for row in tables["shops"]} == {20}
    assert {(row["load"], row["in_flight"]) for row in tables["batches"]} >= {
        ("asset", 100),
        ("payment alone", 1),
        ("batches of 200", 3),
        ("batches of 200", 1),
    }
    assert all(row["valid"] == row["requests"] > 0 for row in tables["batches"])
    assert tables["verify"][0]["passed"]
    assert tables["view"][0]["flaws"] == 0
    steps = ["close the day", "draft", "approve", "payment file", "in all"]
    assert [(row["step"], row["payments"]) for row in tables["settlement"]] == [(step, 120) for step in steps]
    assert all(row["cpu_ms"] > 0 for row in tables["settlement"] + tables["issue"])
    assert {"client", "peer0.gemeente", "orderer.regie"} < {row["process"] for row in tables["soak"]}
    assert all(row["payments"] > 0 for row in report["soak"])
    assert {row["node"] for row in tables["disk"]} > {"peer0.gemeente", "orderer.regie"}
    assert all(row["disk_bytes"] > 0 for row in tables["disk"])
    assert {row["node"] for row in tables["rest"]} > {row["node"] for row in tables["disk"]}
    assert measured(tmp_path / "report" / "report.json").keys() > {"orderer", "shops_peer"}
    assert "<svg" in (tmp_path / "report" / "report.html").read_text("utf-8")


def test_a_job_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-m", "performance", "--only", "payment,speed"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert made.returncode == 2
    assert "speed: use some of payment,batch,asset" in " ".join(made.stderr.split())
