"""Groups of tests that one worker runs one after the other, and the order in which they begin.

Tests of one group share a network, or the module's fixtures. The longest groups come first: what begins last
decides when all is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Folders whose tests share what one session fixture of theirs starts.
_FOLDERS = {"abuse": "town", "scenario": "scenario", "hfc": "hfc"}
SHARING = frozenset(_FOLDERS.values())
# What groups take on two idle cores, in seconds, as `--durations=0` adds up; the others take less.
SECONDS = {
    "town": 300,
    "test_operations_runbook": 294,
    "test_operations_certificates": 199,
    "test_operations_backup": 163,
    "scenario": 140,
    "test_operations_healing": 122,
    "test_operations_channel": 89,
    "test_operations_certificates_raft": 81,
    "test_operations_killed_growth": 64,
    "hfc": 63,
    "test_operations_killed_up": 62,
    "test_two_municipalities": 60,
    "test_operations_tuning": 45,
    "test_operations_joining": 40,
    "test_operations_systemd": 30,
    "test_operations_offline": 15,
}


def form(items: Sequence[pytest.Item]) -> None:
    """Mark each test with its group."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    for file, tests in files.items():
        name = _name(file, tests)
        for item in tests:
            item.add_marker(pytest.mark.xdist_group(name))


def arrange(items: list[pytest.Item]) -> None:
    """Bring the groups into the order in which they begin; within a group the order stays."""
    met = {name: number for number, name in enumerate(dict.fromkeys(map(of, items)))}
    items.sort(key=lambda item: (-SECONDS.get(of(item), 0), met[of(item)]))


def of(item: pytest.Item) -> str:
    """The group of a test."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


def _name(file: Path, tests: Sequence[pytest.Item]) -> str:
    folder = file.relative_to(HERE).parts[0]
    if folder == "network" and any(map(_on_the_shared_network, tests)):
        return "town"
    return _FOLDERS.get(folder, file.stem)


def _on_the_shared_network(item: pytest.Item) -> bool:
    """Whether a test asks for the session's network, and its module has none of its own by that name."""
    return isinstance(item, pytest.Function) and (
        "network" in item.fixturenames and not hasattr(item.module, "network")
    )
