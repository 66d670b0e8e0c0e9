"""Whoever follows events sees those of a batch one by one, as if its requests had been sent alone."""

from __future__ import annotations

import json

import pytest

from fabric_gateway import ChaincodeEvent, DecodeError
from kindpakket.ledger.events import single_events

ALONE = ChaincodeEvent(7, "t1", "kindpakket", "PaymentTaken", b'{"payment":"a","cents":500}')


def batch(payload: object) -> ChaincodeEvent:
    return ChaincodeEvent(7, "t1", "kindpakket", "PaymentsTaken", json.dumps(payload).encode())


def test_an_event_of_one_request_is_itself() -> None:
    assert single_events(ALONE) == (ALONE,)


def test_those_of_a_batch_are_as_alone_and_in_order() -> None:
    refund = {"payment": "a", "refund": "b", "cents": 20, "returned_to": "voucher"}
    taken = json.loads(ALONE.payload)
    events = [{"name": "PaymentTaken", "payload": taken}, {"name": "PaymentRefunded", "payload": refund}]
    first, second = single_events(batch({"events": events}))
    assert first == ALONE
    assert (second.name, json.loads(second.payload)) == ("PaymentRefunded", refund)


def test_without_payload_it_stays_as_it_is() -> None:
    filtered = ChaincodeEvent(7, "t1", "kindpakket", "PaymentsTaken", b"")
    assert single_events(filtered) == (filtered,)


@pytest.mark.parametrize(
    "payload", [[], {}, {"events": [1]}, {"events": [{"name": "PaymentTaken"}]}], ids=str
)
def test_what_no_chaincode_emits_is_an_error(payload: object) -> None:
    with pytest.raises(DecodeError, match="PaymentsTaken of transaction t1"):
        single_events(batch(payload))
