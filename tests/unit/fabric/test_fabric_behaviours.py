"""The table of behaviours names the tests that there are, and all of the official suite's scenarios."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
TABLE = REPOSITORY / "sdk/docs/behaviours.md"
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


# Fixtures through which a test runs once sync and once asyncio.
BOTH_STYLES = {"clients", "gateway", "ledger", "open_to_any", "second", "strict"}
ONE_STYLE = ("discovery", "failover", "hardware_key", "validity")


def scenario_tests() -> dict[str, set[str]]:
    """The scenario tests as the table names them, and the fixtures of each."""
    found = {}
    for path in (REPOSITORY / "tests" / "scenario").glob(f"{PREFIX}*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                fixtures = {argument.arg for argument in node.args.args}
                found[f"`{path.stem.removeprefix(PREFIX)}::{node.name}`"] = fixtures
    return found


def test_every_row_names_a_test_and_every_scenario_test_has_one_row() -> None:
    named = Counter(test for _, _, test in rows())
    assert set(named) == set(scenario_tests())
    assert set(named.values()) == {1}


def test_every_scenario_of_the_official_suite_has_a_row() -> None:
    covered = set()
    for _, official, _ in rows():
        feature, _, numbers = official.partition(" ")
        covered |= {(feature, int(number)) for number in re.findall(r"\d+", numbers)}
    wanted = {(feature, number) for feature, count in OFFICIAL.items() for number in range(1, count + 1)}
    assert covered == wanted


def test_the_tests_run_in_both_styles_as_the_page_says() -> None:
    page = TABLE.read_text("utf-8")
    *first, last = (f"`{name}`" for name in ONE_STYLE)
    assert f"files {', '.join(first)} and {last}" in page
    single = {name for name, fixtures in scenario_tests().items() if not fixtures & BOTH_STYLES}
    assert {name.strip("`").partition("::")[0] for name in single} == set(ONE_STYLE)
