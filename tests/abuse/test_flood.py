"""A flood at one peer: it reports that it is full, the client slows down, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest
from ground import Ground
from support import identity_of

from fabric_gateway import Deadlines, EvaluateError, GatewayError, Limits, Profile
from fabric_gateway._connection import flow as _flow
from fabric_gateway.aio import Contract, connect
from kindpakket_demo.desk import CHAINCODE, SHOPS
from kindpakket_demo.schemes import CENTS_PER_CHILD
from patience import PATIENCE

PLACES = 1_000
"""How many concurrent calls a peer's Gateway service accepts."""
FEW = 20
PAYMENTS = 40
PATIENT = Deadlines(evaluate=60, endorse=60, submit=30, resolve=60, commit_status=60)
TRIES = 20
Pauses = dict[int, list[float]]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """How long the client waited after the first, second, … failed attempt of its calls."""
    recorded: Pauses = defaultdict(list)
    waiting = _flow.backoff

    def noted(attempt: int) -> float:
        recorded[attempt].append(waiting(attempt))
        return recorded[attempt][-1]

    monkeypatch.setattr(_flow, "backoff", noted)
    return recorded


@pytest.mark.alone
def test_a_flood_slows_the_client_down_and_loses_and_doubles_nothing(ground: Ground, pauses: Pauses) -> None:
    orders = {wallet: ground.order(wallet) for wallet in (ground.wallet() for _ in range(PAYMENTS))}
    arguments = [json.dumps(order.request(wallet.authorise(order))) for wallet, order in orders.items()]
    began = ground.height()
    assert asyncio.run(flooded(ground, arguments, pauses)) == PAYMENTS
    assert max(pauses[1]) <= min(pauses[2]), "its pauses do not grow"
    values = ground.values()
    for wallet, order in orders.items():
        voucher = values[f"voucher {wallet.voucher}"]
        assert (voucher["spent_cents"], voucher["available_cents"]) == (
            order.cents,
            CENTS_PER_CHILD - order.cents,
        )
    open_items = Counter(
        item["id"] for item in values[f"unsettled {ground.scheme} {ground.till.shop.shop_id}"]
    )
    assert {open_items[order.request_id] for order in orders.values()} == {1}
    assert ground.ordered_since(began) == ["payment:Pay"] * PAYMENTS


async def flooded(ground: Ground, payments: Sequence[str], pauses: Pauses) -> int:
    """Take all places of the shops' peer, send payments, and free the places once every payment waits.

    Returns:
        The number of payments that were accepted in the end.
    """
    network, channel = ground.desk.network, ground.desk.channel
    profile = Profile.load(network.profile(SHOPS))
    hostile, honest = (identity_of(network, SHOPS, till.user) for till in (ground.other, ground.till))
    places: list[asyncio.Task[object]] = []
    async with AsyncExitStack() as floods, connect(profile, honest, deadlines=PATIENT) as client:
        contract = client.network(channel).contract(CHAINCODE)

        async def take(count: int) -> None:
            """Take places through a new gateway, which no refusal has slowed down yet."""
            gateway = connect(profile, hostile, deadlines=PATIENT, limits=Limits(PLACES))
            ledger = (await floods.enter_async_context(gateway)).network(channel)
            for _ in range(count):
                places.append(asyncio.create_task(ledger.commit(secrets.token_hex(32)).status()))

        async def taken() -> bool:
            if await full(contract):
                return True
            await take(FEW)  # the places that other calls held while the first ones were taken
            return False

        await take(PLACES)
        await until(taken)
        pauses.clear()
        sent = [asyncio.create_task(paid(contract, payment)) for payment in payments]
        await until(lambda: put_off(pauses))
        assert not any(task.done() for task in sent)
        for place in places:
            place.cancel()
        await asyncio.gather(*places, return_exceptions=True)
        return sum(await asyncio.gather(*sent))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < end, "the flood has no effect"
        await asyncio.sleep(0.05)


async def full(contract: Contract) -> bool:
    """Whether the peer refuses a query because it is full."""
    try:
        await contract.evaluate("organisations:Show", "{}", timeout=0.2)
    except EvaluateError as error:
        return error.overloaded
    return False


async def put_off(pauses: Pauses) -> bool:
    """Whether every payment had to wait at least twice."""
    return len(pauses[2]) >= PAYMENTS


async def paid(contract: Contract, argument: str) -> int:
    """Send one payment until it is accepted: always the same request, so that it counts once."""
    for _ in range(TRIES):
        try:
            await contract.submit("payment:Pay", argument)
            return 1
        except GatewayError as error:
            if not error.overloaded:
                raise
    return 0
