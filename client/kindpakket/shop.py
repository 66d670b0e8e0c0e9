"""A shop's till: what a voucher may buy, payments, holds, refunds, and what the shop is still owed.

`kindpakket.ledger.caller.Caller` says what each call may raise. `request_id` is a fresh id unless given.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

from kindpakket.holder.orders import FIRST_VERSION, HoldOrder, PaymentOrder
from kindpakket.ledger.caller import Caller, Ledger
from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.records import (
    Allowance,
    Due,
    Item,
    Line,
    Payment,
    Proof,
    Refund,
    SelfBlocked,
    Settlement,
    ShopAccount,
    ShopStatement,
)
from kindpakket.ledger.records import Shop as ShopRecord
from kindpakket.ledger.requests import RequestDesk

DEADLINE_SECONDS = 300


class Shop:
    """One shop, as the user whose identity the contract's gateway has.

        order = shop.order(scheme, voucher, [{"category": "books", "cents": 1295}])
        payment = shop.pay(order, key.authorise(order))

    Goods that are ordered first and handed over later are held, and captured when they are:

        order = shop.hold_order(scheme, voucher, lines, expires_at=in_three_days)
        held = shop.hold(order, key.authorise(order))
        payment = shop.capture(held["id"], lines)

    Attributes:
        caller: calls any transaction by its name.
        requests: makes certain what became of a request.
        shop_id: the shop's id, as in the certificate's attribute `kindpakket.shop`.
    """

    def __init__(self, contract: Ledger, shop_id: str) -> None:
        """Act for a shop through a contract of `kindpakket.fabric`."""
        self.caller = Caller(contract)
        self.requests = RequestDesk(self.caller)
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
        answer = self.caller.invoke(
            "shop:Apply",
            {"categories": list(categories)},
            request_id=self.shop_id,
            transient={"account": _account(iban, holder, kvk, contact, salt)},
        )
        return cast(ShopRecord, answer)

    def change_account(
        self,
        reason: str,
        *,
        iban: str,
        holder: str,
        kvk: str,
        contact: str,
        salt: str | None = None,
        request_id: str | None = None,
    ) -> ShopRecord:
        """`shop:ChangeAccount`: propose another account, which counts once the municipality approved it.

        A further proposal replaces one that waits. To send it again after a lost answer, give the same salt
        and request id. Args as for `apply`; the reason is a code.
        """
        answer = self.caller.invoke(
            "shop:ChangeAccount",
            {"shop": self.shop_id, "reason": reason},
            request_id=request_id,
            transient={"account": _account(iban, holder, kvk, contact, salt)},
        )
        return cast(ShopRecord, answer)

    def reject_account(self, change: str, reason: str, *, request_id: str | None = None) -> ShopRecord:
        """`shop:RejectAccount`: take a proposed account back. The reason is a code."""
        members = {"shop": self.shop_id, "change": change, "reason": reason}
        return cast(ShopRecord, self.caller.invoke("shop:RejectAccount", members, request_id=request_id))

    def show(self) -> ShopRecord:
        """`shop:Show`: the shop itself, with its state and categories."""
        return cast(ShopRecord, self.caller.query("shop:Show", {"shop": self.shop_id}))

    def allowance(self, scheme: str, voucher: str) -> Allowance:
        """`voucher:Allowance`: what a voucher could pay here now."""
        members = {"scheme": scheme, "voucher": voucher, "shop": self.shop_id}
        return cast(Allowance, self.caller.query("voucher:Allowance", members))

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
        return PaymentOrder(**self._ordered(scheme, voucher, lines, version, deadline, request_id))

    def hold_order(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        *,
        expires_at: int,
        version: int = FIRST_VERSION,
        deadline: int | None = None,
        request_id: str | None = None,
    ) -> HoldOrder:
        """Make the hold that the holder is to agree to; nothing is sent.

        Args as for `order`; `expires_at` is the instant at which the hold is over, Unix seconds: at most
        `hold_days` of the voucher's allowance from now, and not after its `ends_at`.
        """
        ordered = self._ordered(scheme, voucher, lines, version, deadline, request_id)
        return HoldOrder(**ordered, expires_at=expires_at)

    def pay(self, order: PaymentOrder, proof: Proof | None) -> Payment:
        """`payment:Pay`: take a payment that the holder agreed to.

        When the answer was lost, call it again with the same order: it counts once.

        Args:
            order: as `order` made it.
            proof: the holder's agreement; without it the chaincode refuses.
        """
        return cast(Payment, self.caller.invoke("payment:Pay", order.request(proof)))

    def hold(self, order: HoldOrder, proof: Proof | None) -> Payment:
        """`payment:Hold`: keep money of a voucher aside for this shop, until it is captured or released.

        When the answer was lost, call it again with the same order: it counts once.

        Args:
            order: as `hold_order` made it.
            proof: the holder's agreement; without it the chaincode refuses.

        Raises:
            HoldNotAllowed: the scheme has no holds, or not so long ones, or the voucher has too many.
        """
        return cast(Payment, self.caller.invoke("payment:Hold", order.request(proof)))

    def capture(self, payment: str, lines: Sequence[Line], *, request_id: str | None = None) -> Payment:
        """`payment:Capture`: take a hold, in full or in part; the rest returns to the voucher at once.

        Args:
            payment: the held payment.
            lines: what is taken; in each category no more than is held.
            request_id: see above.

        Raises:
            HoldNotOpen: it was captured or released before, or it has expired.
            HoldExceeded: more than is held.
        """
        members = {"payment": payment, "lines": list(lines)}
        return cast(Payment, self.caller.invoke("payment:Capture", members, request_id=request_id))

    def release(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Release`: give all of a hold back to its voucher. The reason is a code."""
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self.caller.invoke("payment:Release", members, request_id=request_id))

    def cancel(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Cancel`: undo a payment in full, on its booking day. The reason is a code."""
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self.caller.invoke("payment:Cancel", members, request_id=request_id))

    def refund(
        self, payment: str, lines: Sequence[Line], reason: str, *, request_id: str | None = None
    ) -> Refund:
        """`payment:Refund`: give money of a payment back to its voucher. The reason is a code."""
        members = {"payment": payment, "lines": list(lines), "reason": reason}
        return cast(Refund, self.caller.invoke("payment:Refund", members, request_id=request_id))

    def self_block(
        self, scheme: str, voucher: str, code: str, *, request_id: str | None = None
    ) -> SelfBlocked:
        """`voucher:SelfBlock`: block a voucher for its holder, who tells the self-block code."""
        members = {"scheme": scheme, "voucher": voucher, "code": code}
        return cast(SelfBlocked, self.caller.invoke("voucher:SelfBlock", members, request_id=request_id))

    def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment of this shop."""
        return cast(Payment, self.caller.query("payment:Show", {"payment": payment}))

    def unsettled(self, scheme: str) -> Iterator[Item]:
        """`payment:Unsettled`: what the shop is owed and no live settlement holds, oldest first."""
        return self.caller.items("payment:Unsettled", {"scheme": scheme, "shop": self.shop_id})

    def due(self, scheme: str) -> Due:
        """`settlement:Due`: whether the shop is due to be paid, why, and how much."""
        return cast(Due, self.caller.query("settlement:Due", {"scheme": scheme, "shop": self.shop_id}))

    def draft_settlement(self, scheme: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: ask to be paid for the closed days, when it is due; the municipality approves.

        Raises:
            NothingToSettle: there is nothing to be paid.
            SettlementNotDue: neither by rhythm nor by amount; `due` tells.
        """
        members = {"scheme": scheme, "shop": self.shop_id}
        return cast(Settlement, self.caller.invoke("settlement:Draft", members, request_id=request_id))

    def settlement(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement of this shop with its items."""
        return cast(
            Settlement, self.caller.query("settlement:Show", {"scheme": scheme, "settlement": settlement})
        )

    def statement(self, scheme: str) -> ShopStatement:
        """`audit:ShopStatement`: the shop's settlements and open items, and where its money is."""
        return AuditQueries(self.caller).shop_statement(scheme, self.shop_id)

    def _ordered(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        version: int,
        deadline: int | None,
        request_id: str | None,
    ) -> dict[str, Any]:
        return {
            "domain": self.caller.domain,
            "scheme": scheme,
            "voucher": voucher,
            "version": version,
            "request_id": request_id or new_id(),
            "shop": self.shop_id,
            "lines": tuple(lines),
            "deadline": int(time.time()) + DEADLINE_SECONDS if deadline is None else deadline,
        }


def _account(iban: str, holder: str, kvk: str, contact: str, salt: str | None) -> ShopAccount:
    return {"iban": iban, "holder": holder, "kvk": kvk, "contact": contact, "salt": salt or new_salt()}
