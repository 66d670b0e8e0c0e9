"""A view whose process is killed by SIGKILL, while it follows and while it is rebuilt."""

from __future__ import annotations

import random
import time
from pathlib import Path
from random import Random

import pytest
from ledger_blocks import CHAINCODE, CHANNEL, Peer, peer_of
from small_town import SmallTown

import killing
from kindpakket.ledgerview import LedgerView, ViewError, catch_up, rebuild
from patience import PATIENCE


def made(where: str) -> LedgerView:
    return LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE)


@pytest.fixture(scope="module")
def peer() -> Peer:
    town = SmallTown(Random(5))
    return peer_of([*town.begin(), *town.steps(300)])


@pytest.fixture(scope="module")
def kept(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The peer's blocks in a file, for processes that are killed."""
    path = tmp_path_factory.mktemp("kept") / "blocks"
    peer.save(path)
    return path


@pytest.fixture(scope="module")
def expected(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash over the tables of a view that was made in one go."""
    with made(str(tmp_path_factory.mktemp("expected") / "view.db")) as view:
        catch_up(view, peer)
        return view.digest()


def _follow(where: str, kept: Path) -> None:
    """Follow in a process of its own, a few blocks in each transaction, until somebody kills it."""
    blocks = Peer.load(kept).decoded()
    with made(where) as view, view.adding() as adding:
        while adding.height < len(blocks):
            adding.add(blocks[adding.height : adding.height + 2])


def test_killed_at_random_times_it_has_the_same_hash_in_the_end(
    where: str, peer: Peer, kept: Path, expected: str
) -> None:
    seed, heights = random.Random(1), []
    with made(where) as view:
        for _ in range(6):
            before = view.height
            process = killing.running(_follow, where, kept)
            end = time.monotonic() + PATIENCE
            while view.height == before and process.is_alive():
                assert time.monotonic() < end
            process.join(seed.uniform(0, 0.1))
            process.kill()
            process.join(PATIENCE)
            heights.append(view.height)
            if view.height == len(peer.messages):
                break
        assert heights[0] < len(peer.messages), "nothing was killed on its way"
        catch_up(view, peer)
        assert view.digest() == expected
        assert view.status().flaws == 0


def _rebuild(where: str, kept: Path) -> None:
    with LedgerView(where) as view:
        rebuild(view, Peer.load(kept))


def test_killed_while_it_is_rebuilt_it_is_as_it_was(
    where: str, peer: Peer, kept: Path, expected: str
) -> None:
    with made(where) as view:
        catch_up(view, peer)
    process = killing.running(_rebuild, where, kept)
    end = time.monotonic() + PATIENCE
    with LedgerView(where) as view:
        while process.is_alive():
            assert time.monotonic() < end
            try:
                with view.adding():
                    pass
            except ViewError:
                break  # it has begun
        process.kill()
        process.join(PATIENCE)
        assert (view.height, view.digest()) == (len(peer.messages), expected)
        rebuild(view, peer)
        assert view.digest() == expected
