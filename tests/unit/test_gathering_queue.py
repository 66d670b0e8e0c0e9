"""Which requests are sent together, when, and what becomes of each: decided without clocks and threads."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from grpc import StatusCode
from hypothesis import given, settings
from hypothesis import strategies as st
from paying_chaincode import Overlay, Refused, batch, carry_out

from fabric_gateway import CommitError, EndorseError, ErrorDetail, UnknownOutcome
from kindpakket.ledger.refusals import InsufficientBalance, Refusal
from kindpakket.shop.gathering import UnknownPayment
from kindpakket.shop.gathering.item import Item, Parcel
from kindpakket.shop.gathering.queue import Limits, Queue
from kindpakket.shop.gathering.verdict import Answered, Failed, Verdict, on_answer, on_failure, on_recorded

AT = 1_800_000_000
FAR = AT + 300


def pay(number: int, voucher: int = 0, cents: int = 100, *, deadline: int = FAR) -> Item:
    return Item.of(
        "payment:Pay",
        {
            "request_id": f"{number:032x}",
            "voucher": f"{voucher or 1_000 + number:032x}",
            "lines": [{"category": "books", "cents": cents}],
            "deadline": deadline,
        },
    )


def refund(number: int, payment: int, cents: int) -> Item:
    lines = [{"category": "books", "cents": cents}]
    asked = {"request_id": f"{number:032x}", "payment": f"{payment:032x}", "lines": lines}
    return Item.of("payment:Refund", asked)


def members(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(item.request)
    return found


def sent(queue: Queue, now: float = 0.0, at: float = AT) -> Parcel:
    parcel = queue.next(now, at)
    assert parcel is not None
    return parcel


def test_a_lone_request_is_sent_at_once_as_it_is() -> None:
    queue, item = Queue(Limits()), pay(1)
    queue.add(item, 0.0)
    parcel = sent(queue)
    assert (parcel.name, parcel.argument) == ("payment:Pay", item.request)
    assert queue.next(0.0, AT) is None


def test_what_arrives_meanwhile_waits_for_others_and_no_longer() -> None:
    queue = Queue(Limits(wait=0.025))
    queue.add(pay(1), 0.0)
    sent(queue)
    queue.add(pay(2), 0.010)
    queue.add(pay(3), 0.020)
    assert queue.next(0.034, AT) is None
    assert queue.wait(0.030) == pytest.approx(0.005)
    parcel = sent(queue, 0.0351)
    assert (parcel.name, len(parcel.items)) == ("payment:Batch", 2)
    assert parcel.argument == (
        f'{{"items":[{{"operation":"payment:Pay","request":{parcel.items[0].request}}},'
        f'{{"operation":"payment:Pay","request":{parcel.items[1].request}}}]}}'
    )


def test_it_is_sent_when_nothing_is_in_flight_any_more() -> None:
    queue = Queue(Limits())
    queue.add(pay(1), 0.0)
    first = sent(queue)
    queue.add(pay(2), 0.001)
    assert queue.next(0.002, AT) is None
    queue.settled(first.items[0])
    queue.landed(first)
    assert len(sent(queue, 0.002).items) == 1


def test_a_full_batch_waits_for_nothing() -> None:
    queue = Queue(Limits(most=3))
    queue.add(pay(1), 0.0)
    sent(queue)
    for number in range(2, 6):
        queue.add(pay(number), 0.0)
    assert len(sent(queue).items) == 3
    assert queue.next(0.0, AT) is None


def test_a_batch_is_no_longer_than_the_chaincode_takes() -> None:
    queue = Queue(Limits())
    for number in range(1, 6):
        item = pay(number)
        item.bytes = 400_000
        queue.add(item, 0.0)
    assert [len(sent(queue).items), len(sent(queue).items)] == [2, 2]
    assert queue.next(0.0, AT) is None


def test_what_would_conflict_waits_until_the_other_has_landed() -> None:
    queue = Queue(Limits())
    queue.add(pay(1, voucher=7), 0.0)
    first = sent(queue)
    queue.add(pay(2, voucher=7), 0.0)
    queue.add(refund(3, payment=1, cents=1), 0.0)
    queue.add(pay(4, voucher=8), 0.0)
    assert [item.request_id for item in sent(queue, 1.0).items] == [f"{4:032x}"]
    queue.settled(first.items[0])
    queue.landed(first)
    assert len(sent(queue, 1.0).items) == 2


def test_a_request_whose_deadline_is_near_is_sent_alone_and_first() -> None:
    queue = Queue(Limits(at_once=1))
    queue.add(pay(1), 0.0)
    sent(queue)
    queue.add(pay(2), 0.0)
    urgent = pay(3, deadline=AT + 4)
    queue.add(urgent, 0.0)
    assert sent(queue).items == (urgent,)
    assert queue.next(1.0, AT) is None


def test_closing_waits_for_nothing() -> None:
    queue = Queue(Limits(wait=1))
    queue.add(pay(1), 0.0)
    sent(queue)
    queue.add(pay(2), 0.0)
    queue.closing = True
    assert len(sent(queue).items) == 1


@pytest.mark.parametrize(
    "wrong", [{"wait": -1}, {"wait": 2}, {"most": 0}, {"most": 201}, {"at_once": 0}], ids=str
)
def test_limits_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} is "):
        Limits(**wrong)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_each_request_travels_once_with_no_other_of_its_voucher(seed: int) -> None:
    random = Random(seed)
    limits = Limits(most=random.randint(1, 5), at_once=random.randint(1, 3))
    queue, now, travelled = Queue(limits), 0.0, Counter[Item]()
    items = [pay(number, random.randint(1, 4)) for number in range(random.randint(1, 25))]
    left, flying = list(items), list[Parcel]()
    while left or not queue.idle:
        now += random.random() * 0.03
        if left and random.random() < 0.5:
            queue.add(left.pop(), now)
        while (parcel := queue.next(now, AT)) is not None:
            assert len(parcel.items) <= limits.most
            busy = {subject for other in flying for item in other.items for subject in item.subjects}
            assert busy.isdisjoint(subject for item in parcel.items for subject in item.subjects)
            travelled.update(parcel.items)
            flying.append(parcel)
            assert len(flying) <= limits.at_once
        if flying and random.random() < 0.5:
            landed = flying.pop(random.randrange(len(flying)))
            for item in landed.items:
                queue.settled(item)
            queue.landed(landed)
    assert travelled == Counter(items)


def refused(message: str, status: StatusCode = StatusCode.ABORTED) -> EndorseError:
    detail = ErrorDetail("127.0.0.1:7051", "GemeenteMSP", f"chaincode response 500, {message}")
    return EndorseError("failed", status=status, details=(detail,), transaction_id="t")


CONFLICT = CommitError("t", "MVCC_READ_CONFLICT", 7)
SLOW = EndorseError("deadline", status=StatusCode.DEADLINE_EXCEEDED)


def sizes(verdict: Verdict) -> list[int]:
    assert not verdict.settled
    return [len(parcel.items) for parcel in verdict.again]


def parcel_of(count: int) -> Parcel:
    return Parcel(tuple(pay(number) for number in range(count)))


def test_a_batch_that_conflicts_is_sent_again_then_halved() -> None:
    parcel = parcel_of(5)
    first = on_failure(parcel, CONFLICT, AT)
    assert sizes(first) == [5]
    again = first.again[0]
    assert sizes(on_failure(again, CONFLICT, AT)) == [3, 2]


@pytest.mark.parametrize(
    "error",
    [
        SLOW,
        EndorseError("received message larger than max (9 vs. 4)", status=StatusCode.RESOURCE_EXHAUSTED),
        refused("REQUEST_TOO_LARGE: 2000000 bytes {}"),
        EndorseError(
            "failed",
            status=StatusCode.ABORTED,
            details=(ErrorDetail("p", "M", "timeout expired while executing transaction"),),
        ),
    ],
    ids=["slow", "large for gRPC", "large for the chaincode", "slow for the peer"],
)
def test_a_batch_that_is_too_much_is_halved(error: EndorseError) -> None:
    assert sizes(on_failure(parcel_of(4), error, AT)) == [2, 2]


def test_what_nears_its_deadline_leaves_a_failed_batch_and_goes_alone() -> None:
    items = (pay(1), pay(2, deadline=AT + 3), pay(3))
    for error, rest in ((CONFLICT, [1, 2]), (SLOW, [1, 1, 1])):
        verdict = on_failure(Parcel(items), error, AT)
        assert sizes(verdict) == rest
        assert verdict.again[0].items == (items[1],)


def test_an_item_without_form_is_sent_alone_and_the_others_together() -> None:
    parcel = parcel_of(4)
    verdict = on_failure(parcel, refused('MALFORMED_REQUEST: item 2: no {"item": 2}'), AT)
    assert [one.items for one in verdict.again] == [
        (parcel.items[2],),
        (*parcel.items[:2], parcel.items[3]),
    ]


def test_what_is_refused_to_the_sender_is_refused_to_each_caller() -> None:
    parcel = parcel_of(3)
    verdict = on_failure(parcel, refused('ROLE_REQUIRED: only a till {"role": "issuer"}'), AT)
    errors = [outcome.error for _, outcome in verdict.settled if isinstance(outcome, Failed)]
    assert [error.code for error in errors if isinstance(error, Refusal)] == ["ROLE_REQUIRED"] * 3
    assert len(set(map(id, errors))) == 3


def test_a_failure_that_is_certain_is_each_callers_own() -> None:
    invalid = CommitError("t", "ENDORSEMENT_POLICY_FAILURE", 7)
    verdict = on_failure(parcel_of(2), invalid, AT)
    errors = [outcome.error for _, outcome in verdict.settled if isinstance(outcome, Failed)]
    assert [str(error) for error in errors] == [str(invalid)] * 2
    assert errors[0] is not errors[1]


def test_an_unknown_outcome_is_looked_up_by_id() -> None:
    parcel = parcel_of(3)
    verdict = on_failure(parcel, UnknownOutcome("t", b"e"), AT)
    assert [item for item, _ in verdict.unsure] == list(parcel.items)
    (item, unknown), *_ = verdict.unsure
    assert (unknown.request_id, unknown.transaction_id) == (item.request_id, "t")
    assert isinstance(unknown, UnknownOutcome)
    assert "send it again with the same id" in str(unknown)


def test_only_refusals_of_its_id_settle_a_request_that_is_looked_up() -> None:
    unknown = UnknownPayment("1" * 32)
    assert on_recorded(refused("VOUCHER_BLOCKED: it is blocked {}"), unknown).error is unknown
    assert on_recorded(SLOW, unknown).error is unknown
    for code in ("REQUEST_VOID", "IDEMPOTENCY_CONFLICT"):
        error = on_recorded(refused(f"{code}: no {{}}"), unknown).error
        assert isinstance(error, Refusal)
        assert error.code == code


def test_an_answer_that_cannot_be_read_leaves_outcomes_unknown() -> None:
    for content in (b"", b"{}", b'{"items": []}', b'{"items": [{"outcome": "done"}, {}]}'):
        assert len(on_answer(parcel_of(2), content).unsure) == 2


def requests(random: Random) -> list[Item]:
    """Payments, refunds of them, the same again, and some without form."""
    items: list[Item] = []
    for number in range(1, random.randint(2, 15)):
        cents, voucher = random.randint(1, 600), random.randint(1, 3)
        match random.choice(["pay", "pay", "pay", "again", "refund", "formless"]):
            case "again" if items:
                first = random.choice(items)
                items.append(Item.of(first.operation, members(first)))
            case "refund":
                items.append(refund(number, random.randint(1, number), cents))
            case "formless":
                items.append(Item.of("payment:Pay", {**members(pay(number, voucher)), "lines": []}))
            case _:
                items.append(pay(number, voucher, cents))
    return items


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32))
def test_gathered_requests_have_the_outcomes_of_single_ones(seed: int) -> None:
    """However they are split, merged and repeated: the same effects, each once, and the same answers."""
    random = Random(seed)
    items = requests(random)
    ledger = Ledger()
    order: list[Item] = []
    outcomes: dict[Item, Answered | Failed] = {}
    waiting = [Parcel(tuple(items))]
    while waiting:
        parcel = waiting.pop(random.randrange(len(waiting)))
        trouble = random.choice([None, None, None, CONFLICT, SLOW, "lost", "late"])
        if not parcel.alone and isinstance(trouble, Exception):
            verdict = on_failure(parcel, trouble, AT)
        elif not parcel.alone and trouble == "lost":
            verdict = on_failure(parcel, UnknownOutcome("t", b""), AT)
        else:
            verdict = ledger.submit(parcel, order)
            if trouble == "late" and not parcel.alone and not verdict.again:
                verdict = on_failure(parcel, UnknownOutcome("t", b""), AT)
        waiting += verdict.again
        looked_up = [(item, ledger.looked_up(item) or Failed(why)) for item, why in verdict.unsure]
        for item, outcome in (*verdict.settled, *looked_up):
            assert item not in outcomes
            outcomes[item] = outcome
    assert set(outcomes) == set(items)
    alone = Ledger()
    for item in order:
        single = alone.submit(Parcel((item,)), []).settled[0][1]
        found = outcomes[item]
        if isinstance(found, Failed) and isinstance(found.error, UnknownPayment):
            continue  # nothing is claimed, and nothing was done unless the ledger says so
        if isinstance(found, Answered) and isinstance(single, Answered):
            assert found.answer == single.answer
        else:
            assert isinstance(found, Failed)
            assert isinstance(single, Failed)
            assert str(found.error) == str(single.error)


class Ledger:
    """Carries out parcels one after another, without anything that could go wrong between machines."""

    def __init__(self) -> None:
        self._state: dict[str, bytes] = {}

    def submit(self, parcel: Parcel, order: list[Item]) -> Verdict:
        overlay = Overlay(self._state.get)
        try:
            if parcel.alone:
                (item,) = parcel.items
                if not members(item)["lines"]:
                    raise Refused("MALFORMED_REQUEST")
                answer: Any = carry_out(overlay, item.operation, members(item))[1]
            else:
                answer = {"items": batch(overlay, json.loads(parcel.argument)["items"])}
        except Refused as refusal:
            message = f"{refusal.code}: {refusal.sentence} {json.dumps(refusal.details)}"
            if parcel.alone:
                order += parcel.items
            return on_failure(parcel, refused(message), AT)
        order += parcel.items
        self._state.update(overlay.writes)
        return on_answer(parcel, json.dumps(answer).encode())

    def looked_up(self, item: Item) -> Answered | Failed | None:
        if f"request/{item.request_id}" not in self._state:
            return None
        return self.submit(Parcel((item,)), []).settled[0][1]


def test_refusals_of_items_are_the_exceptions_of_single_requests() -> None:
    entry = {
        "request_id": "0" * 32,
        "outcome": "refused",
        "refusal": {"code": "INSUFFICIENT_BALANCE", "message": "no", "details": {"available_cents": 1}},
    }
    (_, outcome), _ = on_answer(parcel_of(2), json.dumps({"items": [entry, entry]}).encode()).settled
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, InsufficientBalance)
    assert outcome.error.details == {"available_cents": 1}
