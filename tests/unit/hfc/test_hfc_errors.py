"""Errors as hfc's programs catch them: gRPC's with its methods, and `fabric_gateway`'s attributes."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import grpc
import pytest
from hfc_place import CHAINCODE, CHANNEL, PEER, Place

import fabric_gateway as fabric
from fabric_gateway.errors import ErrorDetail
from fabric_gateway.hfc import errors
from fabric_gateway.hfc._rpc import rpc_error
from fabric_gateway.hfc.errors import ChaincodeExecutionError, NoPeer, NoRequestor, QueryRefused
from fabric_gateway.hfc.fabric.chaincode import Chaincode

NODE = ErrorDetail("peer0:7051", "Org1MSP", "access denied: channel [trade] creator org unknown")


def call(place: Place, name: str, *arguments: Any, **options: Any) -> Any:
    """Await a call of the client's, and close its connections."""

    async def settled() -> Any:
        try:
            return await getattr(place.client, name)(*arguments, **options)
        finally:
            await place.client.close_grpc_channels()

    return asyncio.run(settled())


def query(place: Place, fcn: str, *args: str, **options: Any) -> Any:
    return call(
        place, "chaincode_query", place.user, CHANNEL, [PEER], list(args), CHAINCODE, fcn=fcn, **options
    )


def invoke(place: Place, fcn: str, *args: str, **options: Any) -> Any:
    return call(
        place, "chaincode_invoke", place.user, CHANNEL, [PEER], list(args), CHAINCODE, fcn=fcn, **options
    )


@pytest.mark.parametrize(
    "kind",
    [
        fabric.EvaluateError,
        fabric.NotOnLedger,
        fabric.EndorseError,
        fabric.SubmitError,
        fabric.CommitStatusError,
        fabric.EventsError,
        fabric.DiscoveryError,
    ],
)
def test_each_failure_of_a_call_is_an_error_of_grpc_too(kind: type[fabric.GatewayError]) -> None:
    status = grpc.StatusCode.PERMISSION_DENIED
    found: Any = rpc_error(kind("refused", status=status, details=(NODE,), transaction_id="ab"))
    assert isinstance(found, grpc.RpcError)
    assert isinstance(found, kind)
    assert isinstance(found, getattr(errors, kind.__name__))
    assert found.code() is found.status is status
    assert found.details() == f"refused; {NODE}"
    assert found.details == (NODE,)
    assert found.details[0].mspid == "Org1MSP"
    assert found.transaction_id == "ab"
    assert found.trailing_metadata() == found.initial_metadata() == ()
    assert str(found) == found.debug_error_string()
    assert rpc_error(found) is found
    again = pickle.loads(pickle.dumps(found))  # noqa: S301
    assert (type(again), again.details(), again.code()) == (type(found), found.details(), status)


def test_an_unknown_outcome_is_an_error_of_grpc_with_the_status_of_its_cause() -> None:
    error = fabric.UnknownOutcome("ab", b"envelope")
    assert rpc_error(error).code() is grpc.StatusCode.UNKNOWN  # type: ignore[attr-defined]
    error.__cause__ = fabric.SubmitError("gone", status=grpc.StatusCode.UNAVAILABLE)
    found: Any = rpc_error(error)
    assert isinstance(found, grpc.RpcError)
    assert isinstance(found, fabric.UnknownOutcome)
    assert found.code() is grpc.StatusCode.UNAVAILABLE
    assert "do not propose it anew" in str(found.details())
    assert (found.transaction_id, found.envelope) == ("ab", b"envelope")


def test_other_errors_stay_as_they_are() -> None:
    error = fabric.ConnectionClosed("closed")
    assert rpc_error(error) is error


def test_a_handler_for_grpc_catches_a_failed_endorsement(place: Place) -> None:
    place.memory.fail("Endorse", grpc.StatusCode.ABORTED, "ProposalResponsePayloads do not match", times=99)
    try:
        invoke(place, "Create", "apple", "red")
    except grpc.RpcError as error:
        assert error.code() is grpc.StatusCode.ABORTED
        assert "do not match" in str(error.details())
    else:
        raise AssertionError("it was not raised")


def test_what_a_peer_refuses_before_the_chaincode_runs_is_an_error_of_grpc(place: Place) -> None:
    place.memory.fail("Evaluate", grpc.StatusCode.UNKNOWN, "error validating proposal: access denied")
    with pytest.raises(grpc.RpcError) as caught:
        query(place, "Read", "apple")
    found: Any = caught.value
    assert "access denied" in found.details()
    assert found.code() is grpc.StatusCode.UNKNOWN


def test_a_query_about_the_ledger_fails_with_grpcs_error(place: Place) -> None:
    place.memory.fail("Evaluate", grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses", times=99)
    with pytest.raises(grpc.RpcError) as caught:
        call(place, "query_info", place.user, CHANNEL, [PEER])
    found: Any = caught.value
    assert "failed to connect to all addresses" in found.details()


def test_a_refusal_of_the_chaincode_is_not_grpcs(place: Place) -> None:
    with pytest.raises(QueryRefused) as caught:
        query(place, "Read", "apple")
    assert not isinstance(caught.value, grpc.RpcError)
    assert isinstance(caught.value, ChaincodeExecutionError)


def test_a_refusal_is_raised_if_the_program_wants_it(place: Place) -> None:
    assert invoke(place, "Sell") == "there is no function Sell"
    with pytest.raises(ChaincodeExecutionError, match=r"^there is no function Sell$"):
        invoke(place, "Sell", raise_on_error=True)
    place.memory.fail("Submit", grpc.StatusCode.ABORTED, "status=FORBIDDEN")
    with pytest.raises(ChaincodeExecutionError, match="FORBIDDEN"):
        invoke(place, "Create", "apple", "red", raise_on_error=True)


def test_a_chaincode_by_its_name_calls_as_the_client_does(place: Place) -> None:
    chaincode = Chaincode(place.client, CHAINCODE)

    async def calling() -> list[str]:
        try:
            made = await chaincode.invoke(place.user, CHANNEL, [PEER], ["apple", "red"], fcn="Create")
            return [made, await chaincode.query(place.user, CHANNEL, [PEER], ["a"])]
        finally:
            await place.client.close_grpc_channels()

    assert asyncio.run(calling()) == ["red", "query:a"]


def test_a_version_of_the_chaincode_is_taken_and_ignored(place: Place) -> None:
    assert invoke(place, "Create", "apple", "red", cc_version="2.0") == "red"
    assert query(place, "query", "a", cc_version="2.0") == "query:a"


@pytest.mark.parametrize("name", ["chaincode_invoke", "chaincode_query"])
def test_a_requestor_who_is_nobody_is_named(place: Place, name: str) -> None:
    with pytest.raises(NoRequestor, match=r"the requestor is None, not a User: client\.get_user gives None"):
        call(place, name, place.client.get_user("org1", "nobody"), CHANNEL, [PEER], [], CHAINCODE)


@pytest.mark.parametrize("name", ["query_info", "query_channels", "query_peers", "channel_join"])
def test_queries_need_a_requestor_too(place: Place, name: str) -> None:
    arguments = {
        "query_info": (None, CHANNEL, [PEER]),
        "query_channels": (None, [PEER]),
        "query_peers": (None, PEER),
        "channel_join": (None, CHANNEL, [PEER], "orderer"),
    }
    with pytest.raises(NoRequestor, match="the requestor is None"):
        call(place, name, *arguments[name])


def test_an_event_hub_needs_a_peer_and_a_requestor(place: Place) -> None:
    channel = place.client.new_channel(CHANNEL)
    peer = place.client.get_peer(PEER)
    assert peer is not None
    with pytest.raises(NoRequestor):
        channel.newChannelEventHub(peer, None)  # type: ignore[arg-type]
    with pytest.raises(NoPeer, match="get_peer gives None"):
        channel.newChannelEventHub(place.client.get_peer("peer9"), place.user)  # type: ignore[arg-type]
