"""What is refused, by whom, and with which message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from grpc import StatusCode
from scenario_support import CHANNEL, Clients, Place, new_key

from fabric_gateway import (
    Contract,
    EndorseError,
    EvaluateError,
    EventsError,
    Gateway,
    GatewayError,
    Identity,
    StepEvent,
    SubmitError,
)
from fabric_gateway import Network as Ledger
from kindpakket_network.programs.wait import until
from patience import PATIENCE

# Seconds for a call that is repeated until its deadline: a slow machine may need more for its first attempt.
DEADLINES = (2.0, 10.0, 50.0, 250.0)


def said(place: Place, error: GatewayError) -> list[tuple[str, str, str]]:
    """What each node reported, as (node, MSP id, message), sorted."""
    nodes = {
        place.address(node): node
        for node in place.network.nodes()
        if not node.startswith(("chaincode.", "ca."))
    }
    return sorted((nodes[detail.address], detail.mspid, detail.message) for detail in error.details)


def endorsed(proposal: Callable[[], Any]) -> EndorseError:
    """The error of endorsing a proposal about which peers differ, which is repeated until its deadline."""
    for seconds in DEADLINES:
        with pytest.raises(EndorseError) as caught:
            proposal().endorse(timeout=seconds)
        if caught.value.status is not StatusCode.DEADLINE_EXCEEDED:
            break
    return caught.value


def test_an_evaluation_that_the_chaincode_refuses_tells_its_words(strict: Contract) -> None:
    with pytest.raises(EvaluateError) as caught:
        strict.evaluate("Fail", "not today")
    error = caught.value
    assert (error.status, error.chaincode_message) == (StatusCode.UNKNOWN, "not today")
    assert len(error.transaction_id) == 64
    assert not error.retryable


def test_a_submit_that_the_chaincode_refuses_tells_each_peers_words(place: Place, strict: Contract) -> None:
    """The gateway asks its own organisation's peers one after another, and then no others."""

    def told() -> list[tuple[str, str, str]]:
        proposal = strict.proposal("Fail", "not today")
        with pytest.raises(EndorseError) as caught:
            proposal.endorse()
        error = caught.value
        assert (error.status, error.chaincode_message) == (StatusCode.ABORTED, "not today")
        assert error.transaction_id == proposal.transaction_id
        assert "failed to endorse transaction" in error.reason
        return said(place, error)

    both = [(f"peer{number}.org1", "Org1MSP", "chaincode response 500, not today") for number in (0, 1)]
    # On a busy machine a peer may lose sight of another one for some seconds.
    assert until(lambda: told() == both or None, PATIENCE), told()


def test_wrong_arguments_are_the_chaincodes_refusal(strict: Contract) -> None:
    with pytest.raises(EvaluateError) as caught:
        strict.evaluate("Read")
    assert caught.value.chaincode_message == "Read takes 1 arguments, got 0"


def test_a_function_that_does_not_exist_is_the_chaincodes_refusal(place: Place, strict: Contract) -> None:
    with pytest.raises(EndorseError) as caught:
        strict.submit("Nonexistent")
    message = 'chaincode response 500, there is no function "Nonexistent"'
    assert [detail[2] for detail in said(place, caught.value)] == [message, message]


def test_a_chaincode_that_does_not_exist_has_no_endorsers(ledger: Ledger) -> None:
    with pytest.raises(EndorseError) as caught:
        ledger.contract("nonexistent").submit("Echo")
    assert caught.value.status is StatusCode.FAILED_PRECONDITION
    assert "No metadata was found for chaincode nonexistent in channel scenario" in caught.value.reason
    assert not caught.value.retryable


def test_a_channel_that_does_not_exist_is_refused(gateway: Any) -> None:
    nowhere = gateway.network("nonexistent")
    with pytest.raises(EvaluateError) as evaluated:
        nowhere.contract("open").evaluate("Echo")
    with pytest.raises(EventsError) as read, nowhere.blocks() as blocks:
        next(iter(blocks))
    assert "nonexistent" in str(evaluated.value)
    assert read.value.status is StatusCode.NOT_FOUND


def test_an_organisation_that_refuses_is_named_in_the_details(place: Place, strict: Contract) -> None:
    with pytest.raises(EvaluateError) as evaluated:
        strict.evaluate("FailAt", "Org1MSP")
    assert evaluated.value.chaincode_message == "Org1MSP refuses"
    error = endorsed(lambda: strict.proposal("FailAt", "Org3MSP"))
    assert error.status is StatusCode.ABORTED
    assert "failed to collect enough transaction endorsements" in error.reason
    assert said(place, error) == [("peer0.org3", "Org3MSP", "chaincode response 500, Org3MSP refuses")]


def test_a_refusal_by_another_organisation_is_told_at_once(clients: Clients) -> None:
    """Its chaincode says no: unlike a peer that is a block behind, it is not asked again."""
    calls = Calls()
    with clients.connect("org1", observer=calls) as gateway:
        strict = gateway.network(CHANNEL).contract("strict")
        for _ in range(20):  # a peer may lose sight of another one for some seconds, which is waited for
            calls.steps.clear()
            with pytest.raises(EndorseError) as caught:
                strict.submit("FailAt", "Org3MSP")
            if set(calls.steps) == {"endorse ABORTED"}:
                break
    assert caught.value.chaincode_message == "Org3MSP refuses"
    assert caught.value.peers_differ()
    assert calls.steps == ["endorse ABORTED"]


class Calls:
    """Notes the calls of peers, and how they ended."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def on_step(self, event: StepEvent) -> None:
        self.steps.append(f"{event.step} {event.status}")


def test_a_clock_that_is_wrong_is_told_on_streams_too(gateway: Gateway) -> None:
    ledger = gateway.network(CHANNEL)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        with pytest.raises(EvaluateError) as evaluated:
            ledger.contract("open").evaluate("Echo")
        with pytest.raises(EventsError) as read, ledger.blocks() as blocks:
            next(iter(blocks))
    assert evaluated.value.clock_refused
    assert read.value.clock_refused
    assert "incorrect timestamp" in str(read.value)


def test_all_organisations_that_refuse_are_named_in_the_details(place: Place, strict: Contract) -> None:
    error = endorsed(lambda: strict.proposal("FailAt", "Org2MSP", "Org3MSP"))
    assert said(place, error) == [
        ("peer0.org2", "Org2MSP", "chaincode response 500, Org2MSP refuses"),
        ("peer0.org3", "Org3MSP", "chaincode response 500, Org3MSP refuses"),
    ]


def test_peers_that_answer_differently_are_named_in_the_details(place: Place, strict: Contract) -> None:
    error = endorsed(lambda: strict.proposal("Differ"))
    assert error.status is StatusCode.ABORTED
    assert {detail[0] for detail in said(place, error)} == {"peer0.org2", "peer0.org3"}
    assert all("ProposalResponsePayloads do not match" in detail[2] for detail in said(place, error))


def test_a_signature_by_another_organisations_key_is_refused(clients: Clients, place: Place) -> None:
    mine, theirs = place.identity("org1"), place.identity("org3")
    forged = Forged(mine, theirs)
    with clients.over(place.profile("org1"), forged) as gateway:
        with pytest.raises(EvaluateError) as caught:
            gateway.network(CHANNEL).contract("strict").evaluate("Echo")
        with pytest.raises(EventsError) as read, gateway.network(CHANNEL).blocks() as blocks:
            next(iter(blocks))
    message = "error validating proposal: access denied: channel [scenario] creator org [Org1MSP]"
    assert caught.value.status is StatusCode.FAILED_PRECONDITION
    assert said(place, caught.value) == [("peer0.org1", "Org1MSP", message)]
    assert caught.value.forbidden
    assert read.value.status is StatusCode.PERMISSION_DENIED


class Forged(Identity):
    """One identity's certificate, with signatures by another's key."""

    def __init__(self, shown: Identity, used: Identity) -> None:
        super().__init__(shown.mspid, shown.certificate_pem)
        self._used = used

    def sign(self, message: bytes) -> bytes:
        """Sign with the other identity's key."""
        return self._used.sign(message)


def test_an_identity_that_may_only_read_is_refused_by_ordering_for_good(
    clients: Clients, place: Place
) -> None:
    """Its transactions are endorsed, but the orderers refuse them; the messages of BFT and Raft differ."""
    key = new_key()
    with clients.connect("org3") as gateway:
        contract = gateway.network(CHANNEL).contract("open")
        assert contract.evaluate("Echo", "reader") == b"reader"
        transaction = contract.proposal("Create", key, "ada", "1").endorse()
        with pytest.raises(SubmitError) as caught:
            transaction.submit()
        assert caught.value.refused
        assert caught.value.forbidden
        assert caught.value.transaction_id == transaction.transaction_id
        with pytest.raises(EventsError) as read, gateway.network(CHANNEL).blocks() as blocks:
            next(iter(blocks))
        assert read.value.status is StatusCode.PERMISSION_DENIED
        with pytest.raises(EvaluateError, match="does not exist"):
            contract.evaluate("Read", key)


def test_a_chaincode_process_that_ends_is_told_by_its_peer(place: Place, strict: Contract) -> None:
    try:
        for seconds in DEADLINES:
            with pytest.raises(EvaluateError) as caught:
                strict.evaluate("Crash", endorsing_organizations=["Org3MSP"], timeout=seconds)
            if caught.value.status is not StatusCode.DEADLINE_EXCEEDED:
                break
    finally:
        place.network.start("chaincode.peer0.org3.strict")
    assert said(place, caught.value) == [("peer0.org3", "Org3MSP", caught.value.details[0].message)]
    assert "chaincode stream terminated" in caught.value.details[0].message
    assert caught.value.chaincode_stopped
    assert strict.evaluate("Echo", "back", endorsing_organizations=["Org3MSP"], timeout=PATIENCE) == b"back"
