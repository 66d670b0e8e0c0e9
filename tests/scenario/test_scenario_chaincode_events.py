"""Events that chaincodes emit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scenario_support import CHANNEL, Place, new_key
from styles import take

from fabric_gateway import ChaincodeEvent, Contract
from fabric_gateway import Network as Ledger


def named(name: str) -> Callable[[ChaincodeEvent], bool]:
    """A predicate that is true for events with this name."""
    return lambda event: event.name == name


def test_an_event_arrives_with_name_payload_and_transaction(strict: Contract, ledger: Ledger) -> None:
    name = new_key()
    with ledger.chaincode_events("strict", start_block=ledger.ledger_height()) as events:
        submitted = strict.submit_async("Emit", name, b"\x00payload\xff")
        event = take(events, named(name))
    status = submitted.status()
    assert event == ChaincodeEvent(
        status.block_number, submitted.transaction_id, "strict", name, b"\x00payload\xff"
    )


def test_a_stream_without_start_brings_what_is_committed_from_now_on(
    strict: Contract, ledger: Ledger
) -> None:
    before, after = new_key(), new_key()
    strict.submit("Emit", before, "")
    with ledger.chaincode_events("strict") as events:
        strict.submit("Emit", after, "")
        assert take(events, lambda _: True).name == after


def test_events_are_replayed_from_a_block(strict: Contract, ledger: Ledger) -> None:
    name = new_key()
    number = strict.submit_async("Emit", name, "replay").status().block_number
    strict.submit("Emit", new_key(), "later")
    for _ in range(2):
        with ledger.chaincode_events("strict", start_block=number) as events:
            assert take(events, named(name)).payload == b"replay"


def test_events_go_on_after_a_transaction_within_its_block(strict: Contract, ledger: Ledger) -> None:
    commits = [strict.proposal("Emit", new_key(), str(number)).endorse() for number in range(4)]
    submitted = [transaction.submit() for transaction in commits]
    statuses = [commit.status() for commit in submitted]
    start = min(status.block_number for status in statuses)
    emitted = {status.transaction_id for status in statuses}
    order: list[str] = []
    with ledger.chaincode_events("strict", start_block=start) as events:
        while len(order) < len(emitted):
            order.append(take(events, lambda event: event.transaction_id in emitted).transaction_id)
    first = next(status for status in statuses if status.transaction_id == order[0])
    with ledger.chaincode_events(
        "strict", start_block=first.block_number, after_transaction_id=order[0]
    ) as events:
        assert take(events, lambda event: event.transaction_id in emitted).transaction_id == order[1]


def test_a_stream_can_be_closed_and_another_opened(strict: Contract, ledger: Ledger) -> None:
    for payload in (b"one", b"two"):
        name = new_key()
        with ledger.chaincode_events("strict", start_block=ledger.ledger_height()) as events:
            strict.submit("Emit", name, payload)
            assert take(events, named(name)).payload == payload


def test_closing_one_stream_leaves_others_open(strict: Contract, ledger: Ledger) -> None:
    height = ledger.ledger_height()
    before, after = new_key(), new_key()
    closed = ledger.chaincode_events("strict", start_block=height)
    with ledger.chaincode_events("strict", start_block=height) as other:
        with closed:
            strict.submit("Emit", before, "")
            assert take(closed, named(before)) == take(other, named(before))
        assert list(closed) == []
        strict.submit("Emit", after, "")
        assert take(other, named(after)).name == after


def test_events_of_another_chaincode_do_not_come(
    strict: Contract, open_to_any: Contract, ledger: Ledger
) -> None:
    height = ledger.ledger_height()
    theirs, mine = new_key(), new_key()
    open_to_any.submit("Emit", theirs, "")
    strict.submit("Emit", mine, "")
    with ledger.chaincode_events("strict", start_block=height) as events:
        assert take(events, lambda _: True).name == mine


def test_events_of_an_invalid_transaction_do_not_come(
    place: Place, open_to_any: Contract, ledger: Ledger
) -> None:
    key, after = new_key(), new_key()
    height = ledger.ledger_height()
    place.submitted(open_to_any, "Create", key, "ada", "1")
    place.submitted(open_to_any, "SetPolicy", key, "Org1MSP")
    refused = open_to_any.submit_async("Update", key, "invalid", endorsing_organizations=["Org2MSP"])
    assert not refused.status().successful
    open_to_any.submit("Emit", after, "")
    with ledger.chaincode_events("open", start_block=height) as events:
        assert take(events, lambda _: True).name == after


@pytest.mark.parametrize("organisation", ["org1", "org2"])
def test_every_organisation_sees_the_same_events(
    place: Place, strict: Contract, ledger: Ledger, organisation: str
) -> None:
    name = new_key()
    start = ledger.ledger_height()
    submitted = strict.submit_async("Emit", name, "everywhere")
    with (
        place.connect(organisation) as gateway,
        gateway.network(CHANNEL).chaincode_events("strict", start_block=start) as events,
    ):
        event = take(events, named(name))
    assert (event.transaction_id, event.payload) == (submitted.transaction_id, b"everywhere")
