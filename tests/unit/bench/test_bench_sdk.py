"""The comparison of SDKs: whose turn it is, what is made of the turns, and how it is shown."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from sdk.figures import Turn, faults, rows
from sdk.job import Answer, Job, Transaction
from sdk.ledger import Found
from sdk.plan import Leg, legs
from sdk.process import Measured, measure
from sdk.table import markdown

LEDGER = Counter({"a": 1, "b": 1, "c": 2, "d": 1, "e": 1})


def turn(client: str, number: int, seconds: float, cpu: float, *transactions: Transaction) -> Turn:
    """A turn of a client that took so many seconds of wall and CPU time, on `LEDGER`."""
    answer = Answer("an SDK 1.0", "a language 2", seconds, cpu, [], list(transactions))
    leg = Leg("bft", number, 10, client, len(transactions))
    return Turn(leg, Measured(answer, cpu + 1, 50_000_000), Found.among(LEDGER, transactions))


def valid(*keys: str) -> list[Transaction]:
    """Transactions that a client calls valid, the first one after 10 ms, the next after 20, …"""
    return [Transaction(key, "", 10 * (place + 1), "valid") for place, key in enumerate(keys)]


def test_the_ledger_says_what_became_of_requests() -> None:
    """What a client says is held against the blocks."""
    said = [
        *valid("a", "c", "x"),
        Transaction("b", outcome="unknown"),
        Transaction("d", outcome="failed"),
        Transaction("y", outcome="failed"),
    ]
    assert Found.among(LEDGER, said) == Found(once=3, missing=2, doubled=1, lost=1, disowned=1, late=1)


def test_ratios_are_of_the_same_round() -> None:
    """Ours is twice as fast as Go in one round and as fast in a slow one: rounds are not mixed."""
    figures = rows(
        [
            turn("python", 1, 1.0, 0.004, *valid("a", "b")),
            turn("go", 1, 2.0, 0.002, *valid("a", "b")),
            turn("go", 2, 10.0, 0.002, *valid("a", "b")),
            turn("python", 2, 10.0, 0.006, *valid("a", "b")),
        ]
    )
    assert [row.client for row in figures] == ["go", "python"]
    ours = figures[1]
    assert (ours.ratio, ours.ratio_low, ours.ratio_high) == (1.5, 1.0, 2.0)
    assert (ours.per_second, ours.requests) == (1.1, 4)
    assert (ours.cpu_seconds, ours.cpu_ratio, ours.start_cpu_seconds) == (2.5, 2.5, 1.0)
    assert (ours.p50, ours.p95, ours.peak_mb) == (15.0, 20.0, 50.0)


def test_our_own_faults_are_named() -> None:
    """A failed, lost or doubled request of ours is a fault; those of the official SDKs are only told."""
    failed = Transaction("y", "", 5, "unknown", f"transaction {'ab' * 32} is unknown")
    again = Transaction("y", "", 5, "unknown", f"transaction {'cd' * 32} is unknown")
    figures = rows([turn("go", 1, 1, 1, failed, again), turn("python", 1, 1, 1, *valid("a"), failed, again)])
    (fault,) = faults(figures)
    assert fault.startswith("python on BFT, 10 in flight: {'valid': 1, 'unknown': 2}")
    assert "'transaction … is unknown': 2" in fault
    assert faults(rows([turn("python", 1, 1, 1, *valid("c"))]))
    assert not faults(rows([turn("python", 1, 1, 1, *valid("a", "b"))]))


def test_the_table() -> None:
    """A row for each client, dashes where there is nothing to compare with, and what went otherwise below."""
    text = markdown(rows([turn("node", 1, 2, 0.01, *valid("a", "b", "x"))]), ["one machine"])
    assert "- one machine\n" in text
    assert "## BFT, 10 in flight\n" in text
    assert "| node | 1.5 | – | 20 | 29 | 3.33 | – | 50 | 3 | 3 | 0 | 0 | 0 | 2/3 | 1 | 0 |" in text
    assert "- node on BFT, 10 in flight: not on the ledger are 1 that it called valid" in text


def test_clients_take_turns() -> None:
    """Each client comes first once, and no key is given out twice."""
    plan = list(legs("raft", 3, [1, 100], ["go", "python"], 400))
    assert [leg.client for leg in plan[::2]] == ["go", "python"] * 3
    assert [leg.transactions for leg in plan[:4]] == [40, 40, 400, 400]
    keys = [key for leg in plan for key in (*leg.warm_up, *leg.keys)]
    assert len(keys) == len(set(keys)) == 3 * 2 * (40 + 20 + 400 + 100)


def test_an_answer_must_make_sense() -> None:
    """What is no answer, or has another outcome, is refused."""
    line = Answer("a", "b", 1.0, 0.5, [], valid("a")).as_line()
    assert Answer.from_line(line).transactions == valid("a")
    with pytest.raises(ValueError, match="not strange"):
        Answer.from_line(line.replace('"valid"', '"strange"'))
    with pytest.raises(ValueError, match="not an answer"):
        Answer.from_line(json.dumps({"sdk": "a"}))


JOB = Job(["host:1"], [""], "AMSP", "", "", "channel", "chaincode", "Create", "x", [], ["a"], 1)


def program(folder: Path, text: str) -> list[str]:
    """A client of a few lines."""
    file = folder / "client.py"
    file.write_text("import json, sys\njob = json.loads(sys.stdin.readline())\n" + text)
    return [sys.executable, str(file)]


def test_a_client_is_measured_from_outside(tmp_path: Path) -> None:
    """Its memory is read while it waits for the end of its input, and its CPU time when it has ended."""
    answer = Answer("a", "b", 1.0, 0.5, [], valid("a")).as_line()
    measured = measure(
        program(
            tmp_path, f"waste = b'x' * 50_000_000\nprint({answer.strip()!r}, flush=True)\nsys.stdin.read()"
        ),
        JOB,
        deadline=60,
    )
    assert measured.answer.transactions == valid("a")
    assert 50e6 < measured.peak_bytes < 200e6
    assert 0 < measured.process_cpu_seconds < 60


def test_a_client_that_fails_says_why(tmp_path: Path) -> None:
    """Its last words are in the error."""
    with pytest.raises(RuntimeError, match="no such channel"):
        measure(program(tmp_path, "sys.exit('no such channel')"), JOB, deadline=60)


def test_a_client_that_hangs_is_ended(tmp_path: Path) -> None:
    """It is killed at its deadline."""
    with pytest.raises(RuntimeError, match="ended with -9"):
        measure(program(tmp_path, "sys.stdin.read()"), JOB, deadline=0.2)
