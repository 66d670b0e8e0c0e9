"""Private data collections: who may write, who may read, and who has to endorse."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scenario_support import Place, endorsers_of, new_key, transaction_of

from fabric_gateway import Contract, EndorseError, EvaluateError, SubmittedTransaction
from fabric_gateway import Network as Ledger


def write(
    contract: Contract, collection: str, key: str, organisations: Sequence[str] = ()
) -> SubmittedTransaction:
    """Write `value of <key>` to a collection, or to several."""
    submitted = contract.submit_async(
        "PutPrivate",
        transient={"collection": collection, "key": key, "value": f"value of {key}"},
        endorsing_organizations=organisations,
    )
    assert submitted.status().successful
    return submitted


def read(contract: Contract, collection: str, key: str, organisation: str) -> str:
    """The value that a peer of an organisation holds."""
    return contract.evaluate("GetPrivate", collection, key, endorsing_organizations=[organisation]).decode()


def test_a_member_writes_and_reads_back(open_to_any: Contract) -> None:
    key = new_key()
    write(open_to_any, "first", key, ["Org1MSP"])
    assert read(open_to_any, "first", key, "Org1MSP") == f"value of {key}"


def test_a_peer_of_no_member_has_nothing_to_read(place: Place, open_to_any: Contract) -> None:
    key = new_key()
    place.in_step(write(open_to_any, "first", key, ["Org1MSP"]))
    with pytest.raises(EvaluateError) as caught:
        read(open_to_any, "first", key, "Org2MSP")
    assert "private data matching public hash version is not available" in str(caught.value)


def test_another_organisations_client_writes_if_the_collection_allows_and_cannot_read(
    place: Place, second: Ledger, open_to_any: Contract
) -> None:
    key, theirs = new_key(), second.contract("open")
    place.in_step(write(theirs, "first", key, ["Org1MSP"]))
    with pytest.raises(EvaluateError) as caught:
        read(theirs, "first", key, "Org1MSP")
    assert "tx creator does not have read access permission" in str(caught.value)
    assert read(open_to_any, "first", key, "Org1MSP") == f"value of {key}"


def test_a_collection_of_two_members_is_not_read_by_a_third(second: Ledger, open_to_any: Contract) -> None:
    key = new_key()
    write(open_to_any, "shared", key, ["Org1MSP"])
    with pytest.raises(EvaluateError) as caught:
        read(second.contract("open"), "shared", key, "Org1MSP")
    assert "tx creator does not have read access permission" in str(caught.value)


def test_a_collection_of_two_members_is_not_written_by_a_third(second: Ledger) -> None:
    with pytest.raises(EndorseError) as caught:
        write(second.contract("open"), "shared", new_key(), ["Org1MSP"])
    assert "tx creator does not have write access permission" in str(caught.value)
    assert [detail.mspid for detail in caught.value.details][:1] == ["Org1MSP"]


def test_the_gateway_takes_its_own_organisation_where_that_is_a_member(
    open_to_any: Contract, ledger: Ledger
) -> None:
    key = new_key()
    written = write(open_to_any, "shared", key)
    assert endorsers_of(ledger, written) == ["Org1MSP"]
    assert read(open_to_any, "shared", key, "Org1MSP") == f"value of {key}"


def test_the_gateway_finds_the_endorsers_that_collections_need(
    place: Place, open_to_any: Contract, ledger: Ledger
) -> None:
    """A collection that only Org3 may endorse, together with one that Org1 shares with it."""
    key = new_key()
    written = write(open_to_any, "shared,third", key)
    place.in_step(written)
    assert "Org3MSP" in endorsers_of(ledger, written)
    assert read(open_to_any, "shared", key, "Org3MSP") == f"value of {key}"
    assert read(open_to_any, "third", key, "Org3MSP") == f"value of {key}"
    with pytest.raises(EvaluateError) as caught:
        read(open_to_any, "third", key, "Org1MSP")
    assert "private data matching public hash version is not available" in str(caught.value)


def test_a_block_holds_hashes_of_private_data_and_not_the_data(open_to_any: Contract, ledger: Ledger) -> None:
    key = new_key()
    written = write(open_to_any, "first", key, ["Org1MSP"])
    transaction = transaction_of(ledger, written)
    writes = [write for namespace in transaction.namespaces for write in namespace.private_writes]
    assert [write.collection for write in writes] == ["first"]
    assert key.encode() not in transaction.envelope
