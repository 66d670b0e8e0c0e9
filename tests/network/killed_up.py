"""`up`, killed again and again until it completes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

import killing
from fabric_gateway.ca import CaClient
from kindpakket_network import Network, Topology

Pass = Callable[[str, bool], None]
_NEVER = -1


def bring_up_and_die(topology: Topology, home: Path, longest_step: int) -> int:
    """Bring a network up, killing it after a few instants, then after a few more, until it completes.

    Args:
        topology: its description.
        home: its folder.
        longest_step: the maximum number of instants between two kills.

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


def bring_up_and_die_once_of_each_kind(topology: Topology, home: Path, record: Path) -> set[str]:
    """Bring a network up, killing it once at each kind of act and in each stage, before and after by turns.

    Args:
        topology: its description.
        home: its folder.
        record: the file that records each kill.

    Returns:
        The acts and stages at which it was killed.
    """
    return die_once_of_each_kind(_up, record, topology, home)


def die_once_of_each_kind(act: Callable[..., None], record: Path, *arguments: Any) -> set[str]:
    """Repeat an act, killing it once at each kind of act and in each stage, until it completes.

    Args:
        act: a function of a module; its first argument is told of progress.
        record: the file that records each kill.
        arguments: its other arguments.

    Returns:
        The acts and stages at which it was killed.
    """
    record.touch()
    while not killing.run_and_die(_NEVER, _act_by_kinds, record, act, *arguments):
        pass
    deaths = record.read_text("utf-8").splitlines()
    print(f"killed {len(deaths)} times:", *deaths, sep="\n")
    return {kind for death in deaths for kind in death.split("\t")}


@dataclass
class Kinds:
    """Kills the process at the next instant of a kind that is not in its record.

    Args:
        record: a line for each death, with the act and the stage.
    """

    record: Path
    _stage: str = ""

    def tell(self, message: str) -> None:
        """Receive what `up` reports, which names each stage as it starts."""
        if message.endswith(" ..."):
            self._stage = message

    def pass_one(self, act: str, done: bool) -> None:
        """Let an instant before or after an act pass, or die."""
        deaths = self.record.read_text("utf-8").splitlines()
        recorded = {kind for death in deaths for kind in death.split("\t")}
        if done == bool(len(deaths) % 2) and not {act, self._stage} <= recorded:
            with self.record.open("a", encoding="utf-8") as file:
                file.write(f"{act}\t{self._stage}\n")
            os.kill(os.getpid(), signal.SIGKILL)


def _bring_up(instants: killing.Instants, topology: Topology, home: Path) -> None:
    """Die at the chosen instant: around a process, a file, a call."""
    _watch(lambda act, done: instants.pass_one())
    Network(topology, home).up()


def _act_by_kinds(_: killing.Instants, record: Path, act: Callable[..., None], *arguments: Any) -> None:
    """Die at the first instant of a kind that is not in the record."""
    kinds = Kinds(record)
    _watch(kinds.pass_one)
    act(kinds.tell, *arguments)


def _up(progress: Callable[[str], None], topology: Topology, home: Path) -> None:
    Network(topology, home).up(progress=progress)


def _watch(pass_one: Pass) -> None:
    """Let an instant pass before and after each process, file and call."""
    patch = pytest.MonkeyPatch()
    for owner, name in (
        (subprocess, "Popen"),
        (Path, "replace"),
        (Path, "rename"),
        (CaClient, "register"),
        (CaClient, "enrol"),
        (requests.Session, "post"),
        (requests.Session, "delete"),
    ):
        patch.setattr(owner, name, _watched(pass_one, name, getattr(owner, name)))


def _watched(pass_one: Pass, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """A function with an instant before it and one after it."""

    def passing(*arguments: Any, **named: Any) -> Any:
        pass_one(name, False)
        result = act(*arguments, **named)
        pass_one(name, True)
        return result

    return passing
