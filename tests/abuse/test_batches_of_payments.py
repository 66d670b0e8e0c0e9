"""What must be refused is refused in a batch too, item by item, and leaves the other items as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cases_provision import held
from cases_wire import ordered, till_of
from ground import Ground
from support import books

from fabric_gateway import CommitError, EndorseError
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.refusals import parse
from kindpakket_demo.schemes import CENTS_PER_CHILD
from kindpakket_demo.wallets import Wallet

Item = dict[str, Any]
_CENTS = 500


def pay(request: Item) -> Item:
    """A payment as an item."""
    return {"operation": "payment:Pay", "request": request}


def on_hold(operation: str, payment: str, cents: int, **members: str) -> Item:
    """A capture or refund of books as an item."""
    request = {"request_id": new_id(), "payment": payment, "lines": books(cents), **members}
    return {"operation": operation, "request": request}


def send(ground: Ground, *items: Item) -> list[Item]:
    """Submit a batch at the till, and give what became of its items."""
    contract = ground.till.shop.caller.contract
    answer = json.loads(contract.submit("payment:Batch", json.dumps({"items": items}), conflict_attempts=6))
    assert [one["request_id"] for one in answer["items"]] == [one["request"]["request_id"] for one in items]
    ground.desk.in_step()
    return list(answer["items"])


def outcomes(answers: list[Item]) -> list[str]:
    """The outcome of each item, or the code of its refusal."""
    return [one["refusal"]["code"] if one["outcome"] == "refused" else one["outcome"] for one in answers]


def good(ground: Ground, wallet: Wallet, cents: int = _CENTS) -> Item:
    """A payment that the holder authorised."""
    return pay(ground.request(ground.order(wallet, cents), wallet))


def _another_amount(ground: Ground) -> Item:
    wallet = ground.wallet()
    return pay(ground.request(ground.order(wallet), wallet, lines=books(1_001)))


def _another_shop(ground: Ground) -> Item:
    wallet = ground.wallet()
    return pay(ground.request(ground.order(wallet, till=ground.other), wallet))


def _page_again(ground: Ground) -> Item:
    wallet = ground.booklet()
    order = ground.order(wallet)
    ground.till.shop.pay(order, proof := wallet.authorise(order))
    ground.desk.in_step()
    return pay({**ground.order(wallet).request(proof)})


def _unbound(ground: Ground) -> Item:
    wallet = ground.watch(ground.props.unbound)
    return pay(ground.request(ground.order(wallet), wallet))


def _blocked(ground: Ground) -> Item:
    wallet = ground.wallet()
    ground.desk.clerk.vouchers.block(ground.scheme, wallet.voucher, "device-lost")
    return good(ground, wallet)


def _category(ground: Ground) -> Item:
    wallet = ground.wallet()
    return pay(ground.request(ground.order(wallet, category="garden"), wallet))


def _above_balance(ground: Ground) -> Item:
    wallet = ground.wallet()
    ground.paid(wallet)
    return good(ground, wallet, CENTS_PER_CHILD)


def _refund_above(ground: Ground) -> Item:
    return on_hold("payment:Refund", ground.paid(ground.wallet()), 1_001, reason="returned-goods")


def _unknown_payment(ground: Ground) -> Item:
    return on_hold("payment:Refund", new_id(), 1, reason="returned-goods")


def _capture_above(ground: Ground) -> Item:
    return on_hold("payment:Capture", held(ground), 1_001)


def _other_content(ground: Ground) -> Item:
    wallet = ground.wallet()
    request = good(ground, wallet)["request"]
    ground.till.shop.caller.contract.submit("payment:Pay", json.dumps(request))
    ground.desk.in_step()
    return pay({**request, "receipt": "5" * 64})


def _void(ground: Ground) -> Item:
    request = good(ground, ground.wallet())["request"]
    ground.till.shop.requests.void(request["request_id"])
    return pay(request)


REFUSED: dict[str, tuple[Callable[[Ground], Item], str]] = {
    "another amount than the holder signed": (_another_amount, "HOLDER_PROOF_INVALID"),
    "a payment for another shop": (_another_shop, "NOT_YOURS"),
    "a page that was used": (_page_again, "HOLDER_PROOF_INVALID"),
    "a voucher that is not active": (_unbound, "VOUCHER_NOT_ACTIVE"),
    "a voucher that is blocked": (_blocked, "VOUCHER_BLOCKED"),
    "a category that the scheme does not allow": (_category, "CATEGORY_NOT_ALLOWED"),
    "more than the voucher holds": (_above_balance, "INSUFFICIENT_BALANCE"),
    "a refund of more than was paid": (_refund_above, "REFUND_EXCEEDS_PAYMENT"),
    "a refund of no payment": (_unknown_payment, "PAYMENT_NOT_FOUND"),
    "a capture of more than is held": (_capture_above, "HOLD_EXCEEDED"),
    "other content under a used id": (_other_content, "IDEMPOTENCY_CONFLICT"),
    "a request that was voided": (_void, "REQUEST_VOID"),
}


def test_what_must_be_refused_is_refused_among_payments_that_are_taken(ground: Ground) -> None:
    bad = [prepare(ground) for prepare, _ in REFUSED.values()]
    ground.desk.in_step()
    wallets = [ground.wallet() for _ in range(len(bad) + 1)]
    payments = [good(ground, wallet) for wallet in wallets]
    items = [one for pair in zip(payments, bad, strict=False) for one in pair] + payments[-1:]
    before = {one: ground.town.available(one) for one in wallets}

    answers = send(ground, *items)

    expected = [one for _, code in REFUSED.values() for one in ("done", code)] + ["done"]
    assert outcomes(answers) == expected
    assert {one: ground.town.available(one) for one in wallets} == {
        one: cents - _CENTS for one, cents in before.items()
    }
    values = ground.values()
    again = send(ground, *items)
    assert outcomes(again) == [one.replace("done", "exists") for one in expected]
    assert [one.get("answer") for one in again] == [one.get("answer") for one in answers]
    assert ground.values() == values


def test_a_voucher_is_spent_to_its_end_and_no_further_in_one_batch(ground: Ground) -> None:
    wallet, share = ground.wallet(), CENTS_PER_CHILD // 3
    answers = send(ground, *(good(ground, wallet, share) for _ in range(4)))
    assert outcomes(answers) == ["done", "done", "done", "INSUFFICIENT_BALANCE"]
    assert ground.town.available(wallet) == CENTS_PER_CHILD - 3 * share
    paid = [one["answer"]["id"] for one in answers[:3]]
    refunds = [on_hold("payment:Refund", one, share, reason="returned-goods") for one in (*paid, paid[0])]
    assert outcomes(send(ground, *refunds)) == ["done"] * 3 + ["REFUND_EXCEEDS_PAYMENT"]
    assert ground.town.available(wallet) == CENTS_PER_CHILD


def test_a_malformed_item_stays_off_the_ledger_with_the_whole_batch(ground: Ground) -> None:
    wallet = ground.wallet()
    payment, height = good(ground, wallet), ground.height()
    spoilt: dict[str, Item] = {
        "PERSONAL_DATA_REFUSED": {"receipt": "123456782"},
        "HOLDER_PROOF_MISSING": {"proof": None},
        "MALFORMED_REQUEST": {"name": "Jip"},
    }
    for code, members in spoilt.items():
        request = {**good(ground, wallet)["request"], **members}
        item = pay({name: value for name, value in request.items() if value is not None})
        with pytest.raises(EndorseError) as failed:
            send(ground, payment, item)
        refusal = parse(failed.value.chaincode_message or "")
        assert refusal is not None and (refusal.code, refusal.details["item"]) == (code, 1)
    assert ground.ordered_since(height) == []


def test_a_batch_that_was_withheld_fails_when_one_of_its_vouchers_was_blocked(ground: Ground) -> None:
    first, second = ground.wallet(), ground.wallet()
    items = [good(ground, one) for one in (first, second)]
    withheld = till_of(ground).proposal("payment:Batch", json.dumps({"items": items})).endorse()
    ground.desk.clerk.vouchers.block(ground.scheme, second.voucher, "device-lost")
    ground.desk.in_step()
    before = ground.values()
    with pytest.raises(CommitError) as failed:
        ordered(withheld)
    assert failed.value.code == "MVCC_READ_CONFLICT"
    assert ground.values() == before
    assert outcomes(send(ground, *items)) == ["done", "VOUCHER_BLOCKED"]
