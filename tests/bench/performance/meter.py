"""What a network's processes spent on a load: CPU time, blocks, synchronisations of consenters."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass

import psutil

from kindpakket_network import Network
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import until

CLIENT = "client"
_SECONDS_TO_LEVEL = 60.0
_SYNCS = "consensus_smartbft_consensus_latency_sync_count"
_VIEW = "consensus_smartbft_view_number"


@dataclass(frozen=True)
class Reading:
    """Counters of a network at an instant.

    Attributes:
        cpu: CPU seconds by node, and those of this process as `client`.
        memory: resident bytes by node.
        written: bytes written to disk, by node.
        passed: bytes written to files and connections alike, by node.
        blocks: height of the channel.
        syncs: synchronisations of all consenters since they were started.
        view: the number of the view, which grows with each change of leader.
    """

    cpu: dict[str, float]
    memory: dict[str, int]
    written: dict[str, int]
    passed: dict[str, int]
    blocks: int
    syncs: float
    view: float


@dataclass(frozen=True)
class Spent:
    """What happened between two readings.

    Attributes:
        cpu: CPU seconds by kind of process: `peer`, `orderer`, `chaincode`, `ca`, `client`.
        nodes: CPU seconds by node.
        passed: bytes written to files and connections alike, by node.
        written: bytes written to disk by kind of process.
        blocks: blocks.
        syncs: synchronisations of consenters.
        views: changes of leader.
    """

    cpu: dict[str, float]
    nodes: dict[str, float]
    passed: dict[str, int]
    written: dict[str, int]
    blocks: int
    syncs: int
    views: int

    @classmethod
    def between(cls, before: Reading, after: Reading) -> Spent:
        """The difference; a node that was restarted meanwhile counts from its start."""
        nodes = {node: _grown(before.cpu.get(node, 0.0), spent) for node, spent in after.cpu.items()}
        kinds: Counter[str] = Counter()
        written: Counter[str] = Counter()
        for node, spent in nodes.items():
            kinds[kind_of(node)] += spent  # type: ignore[assignment]  # counters add fractions, too
        for node, count in after.written.items():
            written[kind_of(node)] += int(_grown(before.written.get(node, 0), count))
        return cls(
            dict(kinds),
            nodes,
            {node: int(_grown(before.passed.get(node, 0), count)) for node, count in after.passed.items()},
            dict(written),
            after.blocks - before.blocks,
            int(_grown(before.syncs, after.syncs)),
            int(after.view - before.view),
        )


def kind_of(node: str) -> str:
    """The kind of a node: peers are numbered within their organisation."""
    return node.partition(".")[0].rstrip("0123456789")


class Meter:
    """Reads the counters of a running network and of one of its channels."""

    def __init__(self, network: Network, channel: str) -> None:
        """Read the counters of a network, with blocks and consenters of a channel."""
        home = Home(network.home)
        inventory = Inventory.of(network.topology, home)
        self._processes = Processes(home)
        self._channel = network.topology.channel(channel)
        self._peers = inventory.peers_on(network.topology, self._channel)
        self._orderers = inventory.consenters_of(self._channel)

    def processes(self) -> dict[str, int]:
        """Process ids by node, and this process as `client`."""
        running = {node: process.pid for node, process in self._processes.all().items()}
        return {**running, CLIENT: os.getpid()}

    def level(self) -> bool:
        """Wait until all peers and consenters have the same blocks, and say whether they have.

        A consenter of BFT that fell behind may need some seconds for blocks that the others have ordered.
        """

        def even() -> bool | None:
            name = f'ledger_blockchain_height{{channel="{self._channel.name}"}}'
            nodes = [*self._peers, *self._orderers]
            heights = {node.operator.metrics(node.ports[1]).get(name) for node in nodes}
            return len(heights) == 1 or None

        return until(even, _SECONDS_TO_LEVEL) is True

    def read(self) -> Reading:
        """The counters now."""
        cpu, memory, written, passed = {CLIENT: time.process_time()}, {}, {}, {}
        for node, process in self._processes.all().items():
            try:
                spent = process.cpu_times()
                cpu[node] = spent.user + spent.system
                memory[node] = process.memory_info().rss
                counters = process.io_counters()
                written[node], passed[node] = counters.write_bytes, counters.write_chars
            except psutil.NoSuchProcess:
                continue
        label = f'{{channel="{self._channel.name}"}}'
        metrics = [orderer.operator.metrics(orderer.ports[1]) for orderer in self._orderers]
        return Reading(
            cpu,
            memory,
            written,
            passed,
            max(peer.height(self._channel.name) or 0 for peer in self._peers),
            sum(metric.get(f"{_SYNCS}{label}", 0.0) for metric in metrics),
            max(metric.get(f"{_VIEW}{label}", 0.0) for metric in metrics),
        )


def _grown(before: float, after: float) -> float:
    return after - before if after >= before else after


def at_rest(meter: Meter, seconds: float) -> dict[str, float]:
    """What each node takes with nothing to do, in cores, over so many seconds; without this process."""
    before, began = meter.read(), time.perf_counter()
    time.sleep(seconds)
    nodes = Spent.between(before, meter.read()).nodes
    elapsed = time.perf_counter() - began
    return {node: spent / elapsed for node, spent in nodes.items() if node != CLIENT}
