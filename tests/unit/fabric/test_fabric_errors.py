"""Errors are classified by what the nodes said."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from grpc import StatusCode

from fabric_gateway import (
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
)
from fabric_gateway._wire import gateway as wire
from fabric_gateway.testing import MemoryGateway

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
    assert wire.error_details(b"\xff\xff") == ()
    assert wire.error_details(None) == ()
    status = wire.pack_error_details(2, "no", said("because"))
    assert wire.error_details(status.replace(b"gateway.ErrorDetail", b"another.ErrorDetail")) == ()


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


FLAGS = (
    "overloaded",
    "forbidden",
    "identity_refused",
    "identity_expired",
    "clock_refused",
    "peers_lacking",
    "peers_lost",
    "peer_unready",
    "chaincode_stopped",
    "retryable",
    "already_submitted",
    "refused",
)
ENDORSING = "failed to endorse transaction, see attached details for more info"
EVALUATING = "failed to evaluate transaction, see attached details for more info"
QUORUM = (
    "insufficient number of orderers could successfully process transaction to satisfy quorum requirement"
)
ORDERER = "received unsuccessful response from orderer: status={}, info={}"
WRITERS = (
    "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the "
    "'Writers' sub-policies to be satisfied: permission denied"
)
FORBIDDEN = ORDERER.format("FORBIDDEN", WRITERS)
PROCESSED = ORDERER.format("SERVICE_UNAVAILABLE", "failed to submit request: request already processed")
EXISTS = ORDERER.format("SERVICE_UNAVAILABLE", "failed to submit request: request already exists")
EXPIRED = "rpc error: code = Unknown desc = proposal client identity expired"
CLOCK = (
    "rpc error: code = Unknown desc = request unauthorized due to incorrect timestamp 2026-01-01T00:00:00Z, "
    "peer time 2026-01-02T00:00:00Z, peer.authentication.timewindow 15m0s"
)
POLICY = (
    "rpc error: code = Unknown desc = Failed evaluating policy on signed data during check policy on channel "
    "[zuidhorn] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed]"
)
CREATOR = (
    "rpc error: code = Unknown desc = error validating proposal: access denied: channel [zuidhorn] creator "
    "org [WinkelsMSP]"
)


@pytest.mark.parametrize(
    ("kind", "status", "reason", "details", "expected"),
    [
        # internal/peer/node/grpc_limiters.go
        (EvaluateError, "UNKNOWN",
         "too many requests for /gateway.Gateway, exceeding concurrency limit (500)", (),
         {"overloaded", "retryable"}),
        (SubmitError, "UNKNOWN", "too many requests for /gateway.Gateway, exceeding concurrency limit (500)",
         (), {"overloaded", "retryable"}),
        (CommitStatusError, "UNKNOWN",
         "too many requests for /gateway.Gateway, exceeding concurrency limit (500)",
         (), {"overloaded", "retryable"}),
        (EndorseError, "ABORTED", ENDORSING,
         ("rpc error: code = Unknown desc = too many requests for /protos.Endorser, exceeding concurrency "
          "limit (2500)",), {"overloaded", "retryable"}),
        (EventsError, "UNKNOWN", "too many requests for /protos.Deliver, exceeding concurrency limit (2500)",
         (), {"overloaded", "retryable"}),
        # core/handlers/auth/filter/{expiration,timewindow}.go; the gateway calls them UNAVAILABLE
        (EvaluateError, "UNAVAILABLE", EVALUATING, (EXPIRED,), {"identity_expired"}),
        (EndorseError, "ABORTED", ENDORSING, (EXPIRED,), {"identity_expired"}),
        (EvaluateError, "UNAVAILABLE", EVALUATING, (CLOCK,), {"clock_refused"}),
        (EndorseError, "ABORTED", ENDORSING, (CLOCK,), {"clock_refused"}),
        # core/policy/policy.go, core/aclmgmt/resourceprovider.go, core/endorser/msgvalidation.go
        (EvaluateError, "UNAVAILABLE", EVALUATING, (POLICY,), {"forbidden"}),
        (EvaluateError, "UNAVAILABLE", EVALUATING, (CREATOR,), {"forbidden", "identity_refused"}),
        (CommitStatusError, "PERMISSION_DENIED",
         "failed evaluating policy on signed data during check policy [/Channel/Application/Readers]: [no]",
         (), {"forbidden"}),
        # internal/pkg/gateway/commit/finder.go: the peer is being stopped
        (CommitStatusError, "ABORTED", "unexpected close of commit notification channel", (), {"retryable"}),
        # discovery/endorsement/endorsement.go
        (EndorseError, "FAILED_PRECONDITION",
         "no combination of peers can be derived which satisfy the endorsement policy: required chaincodes "
         "are not installed on sufficient peers", (), {"peers_lacking", "retryable"}),
        (EndorseError, "FAILED_PRECONDITION",
         "no combination of peers can be derived which satisfy the endorsement policy: no peer combination "
         "can satisfy the endorsement policy", (), {"peers_lacking", "retryable"}),
        # orderer/common/broadcast/broadcast.go, on Raft
        (SubmitError, "ABORTED", FORBIDDEN, (), {"forbidden", "refused"}),
        (SubmitError, "ABORTED", ORDERER.format("BAD_REQUEST", "broadcast client identity expired"), (),
         {"identity_expired", "refused"}),
        (SubmitError, "ABORTED",
         ORDERER.format("BAD_REQUEST",
                        "message payload is 120000000 bytes and exceeds maximum allowed 99 bytes"), (),
         {"refused"}),
        (SubmitError, "ABORTED", ORDERER.format("NOT_FOUND", "channel does not exist"), (), {"refused"}),
        (SubmitError, "UNAVAILABLE", "no orderers could successfully process transaction",
         (ORDERER.format("SERVICE_UNAVAILABLE", "no Raft leader"),
          "rpc error: code = Unavailable desc = EOF"),
         {"retryable"}),
        (SubmitError, "UNAVAILABLE", "no orderers could successfully process transaction",
         (ORDERER.format("SERVICE_UNAVAILABLE", "normal transactions are rejected: maintenance mode"),),
         {"retryable"}),
        (SubmitError, "UNAVAILABLE", "no orderer nodes available", (), {"retryable"}),
        (SubmitError, "DEADLINE_EXCEEDED", "submit timeout expired while broadcasting to ordering service",
         (), set()),
        # the same on BFT, where the gateway asks all (internal/pkg/gateway/submit.go)
        (SubmitError, "UNAVAILABLE", QUORUM, (FORBIDDEN,) * 4, {"forbidden", "refused"}),
        (SubmitError, "UNAVAILABLE", QUORUM, (FORBIDDEN, PROCESSED), {"forbidden", "already_submitted"}),
        (SubmitError, "UNAVAILABLE", QUORUM, (PROCESSED, PROCESSED), {"already_submitted", "retryable"}),
        (SubmitError, "UNAVAILABLE", QUORUM, (EXISTS, PROCESSED), {"already_submitted", "retryable"}),
        (SubmitError, "FAILED_PRECONDITION", "failed to get config for channel [zuidhorn]: no", (),
         {"refused"}),
        # gRPC's own
        (EvaluateError, "UNAVAILABLE", "failed to connect to all addresses", (), {"retryable"}),
        (SubmitError, "UNAVAILABLE", "Socket closed", (), {"retryable"}),
        (EndorseError, "DEADLINE_EXCEEDED", "Deadline Exceeded", (), set()),
    ],
)  # fmt: skip
def test_what_fabric_says_is_classified_by_its_words(
    kind: type[GatewayError], status: str, reason: str, details: tuple[str, ...], expected: set[str]
) -> None:
    error = kind(reason, status=StatusCode[status], details=said(*details))
    assert {flag for flag in FLAGS if getattr(error, flag, False)} == expected


def test_a_refused_identity_is_told_with_what_it_can_be_and_what_to_do() -> None:
    error = EvaluateError(EVALUATING, status=StatusCode.UNAVAILABLE, details=said(CREATOR))
    assert "channel zuidhorn refuses this identity of WinkelsMSP: its certificate was revoked" in str(error)
    assert "enrol it again, under another name if it was revoked" in str(error)
    unknown = CREATOR.replace("[WinkelsMSP]", "unknown, creator is malformed")
    error = EvaluateError(EVALUATING, status=StatusCode.UNAVAILABLE, details=said(unknown))
    assert "channel zuidhorn does not know the organisation of this identity" in str(error)
