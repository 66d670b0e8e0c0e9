"""The typed facades: one JSON object for each call, fresh ids, safe repetition, refusals as exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from fake_ledger import FakeLedger, endorse_error
from grpc import StatusCode
from story import rules

from fabric_gateway import CommitError, EndorseError, EvaluateError, UnknownOutcome
from fabric_gateway.testing import Invocation, MemoryGateway
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import is_id
from kindpakket.ledger.records import Line
from kindpakket.ledger.refusals import InsufficientBalance, RequestCommitted, SchemeNotFound
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop


def test_a_write_is_one_object_with_a_fresh_request_id() -> None:
    ledger = FakeLedger([{"id": "x"}, {"id": "y"}])
    municipality = Municipality(ledger)
    municipality.schemes.draft(rules(), 100)
    municipality.schemes.draft(rules(), 100)
    first, second = ledger.calls
    assert first.name == "scheme:Draft"
    assert first.request["rules"]["name"] == "kindpakket-2026"
    assert first.request["budget_cents"] == 100
    assert is_id(first.request["request_id"])
    assert first.request["request_id"] != second.request["request_id"]


def test_a_request_id_that_is_given_is_sent() -> None:
    ledger = FakeLedger([{}])
    Municipality(ledger).schemes.close_day("s" * 32, date(2026, 3, 10), request_id="1" * 32)
    assert ledger.calls[0].request == {"request_id": "1" * 32, "scheme": "s" * 32, "day": "2026-03-10"}


@pytest.fixture
def proposed() -> list[bytes]:
    return []


@pytest.fixture
def memory(proposed: list[bytes]) -> Iterator[MemoryGateway]:
    def echo(call: Invocation) -> bytes:
        """Keep the requests in the order in which they are proposed, and answer with the last."""
        proposed.append(call.arguments[0])
        return call.arguments[0]

    with MemoryGateway({"kindpakket": echo}, channel="zuidhorn") as made:
        yield made


@pytest.fixture
def municipality(memory: MemoryGateway) -> Iterator[Municipality]:
    with memory.connect() as gateway:
        yield Municipality(gateway.network("zuidhorn").contract("kindpakket"))


@pytest.mark.parametrize("code", ["MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"])
def test_a_conflict_is_sent_again_with_the_same_request(
    memory: MemoryGateway, municipality: Municipality, proposed: list[bytes], code: str
) -> None:
    memory.invalidate(code, times=2)
    assert municipality.schemes.open("s" * 32)["scheme"] == "s" * 32  # type: ignore[typeddict-item]
    assert len(proposed) == 3
    assert len(set(proposed)) == 1


def test_conflicts_end(memory: MemoryGateway, municipality: Municipality, proposed: list[bytes]) -> None:
    memory.invalidate("MVCC_READ_CONFLICT", times=20)
    with pytest.raises(CommitError, match="MVCC_READ_CONFLICT"):
        municipality.schemes.open("s" * 32)
    assert 1 < len(proposed) <= 10


@pytest.mark.parametrize(
    "error",
    [
        CommitError("tx", "ENDORSEMENT_POLICY_FAILURE", 7),
        UnknownOutcome("tx", b"envelope"),
        endorse_error("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_not_sent_again(error: Exception) -> None:
    ledger = FakeLedger([error])
    with pytest.raises(type(error)):
        Municipality(ledger).schemes.open("s" * 32)


def test_a_refusal_is_an_exception_of_its_code() -> None:
    message = 'chaincode response 500, INSUFFICIENT_BALANCE: too much {"available_cents":5}'
    ledger = FakeLedger([endorse_error(message)])
    till = Shop(ledger, "b" * 32)
    order = till.order("a" * 32, "c" * 32, [{"category": "books", "cents": 6}])
    with pytest.raises(InsufficientBalance) as caught:
        till.pay(order, HolderKey.generate().authorise(order))
    assert caught.value.details == {"available_cents": 5}
    assert caught.value.transaction_id == "tx-1"
    assert isinstance(caught.value.__cause__, EndorseError)


def test_a_query_can_be_refused_too() -> None:
    message = "evaluate call to endorser returned error: chaincode response 500, SCHEME_NOT_FOUND: none {}"
    ledger = FakeLedger([EvaluateError(message, status=StatusCode.UNKNOWN)])
    with pytest.raises(SchemeNotFound):
        Municipality(ledger).schemes.show("a" * 32)


def test_an_unknown_outcome_is_made_certain_either_way() -> None:
    voided = FakeLedger([{"void": "d" * 32}])
    assert Shop(voided, "b" * 32).requests.void("d" * 32) == {"void": "d" * 32}
    assert voided.calls[0].request["void"] == "d" * 32
    message = 'chaincode response 500, REQUEST_COMMITTED: it stands {"operation":"payment:Pay"}'
    with pytest.raises(RequestCommitted) as caught:
        Shop(FakeLedger([endorse_error(message)]), "b" * 32).requests.void("d" * 32)
    assert caught.value.details["operation"] == "payment:Pay"


def test_an_order_is_complete_before_anybody_signs_and_is_sent_as_it_is() -> None:
    ledger = FakeLedger([{"id": "p"}, {"id": "p"}])
    till = Shop(ledger, "b" * 32)
    order = till.order(
        "a" * 32, "c" * 32, [{"category": "books", "cents": 5}], version=2, deadline=1_800_000_000
    )
    assert order.domain == Domain("zuidhorn", "kindpakket")
    proof = HolderKey.generate().authorise(order)
    assert till.pay(order, proof) == till.pay(order, proof)
    first, second = ledger.calls
    assert first == second
    assert first.request == {
        "request_id": order.request_id,
        "scheme": "a" * 32,
        "voucher": "c" * 32,
        "shop": "b" * 32,
        "lines": [{"category": "books", "cents": 5}],
        "deadline": 1_800_000_000,
        "proof": proof,
    }


def test_a_payment_without_a_proof_is_left_for_the_chaincode_to_refuse() -> None:
    ledger = FakeLedger([{}])
    till = Shop(ledger, "b" * 32)
    till.pay(till.order("a" * 32, "c" * 32, [{"category": "books", "cents": 5}]), None)
    assert "proof" not in ledger.calls[0].request


def test_a_hold_says_until_when_and_is_sent_as_it_was_signed() -> None:
    ledger = FakeLedger([{"id": "p"}])
    till = Shop(ledger, "b" * 32)
    lines: list[Line] = [{"category": "books", "cents": 5}]
    order = till.hold_order("a" * 32, "c" * 32, lines, expires_at=1_800_000_600, deadline=1_800_000_000)
    proof = HolderKey.generate().authorise(order)
    till.hold(order, proof)
    (call,) = ledger.calls
    assert call.name == "payment:Hold"
    assert (call.request["deadline"], call.request["expires_at"]) == (1_800_000_000, 1_800_000_600)
    assert (call.request["request_id"], call.request["proof"]) == (order.request_id, proof)


def test_a_shop_asks_what_a_scheme_means_for_it() -> None:
    ledger = FakeLedger([{"state": "open", "categories": ["books"]}])
    assert Shop(ledger, "b" * 32).terms("a" * 32)["categories"] == ["books"]
    (call,) = ledger.calls
    assert (call.name, call.request) == ("shop:Terms", {"shop": "b" * 32, "scheme": "a" * 32})


def test_a_batch_has_no_request_id_of_its_own() -> None:
    ledger = FakeLedger([{"items": []}])
    Shop(ledger, "b" * 32).caller.invoke("payment:Batch", {"items": []})
    assert ledger.calls[0].request == {"items": []}
