"""Validity derived from blocks alone, against what real peers decided about all kinds of transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from scenario_support import CHANNEL, ORGANISATIONS, Place, new_key

from fabric_gateway import Contract, Transaction
from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import BlockMessage
from fabric_gateway.verification import (
    BlockFiles,
    BlockValidity,
    ChainVerifier,
    Finding,
    Space,
    Validity,
    values_from,
)
from memory_database import memory_database

FAILURE = "ENDORSEMENT_POLICY_FAILURE"
OPEN = Space("open")


@pytest.fixture(scope="session")
def filled(place: Place) -> Place:
    """The network, with transactions of every kind whose validity depends on something."""
    with place.connect("org1") as gateway:
        ledger = gateway.network(CHANNEL)
        conflicts(place, ledger.contract("strict"))
        ranges(place, ledger.contract("strict"))
        policies(place, ledger.contract("strict"), ledger.contract("open"))
        private(place, ledger.contract("open"))
    return place


def codes(place: Place, *endorse: Callable[[], Transaction]) -> list[str]:
    """Endorse all, then submit all; what became of each, once every peer has them."""
    endorsed = [each() for each in endorse]
    commits = [transaction.submit() for transaction in endorsed]
    for commit in commits:
        place.in_step(commit)
    return [commit.status().code for commit in commits]


def conflicts(place: Place, strict: Contract) -> None:
    key = new_key()
    place.submitted(strict, "Count", key)
    count = strict.proposal("Count", key).endorse
    remove = strict.proposal("Delete", key).endorse
    again = strict.proposal("Count", key).endorse
    assert "MVCC_READ_CONFLICT" in codes(place, count, remove, again)
    place.submitted(strict, "Count", key)
    lone = strict.proposal("Count", key, endorsing_organizations=["Org1MSP"]).endorse
    assert codes(place, lone) == [FAILURE]


def ranges(place: Place, strict: Contract) -> None:
    """Few keys, which a peer lists, and many, over which it keeps hashes."""
    for number in (3, 120):
        prefix = new_key()
        commits = [strict.submit_async("Count", f"{prefix}{index:03}") for index in range(number)]
        assert all(commit.status().successful for commit in commits)
        place.in_step(max(commits, key=lambda commit: commit.status().block_number))
        tally = strict.proposal("Tally", prefix, f"{prefix}~", new_key()).endorse
        intruder = strict.proposal("Count", f"{prefix}0015").endorse
        late = strict.proposal("Tally", prefix, f"{prefix}~", new_key()).endorse()
        assert codes(place, tally) == ["VALID"]
        assert codes(place, intruder) == ["VALID"]
        assert late.submit().status().code == "PHANTOM_READ_CONFLICT"


def policies(place: Place, strict: Contract, open_to_any: Contract) -> None:
    key = new_key()
    place.submitted(open_to_any, "Create", key, "ada", "first")
    place.submitted(open_to_any, "SetPolicy", key, "Org1MSP")
    wrong = open_to_any.proposal("Update", key, "second", endorsing_organizations=["Org2MSP"]).endorse
    right = open_to_any.proposal("Update", key, "third", endorsing_organizations=["Org1MSP"]).endorse
    assert codes(place, wrong) == [FAILURE]
    assert codes(place, right) == ["VALID"]
    change = open_to_any.proposal("SetPolicy", key, "Org2MSP", endorsing_organizations=["Org1MSP"]).endorse
    after = open_to_any.proposal("Update", key, "fourth", endorsing_organizations=["Org1MSP"]).endorse
    codes(
        place, change, after
    )  # the second fails, in the same block or a later one, unless it is ordered first


def private(place: Place, open_to_any: Contract) -> None:
    for collection in ("first", "passing", "shared"):
        key = new_key()
        put(place, open_to_any, collection, key)
        put(place, open_to_any, collection, key)
        read = open_to_any.proposal(
            "GetPrivate", collection, key, endorsing_organizations=["Org1MSP"]
        ).endorse
        early = open_to_any.proposal(
            "GetPrivate", collection, key, endorsing_organizations=["Org1MSP"]
        ).endorse()
        assert codes(place, read) == ["VALID"]
        if collection == "passing":
            for _ in range(4):
                place.submitted(open_to_any, "Echo", "a block passes")
        else:
            purge = open_to_any.proposal("PurgePrivate", collection, key, endorsing_organizations=["Org1MSP"])
            assert codes(place, purge.endorse) == ["VALID"]
        assert early.submit().status().code == "MVCC_READ_CONFLICT"


def put(place: Place, contract: Contract, collection: str, key: str) -> None:
    transient = {"collection": collection, "key": key, "value": f"value of {key}"}
    submitted = contract.submit_async("PutPrivate", transient=transient, endorsing_organizations=["Org1MSP"])
    place.in_step(submitted)
    assert submitted.status().successful


def delivered(ledger: Ledger, height: int) -> list[BlockMessage]:
    """The blocks of a peer up to a height."""
    with ledger.blocks(0, height - 1) as blocks:
        return list(blocks)


class Listed:
    """Blocks in a list, to be read from any number on."""

    def __init__(self, blocks: list[BlockMessage]) -> None:
        self._blocks = blocks

    def read(self, start: int = 0) -> Iterator[BlockMessage]:
        return iter(self._blocks[start:])


def verified(blocks: list[BlockMessage]) -> tuple[list[BlockValidity], list[Finding], Validity]:
    """Verify blocks whole: who ordered and created, and what is valid."""
    chain = ChainVerifier(channel=CHANNEL)
    validity = Validity(memory_database(), read_value=values_from(Listed(blocks)))
    results, findings = [], []
    for block in blocks:
        checked = chain.check(block)
        assert checked.configuration is not None
        results.append(validity.add(block, checked.configuration, checked.creators))
        findings.extend([*checked.findings, *results[-1].findings])
    wrong = [item for item in findings if item.kind != "note" and item.rule != "anchor.missing"]
    return results, wrong, validity


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_derived_flags_and_commit_hashes_are_those_of_every_peer(filled: Place, organisation: str) -> None:
    with filled.connect("org1") as gateway:
        ledger = gateway.network(CHANNEL)
        height = ledger.ledger_height()
        filled.in_step(ledger.contract("open").submit_async("Echo", "all have what was before"))
    with filled.connect(organisation, "admin") as gateway:
        blocks = delivered(gateway.network(CHANNEL), height)
    results, wrong, _ = verified(blocks)
    assert not wrong
    seen = {flag for result in results for flag in result.flags}
    assert seen >= {"VALID", FAILURE, "MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"}


def test_derived_state_is_what_the_chaincode_reads(filled: Place) -> None:
    with filled.connect("org1") as gateway:
        ledger = gateway.network(CHANNEL)
        key = new_key()
        commit = ledger.contract("open").submit_async("Count", key)
        height = commit.status().block_number + 1
        blocks = delivered(ledger, height)
    _, _, validity = verified(blocks)
    found = validity.state.get(OPEN, key.encode())
    assert found is not None and found.version[0] == height - 1


def test_block_files_of_peers_and_orderers_amount_to_the_same(filled: Place) -> None:
    folder = filled.network.home / "nodes"
    peer, orderer = (
        list(BlockFiles(folder / path / CHANNEL))
        for path in (
            "peer0.org1/data/ledgersData/chains/chains",
            "orderer.org1/data/ledger/chains",
        )
    )
    height = min(len(peer), len(orderer))
    of_peer, wrong, _ = verified(peer[:height])
    of_orderer, more, _ = verified(orderer[:height])
    assert not wrong and not more
    assert [found.flags for found in of_peer] == [found.flags for found in of_orderer]
    assert [found.commit_hash for found in of_peer] == [found.commit_hash for found in of_orderer]
