"""State-based endorsement: a key with its own policy."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from scenario_support import Place, endorsers_of, new_key

from fabric_gateway import CommitError, Contract
from fabric_gateway import Network as Ledger


@pytest.fixture
def key(place: Place, open_to_any: Contract) -> str:
    """A key with a value, whose changes a peer of Org1 must endorse."""
    made = new_key()
    place.submitted(open_to_any, "Create", made, "ada", "first")
    place.submitted(open_to_any, "SetPolicy", made, "Org1MSP")
    return made


def value(contract: Contract, key: str) -> str:
    """The value stored under a key."""
    return str(json.loads(contract.evaluate("Read", key))["value"])


def test_a_change_that_the_keys_organisation_endorsed_is_valid(open_to_any: Contract, key: str) -> None:
    open_to_any.submit("Update", key, "changed", endorsing_organizations=["Org1MSP"])
    assert value(open_to_any, key) == "changed"
    assert json.loads(open_to_any.evaluate("GetPolicy", key)) == ["Org1MSP"]


def test_a_change_that_another_organisation_endorsed_is_invalid(open_to_any: Contract, key: str) -> None:
    with pytest.raises(CommitError) as caught:
        open_to_any.submit("Update", key, "changed", endorsing_organizations=["Org2MSP"])
    assert caught.value.code == "ENDORSEMENT_POLICY_FAILURE"
    assert value(open_to_any, key) == "first"


@pytest.mark.parametrize("policy", [["Org1MSP", "Org3MSP"], ["Org2MSP", "Org3MSP"]])
def test_the_gateway_finds_the_endorsers_that_the_key_needs(
    place: Place, open_to_any: Contract, ledger: Ledger, key: str, policy: Sequence[str]
) -> None:
    """Even if the gateway's own organisation is not one of them."""
    # The first endorser must have the policy of the key, or the gateway asks for none of its endorsers.
    place.in_step(open_to_any.submit_async("SetPolicy", key, *policy))
    submitted = open_to_any.submit_async("Update", key, "changed")
    assert submitted.status().successful
    assert set(policy) <= set(endorsers_of(ledger, submitted))
    assert value(open_to_any, key) == "changed"


def test_a_change_that_the_wrong_organisations_endorsed_is_invalid(
    place: Place, open_to_any: Contract, key: str
) -> None:
    place.submitted(open_to_any, "SetPolicy", key, "Org1MSP", "Org3MSP")
    with pytest.raises(CommitError) as caught:
        open_to_any.submit("Update", key, "changed", endorsing_organizations=["Org1MSP", "Org2MSP"])
    assert caught.value.code == "ENDORSEMENT_POLICY_FAILURE"
    assert value(open_to_any, key) == "first"
