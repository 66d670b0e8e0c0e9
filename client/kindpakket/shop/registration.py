"""The desk for the shop's own record: accreditation, account, mandates and the limit of refunds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.ids import new_salt
from kindpakket.ledger.records import Shop, ShopAccount
from kindpakket.shop.desk import ShopDesk


class RegistrationDesk(ShopDesk):
    """What a shopkeeper arranges for the shop."""

    def apply(
        self,
        categories: Sequence[str],
        *,
        iban: str,
        holder: str,
        kvk: str,
        contact: str,
        salt: str | None = None,
    ) -> Shop:
        """`shop:Apply`: ask to be accredited. The account goes to the private collection only.

        The shop's id is the request id, so a shop applies once. To repeat the call after a lost answer, give
        the same salt.

        Args:
            categories: codes of the categories that the shop sells.
            iban: the shop's account, in upper case without spaces.
            holder: name of the account's holder.
            kvk: number in the trade register (KvK), eight digits.
            contact: how to reach the shop.
            salt: at least 32 hexadecimal characters; default: a new random one.
        """
        answer = self._caller.invoke(
            "shop:Apply",
            {"categories": list(categories)},
            request_id=self._shop,
            transient={"account": _account(iban, holder, kvk, contact, salt)},
        )
        return cast(Shop, answer)

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
    ) -> Shop:
        """`shop:ChangeAccount`: propose another account, which is used once the municipality has approved it.

        A shop that has ended may do so as well: what it is still owed has to be paid somewhere.

        A new proposal replaces a pending one. To repeat the call after a lost answer, give the same salt and
        request id. Args as for `apply`; the reason is a code.
        """
        answer = self._caller.invoke(
            "shop:ChangeAccount",
            {"shop": self._shop, "reason": reason},
            request_id=request_id,
            transient={"account": _account(iban, holder, kvk, contact, salt)},
        )
        return cast(Shop, answer)

    def reject_account(self, change: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:RejectAccount`: withdraw a proposed account. The reason is a code."""
        members = {"shop": self._shop, "change": change, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:RejectAccount", members, request_id=request_id))

    def mandate(self, acquirer: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Mandate`: let an acquirer take payments, holds and refunds for this shop; as shopkeeper.

        Args:
            acquirer: the `kindpakket.person` of the acquirer's certificate, in this shop's organisation.
            reason: a code.
            request_id: default: a new id.
        """
        members = {"shop": self._shop, "acquirer": acquirer, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Mandate", members, request_id=request_id))

    def withdraw_mandate(self, acquirer: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:WithdrawMandate`: end an acquirer's mandate at once; as shopkeeper. Args as for `mandate`."""
        members = {"shop": self._shop, "acquirer": acquirer, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:WithdrawMandate", members, request_id=request_id))

    def limit_refunds(self, cents: int | None, *, request_id: str | None = None) -> Shop:
        """`shop:LimitRefunds`: want a second person for refunds above an amount; as shopkeeper.

        One shopkeeper alone may lower, raise and lift the limit: it protects from tills and acquirers.

        Args:
            cents: what one person may refund alone of a payment, in euro cents, all parts added up; 0: every
                refund needs a second person; None: no limit.
            request_id: default: a new id.
        """
        limit = {} if cents is None else {"refund_alone_cents": cents}
        members = {"shop": self._shop, **limit}
        return cast(Shop, self._caller.invoke("shop:LimitRefunds", members, request_id=request_id))

    def show(self) -> Shop:
        """`shop:Show`: the shop itself, with its state and categories."""
        return cast(Shop, self._caller.query("shop:Show", {"shop": self._shop}))


def _account(iban: str, holder: str, kvk: str, contact: str, salt: str | None) -> ShopAccount:
    return {"iban": iban, "holder": holder, "kvk": kvk, "contact": contact, "salt": salt or new_salt()}
