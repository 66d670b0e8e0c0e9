"""Errors are classified by what the nodes said."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from grpc import StatusCode

from kindpakket.fabric import (
    CommitError,
    CommitStatusError,
    EndorseError,
    ErrorDetail,
    EvaluateError,
    EventsError,
    FabricError,
    GatewayError,
    SubmitError,
    UnknownOutcome,
    _wire,
)
from kindpakket.fabric.testing import MemoryGateway

GATEWAY_ERRORS = (EvaluateError, EndorseError, SubmitError, CommitStatusError, EventsError)


def said(*words: str) -> tuple[ErrorDetail, ...]:
    return tuple(ErrorDetail("node:7050", "Org1MSP", word) for word in words)


def test_the_tree() -> None:
    assert all(issubclass(kind, GatewayError) for kind in GATEWAY_ERRORS)
    assert all(issubclass(kind, FabricError) for kind in (GatewayError, CommitError, UnknownOutcome))
    assert not issubclass(UnknownOutcome, GatewayError)


@pytest.mark.parametrize("kind", GATEWAY_ERRORS)
def test_a_gateway_error_tells_step_status_and_who_said_what(kind: type[GatewayError]) -> None:
    error = kind("no", status=StatusCode.ABORTED, details=said("because"), transaction_id="t1")
    assert str(error) == (f"{kind.step} of transaction t1 failed: ABORTED: no; node:7050 (Org1MSP): because")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), str(again), again.details) == (kind, str(error), error.details)


def test_commit_errors_survive_pickling() -> None:
    again = pickle.loads(pickle.dumps(CommitError("t1", "MVCC_READ_CONFLICT", 7)))  # noqa: S301
    assert (again.transaction_id, again.code, again.block_number) == ("t1", "MVCC_READ_CONFLICT", 7)


def test_details_come_from_the_trailing_metadata(contract: Any, memory: MemoryGateway) -> None:
    details = (
        ErrorDetail("peer0:7051", "GemeenteMSP", "chaincode response 500, NO: not today"),
        ErrorDetail("peer1:8051", "WinkelsMSP", "ProposalResponsePayloads do not match"),
    )
    memory.fail("Endorse", StatusCode.ABORTED, "failed to endorse transaction", details=details)
    with pytest.raises(EndorseError) as caught:
        contract.submit("Add", "a", "1")
    assert caught.value.details == details
    assert not caught.value.peers_differ()
    assert caught.value.chaincode_message == "NO: not today"


def test_long_words_of_the_chaincode_arrive_whole(contract: Any) -> None:
    name = "x" * 50_000
    with pytest.raises(EvaluateError) as caught:
        contract.evaluate(name)
    assert caught.value.chaincode_message == f"NO_SUCH_FUNCTION: there is no {name}\n{{}}"


def test_garbage_in_the_trailing_metadata_is_no_detail() -> None:
    assert _wire.error_details(b"\xff\xff") == ()
    assert _wire.error_details(None) == ()
    status = _wire.pack_error_details(2, "no", said("because"))
    assert _wire.error_details(status.replace(b"gateway.ErrorDetail", b"another.ErrorDetail")) == ()


@pytest.mark.parametrize(
    ("status", "reason", "details", "refused"),
    [
        (StatusCode.ABORTED, "response from orderer: status=FORBIDDEN, info=", (), True),
        (StatusCode.ABORTED, "response from orderer: status=BAD_REQUEST, info=", (), True),
        (StatusCode.ABORTED, "something else", (), False),
        (StatusCode.INVALID_ARGUMENT, "prepared transaction must be signed", (), True),
        (StatusCode.UNAVAILABLE, "no quorum", said("status=FORBIDDEN, info=", "status=FORBIDDEN"), True),
        (StatusCode.UNAVAILABLE, "no quorum", said("status=FORBIDDEN", "status=SERVICE_UNAVAILABLE"), False),
        (StatusCode.UNAVAILABLE, "no quorum", said("status=FORBIDDEN", "EOF"), False),
        (StatusCode.DEADLINE_EXCEEDED, "too slow", (), False),
    ],
)
def test_a_submit_is_refused_only_when_all_who_were_heard_refuse(
    status: StatusCode, reason: str, details: tuple[ErrorDetail, ...], refused: bool
) -> None:
    assert SubmitError(reason, status=status, details=details).refused is refused


@pytest.mark.parametrize("words", ["request already processed", "request already exists"])
def test_already_submitted_is_read_in_the_details(words: str) -> None:
    info = f"status=SERVICE_UNAVAILABLE, info=failed to submit request: {words}"
    error = SubmitError("no quorum", status=StatusCode.UNAVAILABLE, details=said(info))
    assert error.already_submitted
    assert not error.refused


def test_overload_is_read_in_the_words_and_in_the_status() -> None:
    words = "too many requests for /protos.Endorser, exceeding concurrency limit (2500)"
    assert EndorseError("no", status=StatusCode.ABORTED, details=said(words)).overloaded
    assert EvaluateError(words, status=StatusCode.UNKNOWN).overloaded
    assert EvaluateError("", status=StatusCode.RESOURCE_EXHAUSTED).overloaded
    assert not EvaluateError("", status=StatusCode.UNAVAILABLE).overloaded


def test_a_lack_of_peers_that_can_endorse_passes_and_is_tried_again() -> None:
    plan = "no combination of peers can be derived which satisfy the endorsement policy: "
    lacking = "required chaincodes are not installed on sufficient peers"
    assert EndorseError(plan + lacking, status=StatusCode.FAILED_PRECONDITION).retryable
    unknown = "No metadata was found for chaincode kindpakket in channel zuidhorn"
    assert not EndorseError(plan + unknown, status=StatusCode.FAILED_PRECONDITION).retryable
