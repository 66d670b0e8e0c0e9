"""Verifying what peers hold: each ledger by itself, and the states of peers against one another."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.backups.archive import extract
from kindpakket_network.backups.contents import MANIFEST, Manifest
from kindpakket_network.backups.snapshot import PeerState, Snapshots
from kindpakket_network.chaincodes.committed import Committed, CommittedBlocks
from kindpakket_network.chaincodes.plans import halted
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import ensure_none
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.built import Programs
from kindpakket_network.programs.command import Command
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import run

_DEADLINE = 3600.0
_ENOUGH = 20
_FOUND = "Some error(s) are found"


@dataclass(frozen=True)
class LedgerCheck:
    """What Fabric's own `ledgerutil` found in the blocks of a peer.

    Attributes:
        node: the peer.
        channel: the channel.
        errors: what is wrong, by block; at most 20.
    """

    node: str
    channel: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What was looked at and found.

    Attributes:
        committed: what all peers of a channel, also of other organisations, made of the same block.
        silent: peers that did not answer.
        states: the states of this home's peers, from what is on their disks now.
        ledgers: the ledgers whose hash chains were gone through.
        findings: what is wrong, in sentences; none when all is well.
    """

    committed: tuple[Committed, ...]
    silent: tuple[str, ...]
    states: tuple[PeerState, ...]
    ledgers: tuple[LedgerCheck, ...]
    findings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "committed": [asdict(one) for one in self.committed],
            "silent": list(self.silent),
            "states": [asdict(one) for one in self.states],
            "ledgers": [asdict(one) for one in self.ledgers],
            "findings": list(self.findings),
        }


@dataclass(frozen=True)
class Verification:
    """What can be verified.

    Args:
        session: the network.
    """

    session: Session

    def run(self, *, states: bool, ledgers: bool) -> Verified:
        """Verify the peers.

        Args:
            states: compare what all peers of a channel made of the same block, and what this home's peers
                hold at one block, from snapshots that they write.
            ledgers: stop each peer for as long as it takes to copy its blocks, one at a time, and go through
                the copy's hashes.

        Raises:
            NetworkError: peers could not be asked; that is no finding.
        """
        committed, silent = self._committed() if states else ([], [])
        found = tuple(self._states()) if states else ()
        checks = tuple(self._ledgers()) if ledgers else ()
        wrong = findings(committed, found, checks)
        return Verified(tuple(committed), tuple(silent), found, checks, wrong)

    def _committed(self) -> tuple[list[Committed], list[str]]:
        committed: list[Committed] = []
        silent: dict[str, None] = {}
        for channel in self.session.topology.channels:
            if any(member.organisation in self.session.acting for member in channel.members):
                found, unheard = CommittedBlocks(self.session, channel).compare(
                    self.session.peers_on(channel)
                )
                committed += found
                silent |= dict.fromkeys(unheard)
        return committed, list(silent)

    def _states(self) -> Iterator[PeerState]:
        for channel in self.session.topology.channels:
            peers = self.session.own_peers_on(channel)
            if peers:
                with self.session.stage(f"states of {len(peers)} peers on {channel.name}"):
                    yield from Snapshots(self.session, channel).states(peers)

    def _ledgers(self) -> Iterator[LedgerCheck]:
        for peer in self.session.inventory.peers:
            if peer.organisation in self.session.acting:
                with self.session.stage(f"blocks of {peer.node}"), self._copied(peer) as copy:
                    yield from check(self.session.programs, peer.node, copy)

    @contextmanager
    def _copied(self, peer: Peer) -> Iterator[Path]:
        """A copy of a peer's blocks; the peer is stopped while it is made."""
        ensure_none([peer.folder])
        with _emptied(self.session.home.root / ".verify-blocks") as folder:
            chains = Path("ledgersData") / "chains"
            with halted(self.session, peer):
                shutil.copytree(peer.folder / "data" / chains, folder / chains)
            yield folder


def check(programs: Programs, node: str, data: Path) -> list[LedgerCheck]:
    """Go through the hashes of all blocks in the copy of a peer's data folder."""
    results = data / "results"
    results.mkdir()
    arguments = [programs.path("ledgerutil"), "verify", str(data), "-o", str(results)]
    command = Command(f"ledgerutil verify on {node}", arguments, deadline=_DEADLINE)
    try:
        run(command)
    except CommandFailed as error:
        if _FOUND not in error.output:
            return [LedgerCheck(node, "", (f"its blocks cannot be read: {error}",))]
    checks: list[LedgerCheck] = []
    for file in sorted(results.glob("*_verification_result/blocks.json")):
        channel = file.parent.name.removesuffix("_verification_result")
        found = json.loads(file.read_text("utf-8"))
        errors = [f"block {one['blockNum']}: {', '.join(one['errors'])}" for one in found]
        checks.append(LedgerCheck(node, channel, tuple(errors[:_ENOUGH])))
    return checks


def verify_backup(programs: Programs, file: Path, identities: Sequence[Any], folder: Path) -> Verified:
    """See that a backup can be read, and go through the hashes of the blocks in it.

    Args:
        programs: Fabric's programs.
        file: the backup.
        identities: the keys that read it.
        folder: where it is unpacked for that time, in a folder that only its owner reads.

    Raises:
        ArchiveError: it cannot be read, or was damaged or changed.
    """
    with _emptied(folder / ".verify-backup") as root:
        home = Home(root)
        extract(file, identities, home.root)
        manifest = Manifest.read(home.root / MANIFEST)
        inventory = Inventory.of(Topology.load(home.topology), home)
        checks: list[LedgerCheck] = []
        for peer in inventory.peers:
            if peer.organisation in manifest.organisations and manifest.heights.get(peer.node):
                checks += check(programs, peer.node, peer.folder / "data")
    return Verified((), (), (), tuple(checks), findings((), (), checks))


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """An empty folder that is deleted afterwards, also what an earlier command that was killed left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def findings(
    committed: Sequence[Committed], states: Sequence[PeerState], ledgers: Sequence[LedgerCheck]
) -> tuple[str, ...]:
    """What is wrong, in sentences; a peer that differs from most is taken to be the wrong one."""
    return (*_disagreements(committed), *_differences(states), *_errors(ledgers))


def _disagreements(committed: Sequence[Committed]) -> Iterator[str]:
    for channel in dict.fromkeys(one.channel for one in committed):
        here = [one for one in committed if one.channel == channel]
        usual = Counter((one.header, one.commit) for one in here).most_common(1)[0][0]
        pattern = next(one for one in here if (one.header, one.commit) == usual)
        for one in here:
            if (one.header, one.commit) != usual:
                what = "another block" if one.header != pattern.header else "another state"
                yield (
                    f"{one.node} has made {what} of block {one.block} of {channel} than {pattern.node}: "
                    "restore it, or let it join anew"
                )


def _differences(states: Sequence[PeerState]) -> Iterator[str]:
    for channel in dict.fromkeys(one.channel for one in states):
        here = [one for one in states if one.channel == channel]
        usual = Counter(one.state for one in here).most_common(1)[0][0]
        pattern = next(one for one in here if one.state == usual)
        for one in here:
            if one.state != usual:
                names = [name for name, digest in one.files.items() if pattern.files.get(name) != digest]
                yield (
                    f"{one.node} holds another state of {channel} at block {one.block} than {pattern.node}: "
                    f"{', '.join(names) or 'the blocks'} differ; restore it, or let it join anew"
                )


def _errors(checks: Sequence[LedgerCheck]) -> Iterator[str]:
    for one in checks:
        for error in one.errors:
            yield f"{one.node}, {one.channel or 'all channels'}: {error}"
