"""The items of a batch are requests like others; an outcome that the rules do not give is named, by item."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_blocks import Asked, Peer
from story import DOMAIN, SCHEME, SHOP, VOUCHER, Story, books

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest, Outcome, requests_in
from kindpakket.auditor.legality.checks import check_payments
from kindpakket.auditor.legality.findings import OutsideFinding
from kindpakket.auditor.legality.observing import Observer
from kindpakket.auditor.replay.replay import Replay
from kindpakket.auditor.state import State

BATCHED = ("payment:Pay", "payment:Capture", "payment:Refund")


@pytest.fixture
def story() -> Story:
    story = Story()
    story.layout = 3
    story.open()
    return story


def batched(story: Story, first: int, outcomes: Sequence[Outcome] = (), refusal: str = "") -> None:
    """Make a batch of the requests from a number on."""
    asked = story.requests[first:]
    done: list[Outcome] = ["done"] * (len(asked) - len(outcomes))
    given = [*outcomes, *done]
    story.requests[first:] = [
        replace(
            request,
            item=number,
            outcome=outcome,
            refusal=refusal if outcome == "refused" else "",
            layout=3 if outcome == "done" else 0,
            transaction_id=asked[0].transaction_id,
            block_number=asked[0].block_number,
        )
        for number, (request, outcome) in enumerate(zip(asked, given, strict=True))
    ]


def found(story: Story) -> list[str]:
    replay = Replay(DOMAIN)
    for request in story.requests:
        replay.apply(request)
    return [f"{finding.rule}: {finding.sentence}" for finding in replay.findings]


def test_items_move_money_as_requests_alone_do(story: Story) -> None:
    first = len(story.requests)
    payment = story.pay(("books", 1500))
    story.pay(("toys", 700))
    lines = [{"category": "books", "cents": 200}]
    story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="r")
    batched(story, first)
    terms = books(story).schemes[SCHEME].vouchers[VOUCHER].terms
    assert (terms.spent, terms.refunded, terms.available) == (2200, 200, 28000)


def test_an_item_that_exists_counts_once(story: Story) -> None:
    order = story.order(("books", 1500))
    story.send(order, story.signer().authorise(order))
    first = len(story.requests)
    story.send(order, story.signer().authorise(order))
    batched(story, first, ["exists"])
    assert found(story) == []
    assert books(story).schemes[SCHEME].vouchers[VOUCHER].terms.spent == 1500


def test_a_refused_item_changes_nothing(story: Story) -> None:
    first = len(story.requests)
    story.pay(("books", 20_001))
    story.pay(("books", 1500))
    batched(story, first, ["refused"], "CATEGORY_CAP_EXCEEDED")
    assert found(story) == []
    assert books(story).schemes[SCHEME].vouchers[VOUCHER].terms.spent == 1500


def test_a_refusal_that_the_rules_do_not_give_is_named(story: Story) -> None:
    first = len(story.requests)
    story.pay(("books", 1500))
    payment = story.pay(("books", 1400))
    batched(story, first, ["done", "refused"], "INSUFFICIENT_BALANCE")
    assert found(story) == [
        f"payment:Pay/outcome: item 1 of the batch: payment:Pay {payment} was refused with "
        "INSUFFICIENT_BALANCE although the rules allow it"
    ]


def test_a_refusal_of_what_had_been_committed_is_named(story: Story) -> None:
    order = story.order(("books", 1500))
    story.send(order, story.signer().authorise(order))
    first = len(story.requests)
    story.send(order, story.signer().authorise(order))
    batched(story, first, ["refused"], "IDEMPOTENCY_CONFLICT")
    assert found(story) == [
        f"payment:Pay/outcome: item 0 of the batch: payment:Pay {order.request_id} was refused with "
        "IDEMPOTENCY_CONFLICT although it had been committed"
    ]


def test_the_same_id_with_other_content_and_void_ids_are_rightly_refused(story: Story) -> None:
    order = story.order(("books", 1500))
    story.send(order, story.signer().authorise(order))
    void = story.order(("books", 1300))
    story.add("request:Void", "p-shop", void=void.request_id)
    first = len(story.requests)
    other = replace(order, lines=({"category": "books", "cents": 1600},))
    story.send(other, story.signer().authorise(other))
    story.send(void, story.signer().authorise(void))
    batched(story, first, ["refused", "refused"], "REQUEST_VOID")
    assert found(story) == []


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("done", "{} is done by the answer, but it was before"),
        ("exists", "{} exists by the answer, but it is new"),
    ],
)
def test_a_wrong_outcome_is_named(story: Story, outcome: Outcome, sentence: str) -> None:
    order = story.order(("books", 1500))
    first = len(story.requests)
    story.send(order, story.signer().authorise(order))
    if outcome == "done":
        story.send(order, story.signer().authorise(order))
    batched(story, first, ["done", "done"] if outcome == "done" else ["exists"])
    number = 1 if outcome == "done" else 0
    told = f"payment:Pay {order.request_id}"
    assert found(story) == [
        f"payment:Pay/outcome: item {number} of the batch: {sentence.format(told)}",
    ]


def test_an_item_that_breaks_a_rule_is_named_by_its_number(story: Story) -> None:
    first = len(story.requests)
    story.pay(("books", 1500))
    story.pay(("books", 20_001))
    batched(story, first)
    (finding,) = found(story)
    assert "item 1 of the batch: " in finding


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_refused_item_leaves_the_books_as_they_were(data: st.DataObject) -> None:
    """Whatever is tried on copies, and whether the rules would have allowed it."""
    story = Story()
    story.layout = 3
    story.open()
    payments = [story.pay(("books", cents)) for cents in (1500, 700)]
    held = story.hold(("toys", 900))
    replay = Replay(DOMAIN)
    for request in story.requests:
        replay.apply(request)
    before = {name: repr(value) for name, value in _contents(replay.books).items()}
    tried = data.draw(st.sampled_from(["pay", "refund", "capture"]))
    cents = data.draw(st.sampled_from([100, 900, 1600, 30_000]))
    category = data.draw(st.sampled_from(["books", "toys", "food"]))
    lines = [{"category": category, "cents": cents}]
    if tried == "pay":
        story.pay((category, cents))
    elif tried == "refund":
        story.add("payment:Refund", "p-shop", payment=payments[0], lines=lines, reason="r")
    else:
        story.add("payment:Capture", "p-shop", payment=held, lines=lines)
    replay.apply(replace(story.requests[-1], item=0, outcome="refused", refusal="NOT_YOURS"))
    assert {name: repr(value) for name, value in _contents(replay.books).items()} == before


def _contents(found: Books) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(found)}


# --- as blocks have them


def block_of(items: Any, answer: Any, writes: dict[str, Any] | None = None, role: str = "cashier") -> Any:
    peer = Peer()
    peer.append(
        Asked(
            "payment:Batch",
            {"items": items},
            writes or {},
            mspid="WinkelsMSP",
            person="p-shop",
            role=role,
            shop=SHOP if role == "cashier" else "",
            till="till-1" if role == "cashier" else "",
            answer=answer,
        )
    )
    return peer.decoded()[0]


def item(number: int, **members: Any) -> dict[str, Any]:
    return {"operation": "payment:Pay", "request": {"request_id": f"{number:032x}", **members}}


def entry(number: int, outcome: str, **members: Any) -> dict[str, Any]:
    return {"request_id": f"{number:032x}", "outcome": outcome, **members}


def read(block: Any) -> list[CommittedRequest]:
    requests, unreadable = requests_in(block, "kindpakket")
    assert unreadable == []
    return requests


def test_a_batch_is_read_as_its_items() -> None:
    refusal = {"code": "NOT_YOURS", "message": "no", "details": {}}
    answers = [
        entry(1, "done", answer={}),
        entry(2, "exists", answer={}),
        entry(3, "refused", refusal=refusal),
    ]
    items = [item(1), item(2), item(3)]
    found = read(block_of(items, {"items": answers}, {f"request/{1:032x}": {"v": 3}}))
    assert [(each.item, each.outcome, each.refusal, each.layout) for each in found] == [
        (0, "done", "", 3),
        (1, "exists", "", 0),
        (2, "refused", "NOT_YOURS", 0),
    ]
    assert {each.operation for each in found} == {"payment:Pay"}
    assert {each.till for each in found} == {"till-1"}
    assert {each.transaction_id for each in found} == {f"{1:064x}"}


def test_each_item_of_an_acquirer_names_its_till() -> None:
    items = [item(1, till="kassa-1"), item(2, till="Kassa 2"), item(3)]
    answers = {"items": [entry(number, "done", answer={}) for number in (1, 2, 3)]}
    assert [each.till for each in read(block_of(items, answers, role="acquirer"))] == ["kassa-1", "", ""]


@pytest.mark.parametrize(
    ("items", "answer", "sentence"),
    [
        ([item(1)], {}, "its answer is not a list of items"),
        ({}, {"items": []}, "its argument is not a list of items"),
        ([item(1)], {"items": []}, "it has 1 items, and its answer 0"),
        ([item(1)], {"items": [entry(2, "done")]}, "the answer of item 0 is about request"),
        ([item(1)], {"items": [entry(1, "maybe")]}, "the outcome of item 0 is 'maybe'"),
        (
            [{"operation": "payment:Hold", "request": {}}],
            {"items": [{}]},
            "item 0 is not a payment, capture or refund: 'payment:Hold'",
        ),
        ([{"operation": "payment:Pay", "request": 1}], {"items": [{}]}, "item 0 is not a payment"),
    ],
)
def test_a_batch_that_no_chaincode_answers_is_malformed(items: Any, answer: Any, sentence: str) -> None:
    requests, unreadable = requests_in(block_of(items, answer), "kindpakket")
    assert requests == []
    assert [text for text in unreadable if sentence in text], unreadable
    assert json.dumps(unreadable)


def test_a_finding_names_the_item_for_programs(story: Story) -> None:
    first = len(story.requests)
    story.pay(("books", 1500))
    story.pay(("books", 20_001))
    batched(story, first)
    replay = Replay(DOMAIN)
    for request in story.requests:
        replay.apply(request)
    (finding,) = replay.findings
    assert finding.as_json()["item"] == 1
    state = State()
    state.add([finding])
    assert list(state.findings()) == [finding]


def test_what_is_wrong_with_one_item_counts_for_its_payment_alone(story: Story) -> None:
    """Errors of a report are a payment's own, not those of all that travelled with it."""
    first = len(story.requests)
    payments = [story.pay(("books", 1500)), story.pay(("books", 1400)), story.pay(("toys", 500))]
    batched(story, first)
    observer = Observer(DOMAIN)
    for request in story.requests:
        observer.apply(request)
    facts = observer.facts()
    transaction = story.requests[-1].transaction_id
    about_one = OutsideFinding(1, transaction, "writes/payment", "error", 1400, "wrong", 1)
    about_all = OutsideFinding(1, transaction, "validity.code", "error", 0, "invalid")

    def verified(*findings: OutsideFinding) -> list[str]:
        checked = check_payments(facts, [facts.payments[payment] for payment in payments], findings)
        return [each.result("verified") for each in checked]

    assert verified(about_one) == ["passed", "error", "passed"]
    assert verified(about_all) == ["error"] * 3
