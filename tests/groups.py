"""Groups of tests that one worker runs in sequence, and the order in which the groups start.

Tests of one group share a network, or the module's fixtures. The longest groups start first, because a long
group that starts late would prolong the whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Folders whose tests share what one session fixture starts.
_FOLDERS = {"abuse": "town", "scenario": "scenario", "hfc": "hfc"}
SHARING = frozenset(_FOLDERS.values())
# Seconds per group, three at a time on two cores, summed from `--durations=0`; the other groups take less.
SECONDS = {
    "town": 540,
    "test_operations_runbook": 388,
    "test_province": 300,
    "test_operations_removal": 240,
    "test_operations_certificates": 190,
    "test_operations_backup": 171,
    "test_operations_languages": 143,
    "test_operations_roots": 140,
    "test_operations_channel": 130,
    "test_operations_upgrade": 110,
    "hfc": 107,
    "scenario": 106,
    "test_operations_killed_growth": 96,
    "test_operations_rebuild": 90,
    "test_operations_healing": 90,
    "test_benchmark": 90,
    "test_operations_restore": 67,
    "test_two_municipalities": 64,
    "test_operations_snapshot": 61,
    "test_operations_expired": 60,
    "test_sdk_guides_live": 60,
    "test_back_office_page": 55,
    "test_operations_settings": 45,
    "test_operations_killed_up": 44,
    "test_operations_joining": 34,
    "test_operations_tuning": 25,
    "test_operations_systemd": 19,
    "test_operations_offline": 16,
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
    """Sort the tests by the order in which their groups start, keeping the order within each group."""
    first_seen = {name: number for number, name in enumerate(dict.fromkeys(map(of, items)))}
    items.sort(key=lambda item: (-SECONDS.get(of(item), 0), first_seen[of(item)]))


def check(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Refuse to run where workers would not keep groups together: networks would be started many times over.

    Raises:
        pytest.UsageError: pytest-xdist cannot name the groups under this version of pytest.
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if not item.nodeid.endswith(f"@{of(item)}"):
            raise pytest.UsageError(
                f"pytest-xdist does not keep {item.nodeid} in the group {of(item)} under pytest "
                f"{pytest.__version__}: install versions of the two that fit together"
            )


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
    """Whether a test uses the session's `network`, not a fixture of that name in its own module."""
    return isinstance(item, pytest.Function) and (
        "network" in item.fixturenames and not hasattr(item.module, "network")
    )
