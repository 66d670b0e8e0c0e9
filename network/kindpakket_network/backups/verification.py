"""Verifies peers: each ledger's hash chain by itself, and the states of peers against one another."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.backups.archive import extract
from kindpakket_network.backups.contents import MANIFEST, Manifest
from kindpakket_network.backups.snapshot import PeerState, Snapshots
from kindpakket_network.chaincodes.commit_hashes import CommitHash, CommitHashes
from kindpakket_network.chaincodes.endorsement_plans import stopped
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import ensure_none_restored
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home

# Seconds for `ledgerutil` to read all blocks of a peer.
_DEADLINE = 3600.0
# Errors listed for each ledger: a damaged file breaks every later block.
_ENOUGH = 20
# Errors in a sentence about a ledger.
_SHOWN = 3
_FOUND = "Some error(s) are found"


@dataclass(frozen=True)
class LedgerCheck:
    """The result of Fabric's `ledgerutil` for the blocks of a peer.

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
    """The result of a verification.

    Attributes:
        committed: the commit hashes of all peers of a channel, including other organisations', at one block.
        silent: the peers that did not answer.
        states: the states of this home's peers, read from their disks.
        ledgers: the ledgers whose hash chains were checked.
        findings: the problems found, as sentences.
    """

    committed: tuple[CommitHash, ...]
    silent: tuple[str, ...]
    states: tuple[PeerState, ...]
    ledgers: tuple[LedgerCheck, ...]
    findings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "committed": [asdict(peer) for peer in self.committed],
            "silent": list(self.silent),
            "states": [asdict(state) for state in self.states],
            "ledgers": [asdict(ledger) for ledger in self.ledgers],
            "findings": list(self.findings),
        }


@dataclass(frozen=True)
class Verification:
    """A verification of a network's peers.

    Args:
        session: the network.
    """

    session: Session

    def run(self, *, states: bool, ledgers: bool) -> Verified:
        """Verify the peers.

        Args:
            states: compare the commit hashes of all peers of a channel at one block, and the states of this
                home's peers at one block, from snapshots that they write.
            ledgers: stop each peer, one at a time, while its blocks are copied, and check the copy's hash
                chain.

        Raises:
            NetworkError: peers could not be queried, so there is no result.
        """
        committed, silent = self._committed() if states else ([], [])
        found = tuple(self._states()) if states else ()
        checks = tuple(self._ledgers()) if ledgers else ()
        wrong = findings(committed, found, checks)
        return Verified(tuple(committed), tuple(silent), found, checks, wrong)

    def _committed(self) -> tuple[list[CommitHash], list[str]]:
        committed: list[CommitHash] = []
        silent: dict[str, None] = {}
        for channel in self.session.topology.channels:
            if any(member.organisation in self.session.own_organisations for member in channel.members):
                found, unheard = CommitHashes(self.session, channel).compare(self.session.peers_on(channel))
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
            if peer.organisation in self.session.own_organisations:
                with self.session.stage(f"blocks of {peer.node}"), self._copied(peer) as copy:
                    yield from check(self.session.programs, peer.node, copy)

    @contextmanager
    def _copied(self, peer: Peer) -> Iterator[Path]:
        """A copy of a peer's blocks; the peer is stopped while it is made."""
        ensure_none_restored([peer.folder])
        with _emptied(self.session.home.root / ".verify-blocks") as folder:
            chains = Path("ledgersData") / "chains"
            with stopped(self.session, peer):
                shutil.copytree(peer.folder / "data" / chains, folder / chains)
            yield folder


def check(programs: Programs, node: str, data: Path) -> list[LedgerCheck]:
    """Check the hash chains of all blocks in the copy of a peer's data folder."""
    results = data / "results"
    results.mkdir()
    arguments = [programs.path("ledgerutil"), "verify", str(data), "-o", str(results)]
    command = Command(f"ledgerutil verify on {node}", arguments, deadline=_DEADLINE)
    try:
        run(command)
    except CommandFailed as error:
        if _FOUND not in error.output:
            return [LedgerCheck(node, "", (f"its blocks cannot be read ({error})",))]
    checks: list[LedgerCheck] = []
    for file in sorted(results.glob("*_verification_result/blocks.json")):
        channel = file.parent.name.removesuffix("_verification_result")
        found = json.loads(file.read_text("utf-8"))
        errors = [f"block {block['blockNum']}: {', '.join(block['errors'])}" for block in found]
        checks.append(LedgerCheck(node, channel, tuple(errors[:_ENOUGH])))
    return checks


def verify_backup(programs: Programs, file: Path, identities: Sequence[Any], folder: Path) -> Verified:
    """Check that a backup can be decrypted, and check the hash chains of the blocks in it.

    Args:
        programs: Fabric's programs.
        file: the backup.
        identities: the keys that decrypt it.
        folder: where to unpack it temporarily, into a folder that only its owner can read.

    Raises:
        ArchiveError: it cannot be read, or was damaged or modified.
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
    wrong = tuple(_errors(checks, lambda _: "use another backup"))
    return Verified((), (), (), tuple(checks), wrong)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """An empty folder that is deleted afterwards; leftovers of a killed command are deleted first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def findings(
    committed: Sequence[CommitHash], states: Sequence[PeerState], ledgers: Sequence[LedgerCheck]
) -> tuple[str, ...]:
    """The problems, as sentences; a peer that differs from the majority is taken to be the wrong one."""
    return (*_disagreements(committed), *_differences(states), *_errors(ledgers, _rebuild))


def _disagreements(committed: Sequence[CommitHash]) -> Iterator[str]:
    for channel in dict.fromkeys(peer.channel for peer in committed):
        here = [peer for peer in committed if peer.channel == channel]
        usual = Counter((other.header, other.commit) for other in here).most_common(1)[0][0]
        pattern = next(other for other in here if (other.header, other.commit) == usual)
        for result in here:
            if (result.header, result.commit) != usual:
                what = "a different block" if result.header != pattern.header else "a different state"
                yield (
                    f"{result.node} has {what} at block {result.block} of {channel} than {pattern.node}: "
                    f"{_rebuild(result.node)}"
                )


def _differences(states: Sequence[PeerState]) -> Iterator[str]:
    for channel in dict.fromkeys(state.channel for state in states):
        here = [state for state in states if state.channel == channel]
        usual = Counter(other.state for other in here).most_common(1)[0][0]
        pattern = next(other for other in here if other.state == usual)
        for result in here:
            if result.state != usual:
                names = [name for name, digest in result.files.items() if pattern.files.get(name) != digest]
                yield (
                    f"{result.node} has a different state of {channel} at block {result.block} than "
                    f"{pattern.node} ({', '.join(names) or 'the blocks'}): {_rebuild(result.node)}"
                )


def _errors(checks: Sequence[LedgerCheck], remedy: Callable[[str], str]) -> Iterator[str]:
    for check in checks:
        if check.errors:
            more = len(check.errors) - _SHOWN
            rest = f" and {more} more" if more > 0 else ""
            yield (
                f"{check.node} has a damaged ledger of {check.channel or 'all channels'} "
                f"({'; '.join(check.errors[:_SHOWN])}{rest}): {remedy(check.node)}"
            )


def _rebuild(node: str) -> str:
    return f"run `kindpakket network rebuild {node}`"
