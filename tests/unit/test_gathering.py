"""Shops whose payments are gathered, with threads and with asyncio, against a peer in memory."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from paying_chaincode import BALANCE, paying

from fabric_gateway import Deadlines, FabricError, aio
from fabric_gateway.blocks import Block, BlockTransaction
from fabric_gateway.testing import MemoryGateway
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.records import Line
from kindpakket.ledger.refusals import IdempotencyConflict, InsufficientBalance, MalformedRequest, Refusal
from kindpakket.shop import Gathering, GatheringClosed, Shop, UnknownPayment
from kindpakket.shop import aio as asynchronous
from kindpakket.shop.gathering.tasks import AsyncGathering
from kindpakket_network.programs.wait import until
from patience import PATIENCE

_ids = count(1)
Request = tuple[str, dict[str, Any]]
STYLES = ("threads", "tasks")


def pay(voucher: int, cents: int = 100, request: int | None = None, lines: bool = True) -> Request:
    members = {
        "request_id": f"{next(_ids) if request is None else request:032x}",
        "voucher": f"{voucher:032x}",
        "lines": [{"category": "books", "cents": cents}] if lines else [],
    }
    return "payment:Pay", members


@dataclass
class Peer:
    """A peer in memory, and the callers of a gathering on it."""

    memory: MemoryGateway
    style: str
    deadlines: Deadlines

    def take(self, requests: Sequence[Request], **limits: Any) -> list[Any]:
        """Make all requests at once; the answer or exception of each, in their order."""
        return self.with_gathering(lambda invoke: [invoke(*request) for request in requests], **limits)

    def with_gathering(self, plan: Callable[[Callable[..., Any]], list[Any]], **limits: Any) -> list[Any]:
        """Run calls of a gathering at once, and close it."""
        return (
            asyncio.run(self._tasks(plan, limits)) if self.style == "tasks" else self._threads(plan, limits)
        )

    def _threads(self, plan: Callable[[Callable[..., Any]], list[Any]], limits: Any) -> list[Any]:
        with ExitStack() as stack:
            gateway = stack.enter_context(self.memory.connect(deadlines=self.deadlines))
            contract = gateway.network("channel").contract("kindpakket")
            gathering = stack.enter_context(Gathering(contract, **limits))
            pool = stack.enter_context(ThreadPoolExecutor(80))
            futures = plan(lambda *request: pool.submit(gathering.invoke, *request))
            return [future.exception() or future.result() for future in futures]

    async def _tasks(self, plan: Callable[[Callable[..., Any]], list[Any]], limits: Any) -> list[Any]:
        async with AsyncExitStack() as stack:
            connecting = aio.connect(
                endpoint=self.memory.endpoint,
                identity=self.memory.identity,
                deadlines=self.deadlines,
            )
            gateway = await stack.enter_async_context(connecting)
            contract = gateway.network("channel").contract("kindpakket")
            gathering = await stack.enter_async_context(AsyncGathering(contract, **limits))
            return await asyncio.gather(*plan(gathering.invoke), return_exceptions=True)

    def transactions(self) -> list[BlockTransaction]:
        """The transactions in blocks, without the configuration."""
        with self.memory.connect() as gateway:
            network = gateway.network("channel")
            blocks = map(Block.decode, network.blocks(0, network.ledger_height() - 1))
            return [each for block in blocks for each in block.transactions if each.function]

    def functions(self) -> Counter[str]:
        """How many valid transactions of each function there are."""
        return Counter(each.function for each in self.transactions() if each.valid)

    def balance(self, voucher: int) -> int:
        content = self.memory.get(f"voucher/{voucher:032x}")
        return BALANCE if content is None else int(json.loads(content))


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def peer(style: str) -> Iterator[Peer]:
    with MemoryGateway({"kindpakket": paying()}) as memory:
        yield Peer(memory, style, Deadlines())


def test_a_lone_payment_travels_as_it_does_without_gathering(peer: Peer) -> None:
    request = pay(1)
    (answer,) = peer.take([request])
    assert (answer["id"], answer["left_cents"]) == (request[1]["request_id"], 900)
    (transaction,) = peer.transactions()
    assert (transaction.function, json.loads(transaction.arguments[0])) == request


def test_a_crowd_is_served_in_few_transactions_each_with_its_own_answer(peer: Peer) -> None:
    crowd = [pay(voucher) for voucher in range(40)]
    one_voucher = [pay(100, 90) for _ in range(15)]
    twice = pay(101)
    other_content = ("payment:Pay", {**twice[1], "lines": [{"category": "books", "cents": 101}]})
    formless = pay(102, lines=False)
    requests = [*crowd, *one_voucher, twice, twice, formless]
    answers = peer.take(requests)
    assert [answer["id"] for answer in answers[:40]] == [members["request_id"] for _, members in crowd]
    poor = [answer for answer in answers[40:55] if isinstance(answer, InsufficientBalance)]
    assert len(poor) == 15 - BALANCE // 90
    assert poor[0].details == {"available_cents": 10}
    assert answers[55] == answers[56]
    assert (peer.balance(100), peer.balance(101), peer.balance(102)) == (10, 900, BALANCE)
    assert isinstance(answers[57], MalformedRequest)
    assert "item" not in answers[57].details
    assert len(peer.transactions()) < len(requests) / 2
    (conflict,) = peer.take([other_content])
    assert isinstance(conflict, IdempotencyConflict)


@pytest.mark.parametrize("times", [1, 2, 7])
def test_after_conflicts_everything_is_taken_once(peer: Peer, times: int) -> None:
    peer.memory.invalidate("MVCC_READ_CONFLICT", times=times)
    answers = peer.take([pay(voucher % 5, 10) for voucher in range(40)])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert [peer.balance(voucher) for voucher in range(5)] == [BALANCE - 80] * 5


def test_a_batch_that_the_chaincode_finds_too_large_is_halved(style: str) -> None:
    with MemoryGateway({"kindpakket": paying(most_bytes=2_000)}) as memory:
        peer = Peer(memory, style, Deadlines())
        answers = peer.take([pay(voucher) for voucher in range(50)])
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert peer.functions()["payment:Batch"] >= 3


def test_a_chaincode_without_batches_is_paid_one_by_one(style: str, caplog: pytest.LogCaptureFixture) -> None:
    with MemoryGateway({"kindpakket": paying(knows_batches=False)}) as memory:
        peer = Peer(memory, style, Deadlines())
        with caplog.at_level(logging.WARNING):
            answers = peer.take([pay(voucher) for voucher in range(30)])
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert peer.functions() == {"payment:Pay": 30}
    notes = [record for record in caplog.records if "knows no batches" in record.message]
    assert len(notes) == 1


def test_an_outcome_that_stays_unknown_says_how_to_settle_it(style: str) -> None:
    with MemoryGateway({"kindpakket": paying()}) as memory:
        peer = Peer(memory, style, Deadlines(resolve=0.5, commit_status=0.5))
        memory.hold()
        requests = [pay(voucher) for voucher in range(10)]
        answers = peer.take(requests)
        assert all(isinstance(answer, FabricError) for answer in answers)
        unknown = [answer for answer in answers if isinstance(answer, UnknownPayment)]
        assert {error.request_id for error in unknown} <= {members["request_id"] for _, members in requests}
        assert unknown
        memory.release()
        again = Peer(memory, style, Deadlines()).take(requests)
        assert [answer["left_cents"] for answer in again] == [900] * 10
        assert [peer.balance(voucher) for voucher in range(10)] == [900] * 10


def test_what_was_committed_though_its_answer_was_lost_is_answered(style: str) -> None:
    with MemoryGateway({"kindpakket": paying()}) as memory:
        peer = Peer(memory, style, Deadlines(resolve=0.5, commit_status=0.5))
        memory.hang("CommitStatus", times=6)
        answers = peer.take([pay(voucher) for voucher in range(20)], wait=0.2)
        lost = [answer for answer in answers if isinstance(answer, Exception)]
        assert len(lost) <= 1  # the one that was sent alone tells its caller, as without gathering
        assert [peer.balance(voucher) for voucher in range(20)] == [900] * 20


def test_closing_sends_what_waits_and_answers_everybody() -> None:
    with MemoryGateway({"kindpakket": paying()}) as memory, memory.connect() as gateway:
        gathering = Gathering(gateway.network("channel").contract("kindpakket"), wait=1)
        memory.hold()
        with ThreadPoolExecutor(11) as pool:
            calls = [pool.submit(gathering.invoke, *pay(0))]
            memory.wait_for_call("Submit")
            calls += [pool.submit(gathering.invoke, *pay(voucher)) for voucher in range(9)]
            assert until(lambda: len(gathering._waiters) == 10 or None, PATIENCE)
            closing = pool.submit(gathering.close)
            memory.release()
            closing.result()
            assert not gathering._waiters  # all have their answers, which their threads are about to return
        assert [call.result()["left_cents"] for call in calls] == [900, 800, *[900] * 8]


def test_closing_asyncio_sends_what_waits_and_answers_everybody() -> None:
    async def close(memory: MemoryGateway) -> list[Any]:
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            async with AsyncGathering(gateway.network("channel").contract("kindpakket"), wait=1) as gathering:
                calls = [asyncio.ensure_future(gathering.invoke(*pay(voucher))) for voucher in range(9)]
                await asyncio.sleep(0)
            assert not gathering._futures  # all have their answers, with which their tasks are about to go on
            return await asyncio.gather(*calls)

    with MemoryGateway({"kindpakket": paying()}) as memory:
        assert [answer["left_cents"] for answer in asyncio.run(close(memory))] == [900] * 9


def test_nothing_is_sent_once_it_is_closed(style: str) -> None:
    with MemoryGateway({"kindpakket": paying()}) as memory:
        if style == "threads":
            with memory.connect() as gateway:
                with Gathering(gateway.network("channel").contract("kindpakket")) as gathering:
                    pass
                with pytest.raises(GatheringClosed, match="was not sent"):
                    gathering.invoke(*pay(1))
        else:
            asyncio.run(_closed(memory))
        assert Peer(memory, style, Deadlines()).transactions() == []


async def _closed(memory: MemoryGateway) -> None:
    async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
        async with AsyncGathering(gateway.network("channel").contract("kindpakket")) as gathering:
            pass
        with pytest.raises(GatheringClosed, match="was not sent"):
            await gathering.invoke(*pay(1))


async def cause_of(cancelled: asyncio.Future[Any]) -> BaseException | None:
    try:
        await cancelled
    except asyncio.CancelledError as error:
        return error.__cause__
    raise AssertionError("the call was not cancelled")


def test_a_cancelled_caller_knows_whether_anything_was_sent() -> None:
    async def cancel(memory: MemoryGateway) -> list[BaseException | None]:
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            contract = gateway.network("channel").contract("kindpakket")
            async with AsyncGathering(contract, wait=1) as gathering:
                memory.hold()
                calls = [asyncio.ensure_future(gathering.invoke(*pay(voucher))) for voucher in (1, 2)]
                await asyncio.to_thread(memory.wait_for_call, "Submit")
                for call in calls:
                    call.cancel()
                causes = [await cause_of(call) for call in calls]
                memory.release()
            return causes

    with MemoryGateway({"kindpakket": paying()}) as memory:
        sent, waiting = asyncio.run(cancel(memory))
        assert isinstance(sent, UnknownPayment)
        assert waiting is None
        assert memory.get(f"voucher/{2:032x}") is None


def test_an_interrupted_thread_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with (
        MemoryGateway({"kindpakket": paying()}) as memory,
        memory.connect() as gateway,
        Gathering(gateway.network("channel").contract("kindpakket")) as gathering,
    ):
        with monkeypatch.context() as patched:
            patched.setattr(gathering, "_outcome", interrupted)
            with pytest.raises(KeyboardInterrupt) as error:
                gathering.invoke(*pay(1))
        assert isinstance(error.value.__cause__, UnknownPayment)
        assert gathering.invoke(*pay(1))["left_cents"] == 900


def test_a_shop_gathers_its_payments_captures_and_refunds() -> None:
    with MemoryGateway({"kindpakket": paying()}, channel="zuidhorn") as memory, memory.connect() as gateway:
        plain = Shop(gateway.network("zuidhorn").contract("kindpakket"), "b" * 32)
        key = HolderKey.generate()
        with plain.gathering() as shop, ThreadPoolExecutor(40) as pool:
            orders = [
                shop.order("a" * 32, f"{number:032x}", [{"category": "books", "cents": 300}])
                for number in range(30)
            ]
            paid = list(pool.map(lambda order: shop.pay(order, key.authorise(order)), orders))
            assert [payment["id"] for payment in paid] == [order.request_id for order in orders]
            lines: list[Line] = [{"category": "books", "cents": 100}]
            given = list(pool.map(lambda payment: shop.refund(payment["id"], lines, "returned"), paid))
            assert [refund["cents"] for refund in given] == [100] * 30
            held = list(pool.map(lambda number: shop.capture(f"{number:032x}", lines), range(900, 930)))
            assert len({payment["id"] for payment in held}) == 30
            with pytest.raises(InsufficientBalance):
                shop.refund(paid[0]["id"], [{"category": "books", "cents": 201}], "returned")
            shop.requests.void("f" * 32)
        network = gateway.network("zuidhorn")
        blocks = map(Block.decode, network.blocks(0, network.ledger_height() - 1))
        made = [each.function for block in blocks for each in block.transactions if each.function]
        assert len(made) < 50


def test_shops_of_an_acquirer_share_a_gathering_for_asyncio() -> None:
    async def sell(memory: MemoryGateway) -> list[Any]:
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            contract = gateway.network("zuidhorn").contract("kindpakket")
            async with AsyncGathering(contract) as gathering:
                shops = [
                    asynchronous.Shop(contract, shop * 32, till="kassa-2", gathering=gathering)
                    for shop in "bc"
                ]
                key = HolderKey.generate()
                calls: list[Awaitable[Any]] = []
                for number in range(30):
                    shop = shops[number % 2]
                    order = shop.order("a" * 32, f"{number:032x}", [{"category": "books", "cents": 300}])
                    calls.append(shop.pay(order, key.authorise(order), receipt="d" * 64))
                answers = await asyncio.gather(*calls)
            alone = asynchronous.Shop(contract, "b" * 32)
            assert (await alone.request(answers[0]["id"]))["state"] == "committed"
            with pytest.raises(Refusal):
                await alone.refund(answers[0]["id"], [{"category": "books", "cents": 301}], "returned")
            async with alone.gathering() as one:
                assert await one.capture("f" * 32, [{"category": "books", "cents": 1}])
            assert await alone.void("e" * 32)
            return answers

    with MemoryGateway({"kindpakket": paying()}, channel="zuidhorn") as memory:
        assert [answer["left_cents"] for answer in asyncio.run(sell(memory))] == [700] * 30
        with memory.connect() as gateway:
            network = gateway.network("zuidhorn")
            blocks = map(Block.decode, network.blocks(0, network.ledger_height() - 1))
            batches = [
                json.loads(each.arguments[0])["items"]
                for block in blocks
                for each in block.transactions
                if each.function == "payment:Batch"
            ]
        asked = [item["request"] for items in batches for item in items]
        assert {request["till"] for request in asked} == {"kassa-2"}
        assert {request["receipt"] for request in asked} == {"d" * 64}
        assert {request["shop"] for request in asked} == {"b" * 32, "c" * 32}


def test_an_unknown_payment_survives_pickling() -> None:
    error = UnknownPayment("1" * 32, "t", b"e")
    found = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (found.request_id, found.transaction_id, found.envelope) == ("1" * 32, "t", b"e")
    assert str(found) == str(error)
