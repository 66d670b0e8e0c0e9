"""Private records: how the facades send them, whose peers they ask, and who endorses their purge."""

from __future__ import annotations

import json

import pytest
from fake_ledger import FakeLedger

from fabric_gateway import CommitError
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop

ORGANISATIONS = {
    "municipality": "GemeenteMSP",
    "shops": ["WinkelsMSP", "KetenMSP"],
    "auditors": ["AuditorMSP"],
}


def test_case_records_go_to_the_municipality_alone_and_not_into_the_request() -> None:
    ledger = FakeLedger([ORGANISATIONS, {"recorded": 1}])
    case = {"voucher": "c" * 32, "case": "Z-1", "salt": "f" * 32}
    Municipality(ledger).vouchers.record_cases("a" * 32, [case])  # type: ignore[list-item]
    record = ledger.calls[1]
    assert record.organisations == ("GemeenteMSP",)
    assert json.loads(record.transient["cases"]) == [case]
    assert set(record.request) == {"request_id", "scheme"}


def test_case_records_that_are_there_already_are_no_failure() -> None:
    case = {"voucher": "c" * 32, "case": "Z-1", "salt": "f" * 32}
    ledger = FakeLedger([ORGANISATIONS, CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7)])
    assert Municipality(ledger).vouchers.record_cases("a" * 32, [case]) == {"recorded": 1}  # type: ignore[list-item]
    ledger = FakeLedger([ORGANISATIONS, CommitError("tx", "EXPIRED_CHAINCODE", 7)])
    with pytest.raises(CommitError, match="EXPIRED_CHAINCODE"):
        Municipality(ledger).vouchers.record_cases("a" * 32, [case])  # type: ignore[list-item]


def test_a_shop_account_is_asked_of_a_municipal_peer() -> None:
    account = {"iban": "NL91ABNA0417164300", "holder": "h", "kvk": "12345678", "contact": "c", "salt": "s"}
    ledger = FakeLedger([ORGANISATIONS, account])
    assert Municipality(ledger).shops.account("b" * 32) == account
    assert ledger.calls[1].organisations == ("GemeenteMSP",)


def test_an_application_carries_the_account_privately() -> None:
    ledger = FakeLedger([{"id": "b" * 32}])
    Shop(ledger, "b" * 32).registration.apply(
        ["books"], iban="NL91ABNA0417164300", holder="h", kvk="12345678", contact="c"
    )
    (call,) = ledger.calls
    assert call.request == {"request_id": "b" * 32, "categories": ["books"]}
    assert "NL91" not in json.dumps(call.request)
    assert len(json.loads(call.transient["account"])["salt"]) >= 32


def test_another_account_goes_privately_too() -> None:
    ledger = FakeLedger([{"id": "b" * 32}])
    till = Shop(ledger, "b" * 32)
    account = {"iban": "NL91ABNA0417164300", "holder": "h", "kvk": "12345678", "contact": "c", "salt": "s"}
    till.registration.change_account("new-bank", **account)
    (call,) = ledger.calls
    assert call.name == "shop:ChangeAccount"
    assert set(call.request) == {"request_id", "shop", "reason"}
    assert json.loads(call.transient["account"]) == account


def test_an_account_that_waits_is_asked_of_a_municipal_peer() -> None:
    ledger = FakeLedger([ORGANISATIONS, {"iban": "NL91ABNA0417164300"}])
    Municipality(ledger).shops.proposed_account("b" * 32)
    assert (ledger.calls[1].name, ledger.calls[1].organisations) == ("shop:ProposedAccount", ("GemeenteMSP",))


@pytest.mark.parametrize(
    ("collection", "endorsers"),
    [("citizens", ("GemeenteMSP",)), ("shopAccounts", ("GemeenteMSP", "WinkelsMSP", "KetenMSP"))],
)
def test_a_purge_is_endorsed_by_those_who_have_the_records(
    collection: str, endorsers: tuple[str, ...]
) -> None:
    ledger = FakeLedger([{"collection": collection, "records": []}, ORGANISATIONS, {"purged": 3}])
    assert Municipality(ledger).erasures.purge("d" * 32) == {"purged": 3}
    assert (ledger.calls[-1].name, ledger.calls[-1].organisations) == ("erasure:Purge", endorsers)


def test_a_purge_that_was_done_before_is_no_failure() -> None:
    before = CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7)
    ordered = {"collection": "citizens", "records": [{"id": "c" * 32}]}
    ledger = FakeLedger([ordered, ORGANISATIONS, before])
    assert Municipality(ledger).erasures.purge("d" * 32) == {"purged": 1}
