"""Deletes the ledger of one node, and has the node fetch it again from the rest of the network.

A peer fetches all blocks from the consenters while isolated. It keeps its store of private data, which is
apart from the blocks: only hashes are in the blocks, and an organisation's approvals of chaincodes are
private data that a single peer has alone. Fabric takes the data from there when it commits the blocks again.
A consenter rejoins its channels as one that was restored from a backup does.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kindpakket_network.backups.recovery import Recovery
from kindpakket_network.backups.rejoining import Rejoining
from kindpakket_network.backups.verification import findings
from kindpakket_network.chaincodes.commit_hashes import CommitHash, CommitHashes
from kindpakket_network.chaincodes.endorsement_plans import await_plans
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError, NodeFailed
from kindpakket_network.nodes.catching_up import PATIENCE
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import mark_rebuilt
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.logs import Level, read, selected
from kindpakket_network.programs.wait import until

# What a peer keeps of its data: installed packages, which it cannot fetch. Consenters keep nothing.
_PACKAGES = ("lifecycle", "externalbuilder")
_LEDGERS, _PRIVATE = "ledgersData", "pvtdataStore"
# What a peer logs for a block whose private data it lacks, and after each round of asking others for it.
_LACKED = re.compile(r"Could not fetch \(or mark to reconcile later\) (\d+) eligible")
_FETCHED = re.compile(r"reconciled (\d+) private data keys from blocks range")
_ROUNDS = "gossip_privdata_reconciliation_duration_count"
# Rounds after which what is still lacking is not to be had: Fabric asks again an hour later.
_ENOUGH_ROUNDS = 2


@dataclass(frozen=True)
class Rebuilt:
    """A node with a new copy of its ledger.

    Attributes:
        node: its name.
        heights: its height on each of its channels.
        compared: the other peers that computed the same from the same block; None for a consenter.
        private_lacking: the private write sets that no other peer supplied: they were purged, have expired,
            or belong to refused transactions; or nobody has them.
        private_fetched: the private write sets that other peers supplied.
    """

    node: str
    heights: dict[str, int]
    compared: tuple[str, ...] | None = None
    private_lacking: int = 0
    private_fetched: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "node": self.node,
            "heights": self.heights,
            "compared": None if self.compared is None else list(self.compared),
            "private_lacking": self.private_lacking,
            "private_fetched": self.private_fetched,
        }


@dataclass(frozen=True)
class Rebuild:
    """The rebuilding of one node.

    Args:
        session: the network.
        node: an orderer or a peer of this home.
    """

    session: Session
    node: Orderer | Peer

    def ensure_possible(self) -> None:
        """Check that the rest of the network has the blocks that are to be deleted.

        Raises:
            NetworkError: too few consenters run, or they have fewer blocks.
        """
        for channel in self._channels():
            blocks = OrderedBlocks(self.session, self.node.organisation, channel)
            others = [other for other in blocks.others() if other.node != self.node.node]
            running = [other for other in others if self.session.runs(other.node)]
            count = len(channel.consenters)
            quorum = self.session.topology.ordering.quorum(count)
            needed = quorum if isinstance(self.node, Orderer) else count - quorum + 1
            if len(running) < needed:
                raise NetworkError(
                    f"{self.node.node} cannot be rebuilt: {needed} other consenters of {channel.name} must "
                    f"run, and {len(running)} do. Run `up` first; if they are lost, use `kindpakket network "
                    "restore` with a backup"
                )
            if isinstance(self.node, Peer):
                height, own = blocks.height(running), self.node.height(channel.name) or 0
                if own > height:
                    raise NetworkError(
                        f"{self.node.node} has {own} blocks of {channel.name}, and the consenters only "
                        f"{height}: the rest would be lost. Start the other consenters first"
                    )

    def run(self, *, drop_private: bool = False) -> Rebuilt:
        """Delete the ledger, and fetch it again.

        Args:
            drop_private: delete a peer's private data as well, as when their store is damaged, too; what no
                other member's peer has is lost.

        Raises:
            Waiting: other organisations must sign that a channel takes a consenter out, or adds it again.
            NetworkError: the node did not catch up, or has another state than the others; `up` resumes.
        """
        begun = datetime.now(UTC)
        self.session.processes.stop(self.node.node)
        mark_rebuilt(self.node.folder)
        for path in self._deleted(drop_private):
            _delete(path)
        if isinstance(self.node, Orderer):
            with self.session.stage(f"{self.node.node} rejoins its channels"):
                Rejoining(self.session, self.node).run()
            return Rebuilt(self.node.node, self._heights())
        try:
            with self.session.stage(f"{self.node.node} fetches all blocks"):
                Recovery(self.session).catch_up(self.node)
        except NodeFailed as error:
            if drop_private or "rebuild" not in error.remedy:
                raise
            raise NetworkError(
                f"{self.node.node} cannot read its private data either, which were kept: run `kindpakket "
                f"network rebuild {self.node.node} --drop-private-data`. {error}"
            ) from error
        with self.session.stage(f"{self.node.node} starts"):
            self.session.starter.start([self.node])
            lacking = await_plans(self.session, [self.node], PATIENCE)
        if lacking:
            self.session.progress(
                f"{self.node.node} does not find enough endorsing peers yet: check `status`"
            )
        lacked, fetched = self._private_data(begun)
        same = [peer.node for peer in self._compared() if peer.node != self.node.node]
        return Rebuilt(self.node.node, self._heights(), tuple(dict.fromkeys(same)), lacked - fetched, fetched)

    def _channels(self) -> list[Channel]:
        """The channels that the node has joined, or is to join."""
        return [
            channel
            for channel in self.session.topology.channels
            if self.node in (*self.session.peers_on(channel), *self.session.consenters_of(channel))
        ]

    def _deleted(self, drop_private: bool) -> list[Path]:
        """What is deleted of the node's data."""
        data = self.node.folder / "data"
        if isinstance(self.node, Orderer):
            return sorted(data.glob("*"))
        kept = () if drop_private else (_PRIVATE,)
        rest = [path for path in sorted(data.glob("*")) if path.name not in (*_PACKAGES, _LEDGERS)]
        return [*rest, *(path for path in sorted((data / _LEDGERS).glob("*")) if path.name not in kept)]

    def _private_data(self, begun: datetime) -> tuple[int, int]:
        """Wait for private data; how many write sets the blocks lacked, and how many were fetched since.

        The numbers are those that Fabric logs, which no interface of a peer reports.
        """
        lacked = self._logged(_LACKED, begun)
        if not lacked:
            return 0, 0
        with self.session.stage(f"{lacked} private write sets from other peers"):
            until(lambda: self._is_fetched(lacked, begun) or None, PATIENCE, interval=1.0)
        return lacked, min(lacked, self._logged(_FETCHED, begun))

    def _is_fetched(self, lacked: int, begun: datetime) -> bool:
        assert isinstance(self.node, Peer)  # noqa: S101
        metrics = self.node.metrics()
        rounds = [metrics.get(f'{_ROUNDS}{{channel="{channel.name}"}}', 0.0) for channel in self._channels()]
        return self._logged(_FETCHED, begun) >= lacked or min(rounds) >= _ENOUGH_ROUNDS

    def _logged(self, words: re.Pattern[str], begun: datetime) -> int:
        log = read(self.node.node, self.session.home.log(self.node.node))
        found = (words.search(entry.text) for entry in selected(log, begun, Level.INFO))
        return sum(int(match[1]) for match in found if match)

    def _compared(self) -> list[CommitHash]:
        """The commit hashes of all peers on the node's channels.

        Raises:
            NetworkError: this one differs from the others.
        """
        committed = [
            result
            for channel in self._channels()
            for result in CommitHashes(self.session, channel).compare(self.session.peers_on(channel))[0]
        ]
        wrong = [sentence for sentence in findings(committed, (), ()) if sentence.startswith(self.node.node)]
        if wrong:
            raise NetworkError(
                f"{self.node.node} was rebuilt, and computes another state than the others from the same "
                f"blocks; find out which of them is right with `kindpakket network verify`: {wrong[0]}"
            )
        return committed

    def _heights(self) -> dict[str, int]:
        heights: dict[str, int] = {}
        for channel in self._channels():
            if isinstance(self.node, Peer):
                heights[channel.name] = self.node.height(channel.name) or 0
            else:
                heights[channel.name] = int(
                    (self.node.participation(channel.name) or {"height": 0})["height"]
                )
        return heights


def _delete(path: Path) -> None:
    """Delete a file or a folder; of a link to a folder on another disk only what is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_dir():
        for below in path.iterdir():
            _delete(below)
    else:
        path.unlink()
