"""Steps that harm nothing when repeated are repeated, within bounds; the others are not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import CommitStatusError, Deadlines, EndorseError, ErrorDetail, EvaluateError
from fabric_gateway._connection import flow as _flow
from fabric_gateway.testing import MemoryGateway

NOT_ENOUGH = "failed to collect enough transaction endorsements, see attached details for more info"
DIFFER = "ProposalResponsePayloads do not match"
LOST = "rpc error: code = Unavailable desc = connection refused"
OVERLOAD = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_flow, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(_flow, "_LONGEST_PAUSE", 0.05)


@pytest.mark.parametrize(
    ("status", "reason"), [(StatusCode.UNKNOWN, OVERLOAD), (StatusCode.UNAVAILABLE, "connection refused")]
)
def test_overload_and_unavailability_are_waited_out(
    contract: Any, memory: MemoryGateway, status: StatusCode, reason: str
) -> None:
    memory.fail("Evaluate", status, reason, times=2)
    assert contract.evaluate("Show", "a") == b""
    assert memory.calls == ["Evaluate"] * 3
    memory.fail("Endorse", status, reason, times=2)
    memory.fail("CommitStatus", status, reason, times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls[3:] == ["Endorse"] * 3 + ["Submit"] + ["CommitStatus"] * 3


def test_overload_of_one_endorser_is_waited_out(contract: Any, memory: MemoryGateway) -> None:
    details = (ErrorDetail("peer1:7051", "Org2MSP", f"rpc error: code = Unknown desc = {OVERLOAD}"),)
    memory.fail("Endorse", StatusCode.ABORTED, "failed to collect enough endorsements", details=details)
    assert contract.submit("Add", "a", "5") == b"5"


def test_a_peer_that_is_a_block_behind_is_waited_for(contract: Any, memory: MemoryGateway) -> None:
    details = (ErrorDetail("peer1:7051", "Org2MSP", DIFFER),)
    memory.fail("Endorse", StatusCode.ABORTED, NOT_ENOUGH, details=details, times=2)
    assert contract.submit("Add", "a", "5") == b"5"
    assert memory.calls.count("Endorse") == 3


def test_a_peer_that_always_comes_to_another_result_ends_it(contract: Any, memory: MemoryGateway) -> None:
    details = (ErrorDetail("peer1:7051", "Org2MSP", DIFFER),)
    memory.fail("Endorse", StatusCode.ABORTED, NOT_ENOUGH, details=details, times=100)
    with pytest.raises(EndorseError) as caught:
        contract.submit("Add", "a", "5")
    assert caught.value.results_differ
    assert caught.value.peers_differ()
    assert memory.calls == ["Endorse"] * _flow._ATTEMPTS


@pytest.mark.parametrize(
    "more", [(), (("peer2:7051", "Org3MSP", DIFFER),), (("peer2:7051", "Org3MSP", LOST),)]
)
def test_a_chaincode_that_refuses_at_another_organisation_is_not_asked_again(
    contract: Any, memory: MemoryGateway, more: tuple[tuple[str, str, str], ...]
) -> None:
    said = (*more, ("peer1:7051", "Org2MSP", "chaincode response 500, NO: not here"))
    details = tuple(ErrorDetail(*detail) for detail in said)
    memory.fail("Endorse", StatusCode.ABORTED, NOT_ENOUGH, details=details, times=100)
    with pytest.raises(EndorseError) as caught:
        contract.submit("Add", "a", "5")
    assert caught.value.chaincode_message == "NO: not here"
    assert caught.value.peers_differ()
    assert not caught.value.results_differ
    assert not caught.value.retryable
    assert memory.calls == ["Endorse"]


def test_a_refusal_by_all_who_were_asked_is_final(contract: Any, memory: MemoryGateway) -> None:
    details = (ErrorDetail("peer1:7051", "Org2MSP", "chaincode response 500, NO: not today"),)
    memory.fail("Endorse", StatusCode.ABORTED, NOT_ENOUGH, details=details, times=2)
    for named, differ in ((["Org2MSP"], False), (["Org1MSP", "Org2MSP"], True)):
        with pytest.raises(EndorseError) as caught:
            contract.submit("Add", "a", "5", endorsing_organizations=named)
        assert caught.value.peers_differ(named) is differ
    assert memory.calls == ["Endorse", "Endorse"]


@pytest.mark.parametrize(
    "words", ["connection refused", "required chaincodes are not installed on sufficient peers"]
)
def test_a_peer_that_starts_again_is_waited_for_as_long_as_the_deadline_allows(
    contract: Any, memory: MemoryGateway, words: str
) -> None:
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, words, times=_flow._ATTEMPTS * 3)
    assert contract.evaluate("Show", "a") == b""
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, words, times=1000)
    for seconds in (0.5, 2.0, 10.0, 50.0):  # on a busy machine the first call may take all of it
        with pytest.raises(EvaluateError) as caught:
            contract.evaluate("Show", "a", timeout=seconds)
        if caught.value.status is not StatusCode.DEADLINE_EXCEEDED:
            break
    assert words in caught.value.reason
    assert caught.value.retryable


def test_a_chaincode_that_this_call_may_crash_is_called_six_times(
    contract: Any, memory: MemoryGateway
) -> None:
    words = "error in simulation: chaincode stream terminated"
    memory.fail("Evaluate", StatusCode.UNKNOWN, words, times=100)
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate("Show", "a")
    assert caught.value.chaincode_stopped
    assert memory.calls == ["Evaluate"] * _flow._ATTEMPTS


def test_a_message_that_is_too_large_is_sent_once(contract: Any, memory: MemoryGateway) -> None:
    """gRPC reports it with the status of overload."""
    words = "grpc: received message larger than max (115343368 vs. 104857600)"
    memory.fail("Evaluate", StatusCode.RESOURCE_EXHAUSTED, words, times=100)
    with pytest.raises(EvaluateError, match=r"115343368 vs\. 104857600") as caught:
        contract.evaluate("Show", "a")
    assert caught.value.too_large
    assert not caught.value.overloaded
    assert not caught.value.retryable
    assert memory.calls == ["Evaluate"]


def test_overload_is_waited_out_to_the_deadline(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("Evaluate", StatusCode.UNKNOWN, OVERLOAD, times=_flow._ATTEMPTS + 2)
    assert contract.evaluate("Show", "a") == b""
    assert memory.calls == ["Evaluate"] * (_flow._ATTEMPTS + 3)


def test_the_deadline_bounds_the_retries(
    contract: Any, memory: MemoryGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_flow, "_FIRST_PAUSE", 10)
    monkeypatch.setattr(_flow, "_LONGEST_PAUSE", 10)
    memory.fail("Evaluate", StatusCode.UNAVAILABLE, "connection refused", times=100)
    with pytest.raises(EvaluateError):
        contract.evaluate("Show", "a", timeout=0.5)
    assert memory.calls == ["Evaluate"]


@pytest.mark.alone
def test_a_call_without_an_answer_ends_at_its_deadline(contract: Any, memory: MemoryGateway) -> None:
    memory.hang("Evaluate")
    memory.hang("Endorse")
    started = time.monotonic()
    with pytest.raises(EvaluateError) as evaluating:
        contract.evaluate("Show", "a", timeout=0.2)
    with pytest.raises(EndorseError) as endorsing:
        contract.submit("Show", "a", deadlines=Deadlines(endorse=0.2))
    assert evaluating.value.status is endorsing.value.status is StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("access denied: channel [channel] creator org [Org1MSP]", "forbidden"),
        ("proposal client identity expired", "identity_expired"),
        (
            "request unauthorized due to incorrect timestamp 2026-01-01, peer time 2026-01-02, "
            "peer.authentication.timewindow 2m0s",
            "clock_refused",
        ),
    ],
)
def test_what_time_does_not_heal_is_not_repeated(
    contract: Any, memory: MemoryGateway, words: str, flag: str
) -> None:
    details = (ErrorDetail("peer0:7051", "Org1MSP", f"rpc error: code = Unknown desc = {words}"),)
    memory.fail(
        "Evaluate", StatusCode.UNAVAILABLE, "failed to evaluate transaction", details=details, times=9
    )
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate("Show", "a")
    flags = {name: getattr(caught.value, name) for name in ("forbidden", "identity_expired", "clock_refused")}
    assert flags == {"forbidden": False, "identity_expired": False, "clock_refused": False, flag: True}
    assert memory.calls == ["Evaluate"]


def test_a_status_that_does_not_become_known_is_a_commit_status_error(
    contract: Any, memory: MemoryGateway
) -> None:
    memory.hold()
    commit = contract.proposal("Add", "a", "5").endorse().submit()
    with pytest.raises(CommitStatusError) as caught:
        commit.status(timeout=0.2)
    assert caught.value.transaction_id == commit.transaction_id
    memory.release()
    assert commit.status().successful


def test_commit_status_is_asked_until_its_deadline(contract: Any, memory: MemoryGateway) -> None:
    memory.fail("CommitStatus", StatusCode.UNKNOWN, OVERLOAD, times=9)
    assert contract.submit("Add", "a", "5", deadlines=Deadlines(commit_status=20)) == b"5"
    assert memory.calls.count("CommitStatus") == 10
