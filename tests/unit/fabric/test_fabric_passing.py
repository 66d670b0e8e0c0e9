"""States of a peer that pass by themselves are waited for: nothing was ordered, the proposal is sent again.

The sentences are those of Fabric 3.1.1, as a client gets them.
"""

from __future__ import annotations

from typing import Any

import pytest
from fabric_helpers import Open
from grpc import StatusCode

from fabric_gateway import Deadlines, EndorseError, ErrorDetail, EvaluateError, _node_messages
from fabric_gateway._connection import flow as _flow
from fabric_gateway.testing import MemoryGateway

ENDORSING = "failed to endorse transaction, see attached details for more info"
EVALUATING = "failed to evaluate transaction, see attached details for more info"
COLLECTING = "failed to collect enough transaction endorsements, see attached details for more info"
NO_PLAN = "no combination of peers can be derived which satisfy the endorsement policy: "
DEFINED = (
    "make sure the chaincode kindpakket has been successfully defined on channel zuidhorn and try again: "
)
EXECUTING = "error in simulation: failed to execute transaction 4b1f: "
LAUNCHING = EXECUTING + "could not launch chaincode kindpakket_1:0a1b: "

UNREADY = (
    DEFINED
    + "chaincode cache at sequence 2 but current sequence is 1, chaincode definition for 'kindpakket' "
    "changed during invoke",
    DEFINED + "chaincode definition for 'kindpakket' at sequence 2 on channel 'zuidhorn' has not yet been "
    "approved by this org",
    DEFINED + "could not get approved chaincode info from cache: unknown channel 'zuidhorn'",
    DEFINED + "could not get channel config for channel 'zuidhorn'",
    EXECUTING + "claimed to start chaincode container for kindpakket_1:0a1b but could not find handler",
    LAUNCHING + "chaincode registration failed: connection to kindpakket_1:0a1b terminated",
    LAUNCHING + "timeout expired while starting chaincode kindpakket_1:0a1b for transaction",
    LAUNCHING
    + "connection to kindpakket_1:0a1b failed: error cannot create connection for kindpakket_1:0a1b: "
    "error creating grpc connection to 127.0.0.1:7052: context deadline exceeded",
    LAUNCHING + "connection to kindpakket_1:0a1b failed: error creating grpc client connection to "
    "kindpakket_1:0a1b: rpc error: code = Unknown desc = EOF",
    EXECUTING + "error sending: txid: 4b1f(zuidhorn) exists",
    "Channel does not exist: zuidhorn",
    "endorsing with plugin failed: plugin with name escc could not be used: failed obtaining channel state: "
    "channel zuidhorn doesn't exist",
    "endorsing with plugin failed: plugin with name escc could not be used: transient store for channel "
    "zuidhorn was not initialized",
    DEFINED
    + "could not get current sequence for chaincode 'kindpakket' on channel 'zuidhorn': could not get "
    "state for key namespaces/fields/kindpakket/Sequence: leveldb: closed",
)
LACKING = (
    NO_PLAN + "required chaincodes are not installed on sufficient peers",
    NO_PLAN + "no peer combination can satisfy the endorsement policy",
    "no peers available to evaluate chaincode kindpakket in channel zuidhorn",
    "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect "
    "transient data",
    "failed to select a set of endorsers that satisfy the endorsement policy due to unavailability of peers: "
    "[peer0.winkels:7051]",
)
LACKING_AT_THE_PEER = (
    "error in simulation: could not build private data dissemination plan for chaincode kindpakket and "
    "collection personal: required to disseminate to at least 1 peers, but know of only 0 eligible peers",
    "error in simulation: Failed disseminating 1 out of 2 private dissemination plans",
)
LOST = (
    'rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: EOF"',
    "rpc error: code = Canceled desc = grpc: the client connection is closing",
)
STOPPED = EXECUTING + "error sending: chaincode stream terminated"
FINAL = (
    EXECUTING + "error sending: timeout expired while executing transaction",
    DEFINED + "chaincode definition for 'kindpakket' exists, but chaincode is not installed",
    DEFINED + "chaincode nothing not found",
    LAUNCHING + "error building chaincode: error building image: external builder failed",
    "rpc error: code = Unknown desc = error validating proposal: access denied: channel [zuidhorn] creator "
    "org [WinkelsMSP]",
)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_flow, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(_flow, "_LONGEST_PAUSE", 0.02)


def by(words: str) -> tuple[ErrorDetail, ...]:
    return (ErrorDetail("peer0.winkels:7051", "WinkelsMSP", words),)


def at_the_deadline(contract: Any) -> EndorseError:
    """What is told of a submit that is repeated until its deadline."""
    for seconds in (0.4, 2.0, 10.0, 50.0):  # on a busy machine the first call may take all of it
        with pytest.raises(EndorseError) as caught:
            contract.submit("Add", "a", "5", deadlines=Deadlines(endorse=seconds))
        if caught.value.status is not StatusCode.DEADLINE_EXCEEDED:
            break
    return caught.value


@pytest.mark.parametrize("reason", [ENDORSING, COLLECTING])
@pytest.mark.parametrize("words", UNREADY)
def test_a_peer_that_is_not_ready_endorses_the_same_proposal_later(
    contract: Any, memory: MemoryGateway, words: str, reason: str
) -> None:
    memory.fail("Endorse", StatusCode.ABORTED, reason, details=by(words), times=_flow._ATTEMPTS + 2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls == [*["Endorse"] * (_flow._ATTEMPTS + 3), "Submit", "CommitStatus"]


@pytest.mark.parametrize("words", UNREADY)
def test_a_peer_that_is_not_ready_evaluates_later(contract: Any, memory: MemoryGateway, words: str) -> None:
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(words), times=_flow._ATTEMPTS + 2)
    assert contract.evaluate("Show", "a") == b""
    assert memory.calls == ["Evaluate"] * (_flow._ATTEMPTS + 3)


@pytest.mark.parametrize("words", UNREADY)
def test_a_peer_that_stays_unready_is_told_at_the_deadline(
    opened: Open, memory: MemoryGateway, words: str
) -> None:
    contract = opened().network("channel").contract("ledger")
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(words), times=10_000)
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(words), times=10_000)
    for seconds in (0.4, 2.0, 10.0, 50.0):  # a busy machine gets less done in the same time
        memory.forget_calls()
        with pytest.raises(EndorseError) as endorsing:
            contract.submit("Add", "a", "5", deadlines=Deadlines(endorse=seconds))
        with pytest.raises(EvaluateError) as evaluating:
            contract.evaluate("Show", "a", timeout=seconds)
        for error in (endorsing.value, evaluating.value):
            assert (error.peer_unready, error.retryable) == (True, True)
            assert words in str(error)
        assert set(memory.calls) == {"Endorse", "Evaluate"}
        if min(memory.calls.count("Endorse"), memory.calls.count("Evaluate")) > _flow._ATTEMPTS:
            return
    pytest.fail(f"in {seconds} s no more attempts than {_flow._ATTEMPTS}")


@pytest.mark.parametrize("words", LACKING)
def test_a_peer_that_knows_too_few_others_is_waited_for(
    contract: Any, memory: MemoryGateway, words: str
) -> None:
    """As for seconds after it has started again."""
    many = _flow._ATTEMPTS + 2
    memory.fail("Endorse", StatusCode.FAILED_PRECONDITION, words, times=many)
    memory.fail("Evaluate", StatusCode.FAILED_PRECONDITION, words, times=many)
    assert contract.submit("Add", "a", "5") == b"5"
    assert contract.evaluate("Show", "a") == b"5"
    memory.fail("Endorse", StatusCode.FAILED_PRECONDITION, words, times=10_000)
    assert at_the_deadline(contract).peers_lacking


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        *((words, "peers_lacking") for words in LACKING_AT_THE_PEER),
        *((words, "peers_lost") for words in LOST),
    ],
)
def test_a_peer_that_was_lost_is_waited_for(
    contract: Any, memory: MemoryGateway, words: str, flag: str
) -> None:
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(words), times=_flow._ATTEMPTS + 2)
    assert contract.submit("Add", "a", "5") == b"5"
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(words), times=10_000)
    error = at_the_deadline(contract)
    assert getattr(error, flag)
    assert words in str(error)


def test_a_chaincode_that_stopped_is_called_a_few_times(contract: Any, memory: MemoryGateway) -> None:
    """This very call may be what stops it."""
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(STOPPED), times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(STOPPED), times=100)
    before = len(memory.calls)
    with pytest.raises(EndorseError) as caught:
        contract.submit("Add", "a", "5")
    assert caught.value.chaincode_stopped
    assert memory.calls[before:] == ["Endorse"] * _flow._ATTEMPTS


def test_an_evaluation_whose_chaincode_stops_is_tried_a_few_times(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(STOPPED), times=100)
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate("Show", "a")
    assert caught.value.chaincode_stopped
    assert memory.calls == ["Evaluate"] * _flow._ATTEMPTS


@pytest.mark.parametrize("words", [words for words in UNREADY if words.startswith(LAUNCHING)])
def test_that_a_chaincode_stopped_is_reported_though_it_is_gone_when_the_call_is_repeated(
    contract: Any, memory: MemoryGateway, words: str
) -> None:
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(STOPPED))
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(words), times=10_000)
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate("Show", "a", timeout=0.4)
    assert caught.value.chaincode_stopped
    assert STOPPED in str(caught.value)


@pytest.mark.parametrize("words", FINAL)
def test_what_needs_somebody_to_act_is_told_at_once(contract: Any, memory: MemoryGateway, words: str) -> None:
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(words))
    memory.fail("Evaluate", StatusCode.ABORTED, EVALUATING, details=by(words))
    with pytest.raises(EndorseError):
        contract.submit("Add", "a", "5")
    with pytest.raises(EvaluateError):
        contract.evaluate("Show", "a")
    assert memory.calls == ["Endorse", "Evaluate"]


@pytest.mark.parametrize("words", [*UNREADY, STOPPED, *LOST])
def test_the_same_words_of_the_chaincode_are_its_refusal(
    contract: Any, memory: MemoryGateway, words: str
) -> None:
    memory.fail("Endorse", StatusCode.ABORTED, ENDORSING, details=by(f"chaincode response 500, {words}"))
    with pytest.raises(EndorseError) as caught:
        contract.submit("Add", "a", "5")
    assert caught.value.chaincode_message == words
    assert (caught.value.peer_unready, caught.value.retryable) == (False, False)
    assert memory.calls == ["Endorse"]


def test_a_refusal_beside_an_unready_peer_is_told_at_once(contract: Any, memory: MemoryGateway) -> None:
    details = (
        ErrorDetail("peer0.gemeente:7051", "GemeenteMSP", "chaincode response 500, NO: not today"),
        *by(UNREADY[0]),
    )
    memory.fail("Endorse", StatusCode.ABORTED, COLLECTING, details=details, times=100)
    with pytest.raises(EndorseError):
        contract.submit("Add", "a", "5")
    assert memory.calls == ["Endorse"]


def test_every_message_of_the_tables_is_tried() -> None:
    told = {
        _node_messages.PEER_UNREADY: UNREADY,
        _node_messages.PEERS_LACKING: (*LACKING, *LACKING_AT_THE_PEER),
        _node_messages.PEERS_LOST: LOST,
    }
    for phrases, sentences in told.items():
        assert [phrase for phrase in phrases if not any(phrase in one for one in sentences)] == []
