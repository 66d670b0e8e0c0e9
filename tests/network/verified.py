"""The block files of a network's nodes, verified from the genesis block that the network keeps."""

from __future__ import annotations

from pathlib import Path

from fabric_gateway.blocks import Block
from fabric_gateway.verification import (
    BlockFiles,
    ChainVerifier,
    Finding,
    Validity,
    values_from,
    verify_chain,
)
from kindpakket_network import Network
from kindpakket_network.programs.wait import until
from memory_database import memory_database
from patience import PATIENCE

_LEDGERS = ("ledger/chains", "ledgersData/chains/chains")


def findings(network: Network, channel: str) -> dict[str, list[Finding]]:
    """What is found in the blocks of each node that has the channel, by the node's name."""
    anchor = Block.decode((network.home / "channels" / channel / "genesis.block").read_bytes()).header_hash
    folders = {
        node.name: node / "data" / ledgers / channel
        for node in sorted((network.home / "nodes").iterdir())
        for ledgers in _LEDGERS
        if (node / "data" / ledgers / channel).is_dir()
    }
    assert folders, network.home
    return {name: _whole(folder, anchor) for name, folder in folders.items()}


def _whole(folder: Path, anchor: bytes) -> list[Finding]:
    """What is found in files that a running node may be writing to."""
    found: list[Finding] = []

    def read() -> list[Finding] | None:
        files = BlockFiles(folder)
        validity = Validity(memory_database(), read_value=values_from(files))
        told = verify_chain(files, ChainVerifier(anchor=anchor), validity=validity)
        # Notes are no flaws: endorsers of another version around an upgrade, endorsements that other tests
        # forged in transactions that the peers called invalid.
        found[:] = [item for item in told if item.kind != "note"]
        return None if any(item.rule == "file.damaged" for item in found) else found

    until(read, PATIENCE)
    return found
