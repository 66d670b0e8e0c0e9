"""The steps of a transaction when nothing goes wrong, and when the chaincode or the commit says no."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from fabric_gateway import (
    CommitError,
    ConnectionClosed,
    DecodeError,
    EndorseError,
    EvaluateError,
    ProtocolError,
)
from fabric_gateway._wire import messages
from fabric_gateway.testing import MemoryGateway, make_identity


def test_evaluate_returns_what_the_chaincode_answers_and_writes_nothing(
    contract: Any, memory: MemoryGateway
) -> None:
    assert contract.evaluate("Add", "a", "5") == b"5"
    assert memory.get("a") is None
    assert memory.calls == ["Evaluate"]


def test_submit_waits_for_the_commit_and_returns_the_result(contract: Any, memory: MemoryGateway) -> None:
    assert contract.submit("Add", "a", "5") == b"5"
    assert contract.submit("Add", "a", "2") == b"7"
    assert memory.get("a") == b"7"
    assert memory.calls == ["Endorse", "Submit", "CommitStatus"] * 2


def test_arguments_and_transient_data_are_text_or_bytes(contract: Any) -> None:
    transient = {"x": "één", "y": b"\x00"}
    answer = contract.evaluate("Echo", "t", b"\xff", transient=transient, endorsing_organizations=["Org1MSP"])
    assert answer == b"t|\xff|" + "één".encode() + b"|\x00"


def test_transient_data_stays_out_of_the_transaction(contract: Any) -> None:
    transaction = contract.proposal("Echo", transient={"secret": "hidden"}).endorse()
    assert b"hidden" not in transaction.envelope.replace(transaction.result, b"")
    spec = messages.common.Payload.FromString(transaction.bytes)
    assert transaction.transaction_id in str(spec)


def test_submit_async_returns_before_the_commit(contract: Any, memory: MemoryGateway) -> None:
    memory.hold()
    submitted = contract.submit_async("Add", "a", "5")
    assert submitted.result == b"5"
    assert memory.get("a") is None
    memory.release()
    status = submitted.status()
    assert status.successful
    assert (status.code, status.block_number) == ("VALID", 1)
    assert status.transaction_id == submitted.transaction_id


def test_single_steps_share_one_transaction_id(contract: Any, network: Any) -> None:
    proposal = contract.proposal("Add", "a", "1")
    assert proposal.digest == hashlib.sha256(proposal.bytes).digest()
    transaction = proposal.endorse()
    assert transaction.digest == hashlib.sha256(transaction.bytes).digest()
    assert transaction.result == b"1"
    commit = transaction.submit()
    assert proposal.transaction_id == transaction.transaction_id == commit.transaction_id
    assert commit.status().successful
    assert network.commit(proposal.transaction_id).status() == commit.status()


def test_a_proposal_can_be_evaluated_before_it_is_endorsed(contract: Any) -> None:
    proposal = contract.proposal("Add", "a", "1")
    assert proposal.evaluate() == b"1"
    assert proposal.endorse().submit().status().successful


def test_each_proposal_has_a_fresh_transaction_id(contract: Any) -> None:
    ids = {contract.proposal("Show", "a").transaction_id for _ in range(20)}
    assert len(ids) == 20


def test_a_kept_envelope_is_offered_again_and_counts_once(
    contract: Any, network: Any, memory: MemoryGateway
) -> None:
    transaction = contract.proposal("Add", "a", "5").endorse()
    assert transaction.submit().status().successful
    again = network.transaction_from(transaction.envelope)
    assert again.envelope == transaction.envelope
    assert again.submit().status().block_number == 1
    assert memory.get("a") == b"5"
    assert memory.height == 3


def test_an_envelope_of_another_channel_or_without_signature_is_refused(contract: Any, opened: Any) -> None:
    transaction = contract.proposal("Add", "a", "5").endorse()
    with pytest.raises(DecodeError, match="is for channel 'channel', not for 'other'"):
        opened().network("other").transaction_from(transaction.envelope)
    unsigned = messages.common.Envelope(payload=transaction.bytes).SerializeToString()
    with pytest.raises(DecodeError, match="carries no signature"):
        opened().network("channel").transaction_from(unsigned)
    with pytest.raises(DecodeError, match=r"cannot be read as common\.Envelope"):
        opened().network("channel").transaction_from(b"\xff\xff")


def test_the_ledger_height_counts_the_blocks(network: Any, contract: Any) -> None:
    assert network.ledger_height() == 1
    contract.submit("Add", "a", "5")
    assert network.ledger_height() == 2


def test_a_chaincode_refusal_of_an_evaluation_carries_its_own_words(contract: Any) -> None:
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate("Nothing")
    error = caught.value
    assert error.chaincode_message == "NO_SUCH_FUNCTION: there is no Nothing\n{}"
    assert error.status.name == "UNKNOWN"
    assert error.details[0].mspid == "Org1MSP"
    assert error.transaction_id in str(error)
    assert not error.retryable


def test_a_chaincode_refusal_of_a_submit_is_an_endorse_error(contract: Any, memory: MemoryGateway) -> None:
    with pytest.raises(EndorseError) as caught:
        contract.submit("Nothing")
    assert caught.value.chaincode_message == "NO_SUCH_FUNCTION: there is no Nothing\n{}"
    assert memory.calls == ["Endorse"]


def test_a_read_conflict_is_a_commit_error(contract: Any) -> None:
    first = contract.proposal("Add", "a", "1").endorse()
    second = contract.proposal("Add", "a", "2").endorse()
    assert first.submit().status().successful
    status = second.submit().status()
    assert (status.successful, status.code) == (False, "MVCC_READ_CONFLICT")


def test_submit_raises_the_validation_code_of_an_invalid_transaction(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    with pytest.raises(CommitError, match="is invalid in block 1: ENDORSEMENT_POLICY_FAILURE") as caught:
        contract.submit("Add", "a", "1")
    assert (caught.value.code, caught.value.block_number) == ("ENDORSEMENT_POLICY_FAILURE", 1)
    assert len(caught.value.transaction_id) == 64
    assert memory.get("a") is None


def test_an_unknown_channel_or_chaincode_is_refused_by_the_gateway(opened: Any, network: Any) -> None:
    with pytest.raises(EvaluateError, match="channel nowhere does not exist"):
        opened().network("nowhere").contract("ledger").evaluate("Show", "a")
    with pytest.raises(EndorseError, match="no peers available to invoke chaincode 'nothing'"):
        network.contract("nothing").submit("Show", "a")


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "Ed25519"])
def test_every_kind_of_key_signs_every_step(opened: Any, algorithm: Any) -> None:
    network = opened(make_identity(algorithm=algorithm)).network("channel")
    assert network.contract("ledger").submit("Add", "a", "5") == b"5"
    assert [block.header.number for block in network.blocks(0, 1)] == [0, 1]


def test_a_text_in_place_of_a_list_of_organisations_is_a_mistake(contract: Any) -> None:
    with pytest.raises(TypeError, match="endorsing_organizations is the text 'Org1MSP': give a list"):
        contract.proposal("Show", "a", endorsing_organizations="Org1MSP")


def test_a_transaction_other_than_the_proposed_one_is_not_signed(
    contract: Any, memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = contract.proposal("Add", "a", "1000000").endorse().bytes

    def swapped(*_: object, **__: object) -> tuple[bytes, bytes]:
        return b"", other

    monkeypatch.setattr("fabric_gateway.testing._ledger.MemoryLedger.invoke", swapped)
    with pytest.raises(ProtocolError, match="instead of the proposed"):
        contract.submit("Add", "a", "1")
    monkeypatch.setattr("fabric_gateway.testing._ledger.MemoryLedger.invoke", lambda *_: (b"", b"\xff"))
    with pytest.raises(ProtocolError, match="not a transaction"):
        contract.submit("Add", "a", "1")
    assert "Submit" not in memory.calls


def test_a_closed_gateway_says_so(opened: Any) -> None:
    gateway = opened()
    contract = gateway.network("channel").contract("ledger")
    gateway.close()
    with pytest.raises(ConnectionClosed, match="connect again"):
        contract.evaluate("Show", "a")
    with pytest.raises(ConnectionClosed, match="connect again"):
        gateway.network("channel").blocks()
