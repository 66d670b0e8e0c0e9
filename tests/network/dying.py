"""`up` that is killed again and again, each time some instants later, until it comes to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

import killing
from kindpakket.fabric.ca import CaClient
from kindpakket_network import Network, Topology
from kindpakket_network.programs import process


def bring_up_and_die(topology: Topology, home: Path, longest_step: int) -> int:
    """Bring a network up, killed after a few instants, then after a few more, until nothing is left to kill.

    Args:
        topology: what it should be.
        home: its folder.
        longest_step: the most instants from one kill to the next.

    Returns:
        How often it was killed.
    """
    random = Random(20)
    instant, kills = 0, 0
    while not killing.run_and_die(instant, _bring_up, topology, home):
        kills += 1
        instant += random.randrange(1, longest_step)
    print(f"killed {kills} times, the last time at instant {instant}")
    return kills


def _bring_up(instants: killing.Instants, topology: Topology, home: Path) -> None:
    """Die at the chosen instant: around a process, a file, a call."""
    patch = pytest.MonkeyPatch()
    for owner, name in (
        (process.subprocess, "Popen"),
        (Path, "replace"),
        (Path, "rename"),
        (CaClient, "register"),
        (CaClient, "enrol"),
        (requests.Session, "post"),
    ):
        patch.setattr(owner, name, _watched(instants, getattr(owner, name)))
    Network(topology, home).up()


def _watched(instants: killing.Instants, act: Callable[..., Any]) -> Callable[..., Any]:
    """A function with an instant before it and one after it."""

    def passing(*arguments: Any, **named: Any) -> Any:
        instants.pass_one()
        result = act(*arguments, **named)
        instants.pass_one()
        return result

    return passing
