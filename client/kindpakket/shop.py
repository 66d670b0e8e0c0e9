"""A shop's till: what a voucher may buy, payments, cancellations, refunds, what the shop is still owed.

`kindpakket.calls.Caller` says what each call may raise. `request_id` is a fresh id unless given.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import cast

from kindpakket.calls import Caller, Ledger
from kindpakket.ids import new_id, new_salt
from kindpakket.records import Allowance, Item, Line, Payment, Proof, Refund, Settlement
from kindpakket.records import Shop as ShopRecord
from kindpakket.signing import FIRST_VERSION, PaymentOrder

DEADLINE_SECONDS = 300


class Shop(Caller):
    """One shop, as the user whose identity the contract's gateway has.

        order = shop.order(scheme, voucher, [{"category": "books", "cents": 1295}])
        payment = shop.pay(order, key.authorise(order))

    Attributes:
        shop_id: the shop's id, as in the certificate's attribute `kindpakket.shop`.
    """

    def __init__(self, contract: Ledger, shop_id: str) -> None:
        """Act for a shop through a contract of `kindpakket.fabric`."""
        super().__init__(contract)
        self.shop_id = shop_id

    def apply(
        self,
        categories: Sequence[str],
        *,
        iban: str,
        holder: str,
        kvk: str,
        contact: str,
        salt: str | None = None,
    ) -> ShopRecord:
        """`shop:Apply`: ask to be accepted. The account goes to the private collection only.

        The shop's id is the request id, so a shop applies once. To send it again after a lost answer, give
        the same salt.

        Args:
            categories: codes of what the shop sells.
            iban: its account, in upper case without spaces.
            holder: name of the account's holder.
            kvk: number in the trade register, eight digits.
            contact: how to reach the shop.
            salt: at least 32 hexadecimal characters; default: a fresh one.
        """
        account = {
            "iban": iban,
            "holder": holder,
            "kvk": kvk,
            "contact": contact,
            "salt": salt or new_salt(),
        }
        answer = self.invoke(
            "shop:Apply",
            {"categories": list(categories)},
            request_id=self.shop_id,
            transient={"account": account},
        )
        return cast(ShopRecord, answer)

    def show(self) -> ShopRecord:
        """`shop:Show`: the shop itself, with its state and categories."""
        return cast(ShopRecord, self.query("shop:Show", {"shop": self.shop_id}))

    def allowance(self, scheme: str, voucher: str) -> Allowance:
        """`voucher:Allowance`: what a voucher could pay here now."""
        members = {"scheme": scheme, "voucher": voucher, "shop": self.shop_id}
        return cast(Allowance, self.query("voucher:Allowance", members))

    def order(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        *,
        version: int = FIRST_VERSION,
        deadline: int | None = None,
        request_id: str | None = None,
    ) -> PaymentOrder:
        """Make the payment that the holder is to agree to; nothing is sent.

        Args:
            scheme: id of the scheme.
            voucher: id of the voucher.
            lines: category and cents; one line for each category.
            version: version of the voucher's authorisation, `authorisation_version` of its allowance.
            deadline: instant after which it is void, Unix seconds; default: five minutes from now.
            request_id: the payment's id; default: a fresh one.
        """
        return PaymentOrder(
            domain=self.domain,
            scheme=scheme,
            voucher=voucher,
            version=version,
            request_id=request_id or new_id(),
            shop=self.shop_id,
            lines=tuple(lines),
            deadline=int(time.time()) + DEADLINE_SECONDS if deadline is None else deadline,
        )

    def pay(self, order: PaymentOrder, proof: Proof | None) -> Payment:
        """`payment:Pay`: take a payment that the holder agreed to.

        When the answer was lost, call it again with the same order: it counts once.

        Args:
            order: as `order` made it.
            proof: the holder's agreement; without it the chaincode refuses.
        """
        return cast(Payment, self.invoke("payment:Pay", order.request(proof)))

    def cancel(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Cancel`: undo a payment in full, on its booking day. The reason is a code."""
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self.invoke("payment:Cancel", members, request_id=request_id))

    def refund(
        self, payment: str, lines: Sequence[Line], reason: str, *, request_id: str | None = None
    ) -> Refund:
        """`payment:Refund`: give money of a payment back to its voucher. The reason is a code."""
        members = {"payment": payment, "lines": list(lines), "reason": reason}
        return cast(Refund, self.invoke("payment:Refund", members, request_id=request_id))

    def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment of this shop."""
        return cast(Payment, self.query("payment:Show", {"payment": payment}))

    def unsettled(self, scheme: str) -> Iterator[Item]:
        """`payment:Unsettled`: what the shop is owed and no live settlement holds, oldest first."""
        return self.items("payment:Unsettled", {"scheme": scheme, "shop": self.shop_id})

    def settlement(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement of this shop with its items."""
        return cast(Settlement, self.query("settlement:Show", {"scheme": scheme, "settlement": settlement}))
