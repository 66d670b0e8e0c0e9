"""Block files as peers and orderers keep them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway.verification import (
    BlockFileError,
    BlockFiles,
    ChainVerifier,
    Finding,
    verify_chain,
)
from fabric_gateway.verification import stored_form as stored
from forge import Invocation, Ledger, Sets, write_block_files


def _ledger(blocks: int = 4) -> Ledger:
    ledger = Ledger()
    client = ledger.channel.member("AMSP")
    peers = [ledger.channel.member(mspid, "peer") for mspid in ("AMSP", "BMSP")]
    for number in range(1, blocks):
        call = Invocation(client, peers, sets={"basic": Sets(writes={f"key{number}": b"value"})})
        ledger.add([call.envelope()], flags=b"")
    return ledger


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """A ledger of an orderer, which writes no flags."""
    return _ledger()


def _findings(folder: Path, ledger: Ledger) -> list[Finding]:
    return list(verify_chain(BlockFiles(folder), ChainVerifier(anchor=ledger.anchor)))


@pytest.mark.parametrize("largest", [1, 30_000, 1 << 26])
def test_blocks_are_read_as_they_were_written(ledger: Ledger, tmp_path: Path, largest: int) -> None:
    """However many files they fill."""
    paths = write_block_files(tmp_path, ledger.blocks, largest)
    files = BlockFiles(tmp_path)
    assert list(files) == ledger.blocks == list(files)
    assert list(files.read(2)) == ledger.blocks[2:]
    assert files.paths == tuple(paths)


def test_the_files_are_looked_for_by_their_names(tmp_path: Path, ledger: Ledger) -> None:
    """A folder above them is named in the message, and a file that is missing too."""
    below = tmp_path / "chains" / "zuidhorn"
    write_block_files(below, ledger.blocks, 1)
    with pytest.raises(BlockFileError, match=f"no file blockfile_000000; there are some in {below}"):
        BlockFiles(tmp_path)
    (below / "blockfile_000001").unlink()
    with pytest.raises(BlockFileError, match="blockfile_000001 is missing"):
        BlockFiles(below)


def test_a_file_that_is_cut_off_says_so(tmp_path: Path, ledger: Ledger) -> None:
    """As when it is copied while the node writes."""
    (path,) = write_block_files(tmp_path, ledger.blocks)
    content = path.read_bytes()
    start = len(content) - len(stored(ledger.blocks[-1]))
    path.write_bytes(content[:-10])
    with pytest.raises(
        BlockFileError, match="10 bytes of a block are missing: the file is cut off"
    ) as caught:
        list(BlockFiles(tmp_path))
    assert (caught.value.path, caught.value.offset, caught.value.block) == (path, start, 3)


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, ledger: Ledger) -> None:
    """As that of a node that is running: blocks that are added are read, too."""
    write_block_files(tmp_path, ledger.blocks[:2])
    reading = iter(BlockFiles(tmp_path))
    assert [next(reading), next(reading)] == ledger.blocks[:2]
    with (tmp_path / "blockfile_000000").open("ab") as file:
        file.write(stored(ledger.blocks[2]))
    assert list(reading) == ledger.blocks[2:3]


def _without(blocks: Sequence[Any], folder: Path, place: int) -> Path:
    (path,) = write_block_files(folder, [block for index, block in enumerate(blocks) if index != place])
    return path


def test_a_block_that_is_missing_is_named(tmp_path: Path, ledger: Ledger) -> None:
    """By its number and by the hash of the one before it."""
    _without(ledger.blocks, tmp_path, 2)
    found = _findings(tmp_path, ledger)
    assert [(item.block, item.rule) for item in found] == [(3, "header.number"), (3, "header.previous-hash")]


@pytest.fixture(scope="module")
def stored_ledger(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, list[int]]:
    """A block file, its content, and where each block begins."""
    (path,) = write_block_files(tmp_path_factory.mktemp("files"), ledger.blocks)
    starts = [0]
    for block in ledger.blocks:
        starts.append(starts[-1] + len(stored(block)))
    return path, path.read_bytes(), starts


@settings(max_examples=300, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), block=st.integers(0, 3), bit=st.integers(0, 7))
def test_one_bit_anywhere_is_found_and_its_block_named(
    ledger: Ledger,
    stored_ledger: tuple[Path, bytes, list[int]],
    where: float,
    block: int,
    bit: int,
) -> None:
    """In lengths, headers, transactions, signatures, and metadata that nobody signs."""
    path, content, starts = stored_ledger
    place = starts[block] + int(where * (starts[block + 1] - starts[block]))
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    path.write_bytes(changed)
    try:
        found = _findings(path.parent, ledger)
    finally:
        path.write_bytes(content)
    assert found, f"byte {place - starts[block]} of block {block}"
    # A change of the number itself is named by the number that the block has then, too.
    assert block in {item.block for item in found}, found


def test_a_block_with_another_number_is_named_by_its_place(tmp_path: Path, ledger: Ledger) -> None:
    """As the one bit in its number does, which the header hash of the next block does not know."""
    blocks = [type(block).FromString(block.SerializeToString()) for block in ledger.blocks]
    blocks[2].header.number = 6
    write_block_files(tmp_path, blocks)
    found = [(item.block, item.rule) for item in _findings(tmp_path, ledger)]
    assert found[0] == (2, "header.number")
    assert (6, "block.signatures") in found


def test_the_clean_files_have_no_finding(
    ledger: Ledger, stored_ledger: tuple[Path, bytes, list[int]]
) -> None:
    """None at all."""
    assert not _findings(stored_ledger[0].parent, ledger)
