"""A flood at one peer: it says that it is full, the client slows down, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from ground import Ground
from support import identity_of

from kindpakket.fabric import Deadlines, GatewayError, Profile, _flow
from kindpakket.fabric.aio import Contract, connect
from kindpakket_demo.desk import CHAINCODE, SHOPS
from kindpakket_demo.schemes import CENTS_PER_CHILD

IN_FLIGHT = 1_400
"""Questions at once; a peer's Gateway takes 1000 calls."""
PAYMENTS = 40
PATIENT = Deadlines(evaluate=90, endorse=90, submit=30, resolve=90, commit_status=90)
TRIES = 10


def test_a_flood_slows_the_client_down_and_loses_and_doubles_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: Counter[int] = Counter()
    waiting = _flow.backoff

    def counted(attempt: int) -> float:
        pauses[attempt] += 1
        return waiting(attempt)

    monkeypatch.setattr(_flow, "backoff", counted)
    wallets = [ground.wallet() for _ in range(PAYMENTS)]
    orders = {wallet: ground.order(wallet) for wallet in wallets}
    arguments = [json.dumps(order.request(wallet.authorise(order))) for wallet, order in orders.items()]
    answers = asyncio.run(flood(ground, wallets[0].voucher, arguments))
    assert pauses, f"the peer took {IN_FLIGHT} calls at once and never said that it is full: flood it more"
    assert answers["answered"] == IN_FLIGHT
    values = ground.values()
    payments = [order.request_id for order in orders.values()]
    assert answers["paid"] == len(payments)
    for wallet, order in orders.items():
        assert values[f"voucher {wallet.voucher}"]["spent_cents"] == order.cents
        assert values[f"voucher {wallet.voucher}"]["available_cents"] == CENTS_PER_CHILD - order.cents
    open_items = [one["id"] for one in values[f"unsettled {ground.scheme} {ground.till.shop.shop_id}"]]
    assert all(open_items.count(payment) == 1 for payment in payments)


async def flood(ground: Ground, voucher: str, payments: list[str]) -> Counter[str]:
    """Ask what a voucher may buy, very often, and pay, all at once."""
    network = ground.desk.network
    profile = Profile.load(network.profile(SHOPS))
    identity = identity_of(network, SHOPS, ground.till.user)
    question = json.dumps({"scheme": ground.scheme, "voucher": voucher, "shop": ground.till.shop.shop_id})
    async with connect(profile, identity, deadlines=PATIENT) as gateway:
        contract = gateway.network(ground.desk.channel).contract(CHAINCODE)
        questions = [answered(contract, question) for _ in range(IN_FLIGHT)]
        return Counter(await asyncio.gather(*questions, *(paid(contract, one) for one in payments)))


async def answered(contract: Contract, question: str) -> str:
    """Ask until there is an answer."""
    await until_taken(lambda: contract.evaluate("voucher:Allowance", question))
    return "answered"


async def paid(contract: Contract, argument: str) -> str:
    """Send one payment until it is taken: the same request, so that it counts once."""
    await until_taken(lambda: contract.submit("payment:Pay", argument))
    return "paid"


async def until_taken(call: Callable[[], Awaitable[bytes]]) -> None:
    """Make a call again as long as the peer is full; what it did not take, it did not do."""
    for _ in range(TRIES):
        try:
            await call()
            return
        except GatewayError as error:
            if not error.overloaded:
                raise
    raise AssertionError(f"the peer was full {TRIES} times, with the client's own pauses between")
