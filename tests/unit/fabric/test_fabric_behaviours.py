"""The table of behaviours names the tests that there are, and all of the official suite's scenarios."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
TABLE = REPOSITORY / "docs" / "sdk" / "behaviours.md"
PREFIX = "test_scenario_"

# The scenarios in hyperledger/fabric-gateway, scenario/features, by feature file.
OFFICIAL = {
    "blockevents": 5,
    "chaincodeevents": 5,
    "discovery": 2,
    "endorsement": 6,
    "endorsement_hsm": 6,
    "errors": 9,
    "offlinesign": 4,
    "privatedata": 8,
    "sbe": 5,
    "transactions": 6,
}


def rows() -> list[tuple[str, str, str]]:
    """The rows of all tables: behaviour, scenarios of the official suite, test."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| Behaviour")
    ]
    assert all(len(row) == 3 for row in cells)
    return [(behaviour, official, test) for behaviour, official, test in cells]


def scenario_tests() -> set[str]:
    """The scenario tests as the table names them."""
    found = set()
    for path in (REPOSITORY / "tests" / "scenario").glob(f"{PREFIX}*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"`{path.stem.removeprefix(PREFIX)}::{node.name}`")
    return found


def test_every_row_names_a_test_and_every_scenario_test_has_one_row() -> None:
    named = Counter(test for _, _, test in rows())
    assert set(named) == scenario_tests()
    assert set(named.values()) == {1}


def test_every_scenario_of_the_official_suite_has_a_row() -> None:
    covered = set()
    for _, official, _ in rows():
        feature, _, numbers = official.partition(" ")
        covered |= {(feature, int(number)) for number in re.findall(r"\d+", numbers)}
    wanted = {(feature, number) for feature, count in OFFICIAL.items() for number in range(1, count + 1)}
    assert covered == wanted
