"""A shop's till for asyncio: payments, captures and refunds, alone or gathered into batches.

    async with fabric_gateway.aio.connect(profile, identity) as gateway:
        shop = Shop(gateway.network("zuidhorn").contract("kindpakket"), shop_id)
        async with shop.gathering() as till:
            payment = await till.pay(order, proof)

What a method does, and raises, is said at its twin of `kindpakket.shop.Shop`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.caller import refusals
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line, Outcome, Payment, Proof, Refund, Voided
from kindpakket.shop.gathering.queue import MOST
from kindpakket.shop.gathering.tasks import AsyncGathering, AsyncLedger
from kindpakket.shop.orders import Orders

__all__ = ["AsyncGathering", "Shop"]


class Shop(Orders):
    """One shop, or one that mandated the acquirer whose identity the contract's gateway has.

    Attributes:
        shop_id: the shop's id.
        till: for an acquirer: the shop's till; or None.
    """

    def __init__(
        self,
        contract: AsyncLedger,
        shop_id: str,
        *,
        till: str | None = None,
        gathering: AsyncGathering | None = None,
    ) -> None:
        """Act through a contract of `fabric_gateway.aio`; arguments as of `kindpakket.shop.Shop`."""
        super().__init__(Domain(contract.channel, contract.chaincode), shop_id, till)
        self._contract = contract
        self._alone = AsyncGathering(contract, most=1, wait=0, at_once=10_000)
        self._gathering = gathering or self._alone

    @asynccontextmanager
    async def gathering(
        self, *, wait: float = 0.025, most: int = MOST, at_once: int = 4
    ) -> AsyncIterator[Shop]:
        """This shop, whose payments, captures and refunds are sent together when many arrive at once."""
        async with AsyncGathering(self._contract, wait=wait, most=most, at_once=at_once) as gathering:
            yield Shop(self._contract, self.shop_id, till=self.till, gathering=gathering)

    async def pay(self, order: PaymentOrder, proof: Proof | None, *, receipt: str | None = None) -> Payment:
        """`payment:Pay`: take a payment that the holder authorised."""
        members = self._at_till(order.request(proof), receipt)
        return cast(Payment, await self._gathering.invoke("payment:Pay", members))

    async def capture(
        self,
        payment: str,
        lines: Sequence[Line],
        *,
        receipt: str | None = None,
        request_id: str | None = None,
    ) -> Payment:
        """`payment:Capture`: collect a hold, in full or in part; the rest returns to the voucher."""
        members = self._at_till({"payment": payment, "lines": list(lines)}, receipt)
        return cast(Payment, await self._invoke("payment:Capture", members, request_id))

    async def refund(
        self,
        payment: str,
        lines: Sequence[Line],
        reason: str,
        *,
        receipt: str | None = None,
        request_id: str | None = None,
    ) -> Refund:
        """`payment:Refund`: return money of a payment to its voucher. The reason is a code."""
        members = self._at_till({"payment": payment, "lines": list(lines), "reason": reason}, receipt)
        return cast(Refund, await self._invoke("payment:Refund", members, request_id))

    async def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment of this shop."""
        return cast(Payment, await self._query("payment:Show", {"payment": payment}))

    async def request(self, request: str) -> Outcome:
        """`request:Show`: the outcome of a request, by the state of the peer that answers."""
        return cast(Outcome, await self._query("request:Show", {"request": request}))

    async def void(self, request: str, *, request_id: str | None = None) -> Voided:
        """`request:Void`: make sure that a request has not been committed and never will be."""
        members = {"request_id": request_id or new_id(), "void": request}
        return cast(Voided, await self._alone.invoke("request:Void", members))

    async def _invoke(self, name: str, members: Mapping[str, Any], request_id: str | None) -> Any:
        return await self._gathering.invoke(name, {"request_id": request_id or new_id(), **members})

    async def _query(self, name: str, members: Mapping[str, Any]) -> Any:
        with refusals():
            answer = await self._contract.evaluate(name, json.dumps(members))
        return json.loads(answer)
