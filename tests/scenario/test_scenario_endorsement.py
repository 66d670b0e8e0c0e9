"""Who endorses: chosen by the gateway from the policy, or named by the client."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from grpc import StatusCode
from scenario_support import ORGANISATIONS, endorsers_of

from fabric_gateway import Contract, EndorseError
from fabric_gateway import Network as Ledger


@pytest.mark.parametrize("mspid", ORGANISATIONS.values())
def test_an_evaluation_runs_on_a_peer_of_the_organisation_that_was_named(
    open_to_any: Contract, mspid: str
) -> None:
    answer = open_to_any.evaluate("WhoAmI", endorsing_organizations=[mspid])
    assert json.loads(answer)["peer"] == mspid


@pytest.mark.parametrize("mspid", ORGANISATIONS.values())
def test_a_submit_is_endorsed_by_the_organisation_that_was_named(
    open_to_any: Contract, ledger: Ledger, mspid: str
) -> None:
    submitted = open_to_any.submit_async("WhoAmI", endorsing_organizations=[mspid])
    assert json.loads(submitted.result)["peer"] == mspid
    assert endorsers_of(ledger, submitted) == [mspid]


@pytest.mark.parametrize("named", [["Org1MSP", "Org3MSP"], ["Org2MSP", "Org3MSP"]])
def test_a_submit_is_endorsed_by_all_that_were_named_and_no_other(
    open_to_any: Contract, ledger: Ledger, named: Sequence[str]
) -> None:
    submitted = open_to_any.submit_async("Echo", "named", endorsing_organizations=named)
    assert endorsers_of(ledger, submitted) == named


def test_the_gateway_chooses_as_the_policy_asks(
    strict: Contract, open_to_any: Contract, ledger: Ledger
) -> None:
    assert endorsers_of(ledger, strict.submit_async("Echo", "all")) == list(ORGANISATIONS.values())
    assert endorsers_of(ledger, open_to_any.submit_async("Echo", "one")) == ["Org1MSP"]


def test_fewer_endorsements_than_the_policy_asks_for_make_a_transaction_invalid(strict: Contract) -> None:
    transaction = strict.proposal("Echo", "few", endorsing_organizations=["Org1MSP", "Org2MSP"]).endorse()
    assert transaction.submit().status().code == "ENDORSEMENT_POLICY_FAILURE"


def test_an_organisation_without_peers_cannot_be_named(open_to_any: Contract) -> None:
    with pytest.raises(EndorseError) as caught:
        open_to_any.submit("Echo", "nobody", endorsing_organizations=["OrderingMSP"])
    assert caught.value.status is StatusCode.UNAVAILABLE
    assert "OrderingMSP" in caught.value.reason
