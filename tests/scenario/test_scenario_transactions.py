"""Evaluating and submitting."""

from __future__ import annotations

import json

import pytest
from grpc import StatusCode
from scenario_support import Place, new_key

from fabric_gateway import (
    CommitError,
    CommitStatusError,
    Contract,
    Deadlines,
    EndorseError,
    EvaluateError,
    Gateway,
    UnknownOutcome,
)
from fabric_gateway import Network as Ledger


def test_an_evaluation_returns_what_the_chaincode_answers(strict: Contract) -> None:
    assert strict.evaluate("Echo", "conga") == b"conga"


def test_an_evaluation_writes_nothing(strict: Contract, ledger: Ledger) -> None:
    key, height = new_key(), ledger.ledger_height()
    assert json.loads(strict.evaluate("Create", key, "ada", "7"))["id"] == key
    with pytest.raises(EvaluateError, match="does not exist"):
        strict.evaluate("Read", key)
    assert ledger.ledger_height() == height


def test_a_submit_returns_what_the_chaincode_answers(strict: Contract) -> None:
    assert strict.submit("Echo", "conga") == b"conga"


def test_what_was_submitted_is_there_to_be_read(strict: Contract, place: Place) -> None:
    key = new_key()
    for call in (("Create", key, "ada", "7"), ("Update", key, "8")):
        place.submitted(strict, *call)  # all three organisations endorse the next one
    assert json.loads(strict.submit("Transfer", key, "grace"))["owner"] == "grace"
    assert json.loads(strict.evaluate("Read", key)) == {"id": key, "owner": "grace", "value": "8"}


def test_arguments_are_text_or_any_bytes(strict: Contract) -> None:
    everything = bytes(range(256))
    assert strict.evaluate("Echo", "één ", everything, b"", "") == "één ".encode() + everything


def test_transient_data_reaches_the_chaincode_and_no_block(strict: Contract, ledger: Ledger) -> None:
    transient: dict[str, str | bytes] = {"key1": "value1", "key2": b"value2"}
    expected = {"key1": "value1", "key2": "value2"}
    assert json.loads(strict.evaluate("EchoTransient", transient=transient)) == expected
    commit = strict.submit_async("Echo", "seen", transient={"unseen": "transient-secret"})
    number = commit.status().block_number
    with ledger.blocks(number, number) as blocks:
        content = next(iter(blocks)).SerializeToString()
    assert b"seen" in content
    assert b"transient-secret" not in content


def test_the_single_steps_say_what_they_are_about(strict: Contract) -> None:
    proposal = strict.proposal("Echo", "by steps")
    assert proposal.evaluate() == b"by steps"
    transaction = proposal.endorse()
    assert transaction.transaction_id == proposal.transaction_id
    assert transaction.result == b"by steps"
    commit = transaction.submit()
    status = commit.status()
    assert commit.transaction_id == proposal.transaction_id
    assert (status.transaction_id, status.code, status.successful) == (proposal.transaction_id, "VALID", True)
    assert status.block_number > 0


def test_a_submit_need_not_wait_for_its_commit(strict: Contract, ledger: Ledger) -> None:
    key = new_key()
    submitted = strict.submit_async("Create", key, "ada", "1")
    assert json.loads(submitted.result)["id"] == key
    elsewhere = ledger.commit(submitted.transaction_id)
    assert elsewhere.status() == submitted.status()
    assert json.loads(strict.evaluate("Read", key))["owner"] == "ada"


def test_two_changes_of_one_key_at_once_leave_one_invalid(place: Place, strict: Contract) -> None:
    key = new_key()
    place.submitted(strict, "Count", key)
    first, second = (strict.proposal("Count", key).endorse() for _ in range(2))
    commits = [first.submit(), second.submit()]
    statuses = [commit.status() for commit in commits]
    assert sorted(status.code for status in statuses) == ["MVCC_READ_CONFLICT", "VALID"]
    assert strict.evaluate("Count", key) == b"3"


def test_a_submit_that_is_found_invalid_raises_with_the_code_and_block(
    strict: Contract, ledger: Ledger
) -> None:
    """The chaincode's own check passes for both; only validation can reject the one ordered second."""
    key = new_key()
    early = strict.proposal("Create", key, "ada", "1").endorse()
    strict.submit("Create", key, "grace", "2")
    status = early.submit().status()
    assert (status.successful, status.code) == (False, "MVCC_READ_CONFLICT")
    raised = CommitError.of(status)
    assert (raised.transaction_id, raised.code) == (early.transaction_id, "MVCC_READ_CONFLICT")
    assert raised.block_number == ledger.commit(early.transaction_id).status().block_number
    assert json.loads(strict.evaluate("Read", key))["owner"] == "grace"


def test_the_same_envelope_twice_is_one_transaction(strict: Contract, ledger: Ledger) -> None:
    key = new_key()
    submitted = strict.submit_async("Count", key)
    status = submitted.status()
    again = ledger.transaction_from(submitted.envelope).submit()
    assert again.status() == status
    assert strict.evaluate("Read", key) == b"1"


def test_deadlines_hold_for_every_step(strict: Contract, ledger: Ledger) -> None:
    with pytest.raises(EvaluateError) as evaluated:
        strict.evaluate("Wait", "2000", timeout=0.3)
    with pytest.raises(EndorseError) as endorsed:
        strict.proposal("Wait", "2000").endorse(timeout=0.3)
    with pytest.raises(CommitStatusError) as asked:
        ledger.commit("0" * 64).status(timeout=0.3)
    for caught in (evaluated, endorsed, asked):
        assert caught.value.status is StatusCode.DEADLINE_EXCEEDED


def test_a_commit_that_is_not_known_in_time_is_an_unknown_outcome(strict: Contract, ledger: Ledger) -> None:
    with pytest.raises(UnknownOutcome) as caught:
        strict.submit("Echo", "late", deadlines=Deadlines(commit_status=1e-4))
    assert ledger.commit(caught.value.transaction_id).status().successful
    assert ledger.transaction_from(caught.value.envelope).submit().status().successful


def test_the_chaincode_sees_who_calls(open_to_any: Contract, gateway: Gateway) -> None:
    seen = json.loads(open_to_any.evaluate("WhoAmI"))
    assert (seen["mspid"], seen["name"]) == ("Org1MSP", "user")
    assert seen["mspid"] == gateway.identity.mspid
