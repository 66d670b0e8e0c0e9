"""A node that lacks blocks is waited for as long as they come, and no longer."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kindpakket_network import NodeFailed, Topology
from kindpakket_network.nodes import catching_up
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes, Program

CHANNEL = "zuidhorn"
PATIENCE = 0.5
Answers = Callable[[list[int | None]], Peer | Orderer]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


@pytest.fixture(params=["peer", "orderer"])
def node(
    request: pytest.FixtureRequest, home: Home, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> Answers:
    """A node that runs and says that it has so many blocks, one answer after another, the last one again."""
    monkeypatch.setattr(catching_up, "PATIENCE", PATIENCE)
    inventory = Inventory.of(Topology.packaged("kindpakket"), home)
    found: Peer | Orderer = inventory.peers[0] if request.param == "peer" else inventory.orderers[0]
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    processes.start(Program(found.node, sleeping, {}, Path("/")))

    def answering(heights: list[int | None]) -> Peer | Orderer:
        def height(*_: object) -> int | None:
            return heights.pop(0) if len(heights) > 1 else heights[0]

        def participation(*_: object) -> dict[str, int] | None:
            answer = height()
            return None if answer is None else {"height": answer}

        monkeypatch.setattr(Peer, "height", height)
        monkeypatch.setattr(Orderer, "participation", participation)
        return found

    return answering


def test_a_node_with_all_blocks_is_not_waited_for(node: Answers, processes: Processes) -> None:
    await_height(processes, node([7]), CHANNEL, 7, print)


def test_a_node_is_waited_for_longer_than_the_patience_while_blocks_come(
    node: Answers, processes: Processes
) -> None:
    slowly = [height for height in range(1, 31) for _ in range(2)]  # asked every 0.05 s: 3 s in all
    told: list[str] = []
    await_height(processes, node([None, *slowly]), CHANNEL, 30, told.append)
    assert len(told) >= 1
    assert "of 30 blocks of zuidhorn ..." in told[0]


def test_a_node_that_gets_no_more_blocks_is_told(node: Answers, processes: Processes) -> None:
    with pytest.raises(NodeFailed, match=f"is stalled at height 5 of 7 on {CHANNEL}"):
        await_height(processes, node([3, 4, 5]), CHANNEL, 7, print)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_node_that_ended_or_is_suspended_is_told_at_once(
    node: Answers, processes: Processes, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(catching_up, "PATIENCE", 60.0)
    lacking = node([5])
    process = processes.find(lacking.node)
    assert process is not None
    process.send_signal(number)
    with pytest.raises(NodeFailed, match=f"is stalled at height 5 of 7 on {CHANNEL}"):
        await_height(processes, lacking, CHANNEL, 7, print)
