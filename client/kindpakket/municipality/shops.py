"""The desk for shops: accrediting and ending them, and their bank accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.caller import Caller
from kindpakket.ledger.queries.shops import ShopQueries
from kindpakket.ledger.records import Decision, Shop, ShopAccount, ShopGrant
from kindpakket.municipality.private_records import PrivateRecords


class ShopDesk(ShopQueries):
    """Transactions on shops."""

    def __init__(self, caller: Caller, private: PrivateRecords) -> None:
        """Call through a caller; write private records through `private`."""
        super().__init__(caller)
        self._private = private

    def approve(self, shop: str, categories: Sequence[ShopGrant], *, request_id: str | None = None) -> Shop:
        """`shop:Approve`: accredit a shop for categories, each from its first day.

        Review `account` first: the trade register number, and where the shop will be paid.
        """
        members = {"shop": shop, "categories": list(categories)}
        return cast(Shop, self._caller.invoke("shop:Approve", members, request_id=request_id))

    def grant(
        self, shop: str, categories: Sequence[ShopGrant], reason: str, *, request_id: str | None = None
    ) -> Shop:
        """`shop:Grant`: replace the shop's categories with these, each from its first day.

        The reason is a code.
        """
        members = {"shop": shop, "categories": list(categories), "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Grant", members, request_id=request_id))

    def suspend(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Suspend`: a shop takes no payments and is not paid until another person reinstates it.

        The reason is a code.
        """
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Suspend", members, request_id=request_id))

    def reinstate(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Reinstate`: let a shop that another person suspended take payments again.

        The reason is a code.
        """
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Reinstate", members, request_id=request_id))

    def freeze_payout(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:FreezePayout`: draft and approve, but do not export what the shop is owed.

        The reason is a code.
        """
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:FreezePayout", members, request_id=request_id))

    def release_payout(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:ReleasePayout`: by someone other than who froze it. The reason is a code."""
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:ReleasePayout", members, request_id=request_id))

    def propose_end(
        self, shop: str, reason: str, retention_days: int, *, request_id: str | None = None
    ) -> Decision:
        """`shop:ProposeEnd`: propose to end a shop permanently; it can still cancel, refund and release.

        Once another person has approved it with `decisions.approve`, its open items are due immediately; if
        their sum is below zero, `settlements.claim` makes them a receivable.

        Args:
            shop: the shop.
            reason: a code.
            retention_days: how many days from its end its account is kept.
            request_id: becomes the decision's id; default: a new id.
        """
        members = {"shop": shop, "reason": reason, "retention_days": retention_days}
        return cast(Decision, self._caller.invoke("shop:ProposeEnd", members, request_id=request_id))

    def change_account(
        self, shop: str, reason: str, account: ShopAccount, *, request_id: str | None = None
    ) -> Shop:
        """`shop:ChangeAccount`: propose an account for a shop that has ended and whose shopkeeper is gone.

        As an issuer; an approver decides. To repeat the call after a lost answer, give the same account, with
        its salt, and request id.

        Args:
            shop: the shop.
            reason: a code.
            account: where to pay it; `salt`: at least 32 random hexadecimal characters.
            request_id: default: a new id.

        Raises:
            ShopState: the shop has not ended, so only its shopkeeper may propose an account.
        """
        answer = self._caller.invoke(
            "shop:ChangeAccount",
            {"shop": shop, "reason": reason},
            request_id=request_id,
            transient={"account": account},
        )
        return cast(Shop, answer)

    def approve_account(self, shop: str, change: str, *, request_id: str | None = None) -> Shop:
        """`shop:ApproveAccount`: pay the shop on the account that it proposed, from now on.

        Review `proposed_account` first, and confirm with the shop through another channel that the account is
        theirs: a changed account is a common fraud.

        Args:
            shop: the shop.
            change: the id of the reviewed change, from the shop's `account_change`, so that no other account
                can take its place.
            request_id: default: a new id.
        """
        members = {"shop": shop, "change": change}
        return cast(Shop, self._caller.invoke("shop:ApproveAccount", members, request_id=request_id))

    def reject_account(self, shop: str, change: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:RejectAccount`: keep the current account. The reason is a code."""
        members = {"shop": shop, "change": change, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:RejectAccount", members, request_id=request_id))

    def account(self, shop: str) -> ShopAccount:
        """`shop:Account`: the account in force, or of the application.

        From the private collection on a municipal peer.
        """
        return cast(
            ShopAccount,
            self._caller.query("shop:Account", {"shop": shop}, organisations=self._private.municipality),
        )

    def proposed_account(self, shop: str) -> ShopAccount:
        """`shop:ProposedAccount`: the account that awaits a second person.

        Raises:
            ChangeNotFound: no account awaits a decision.
        """
        account = self._caller.query(
            "shop:ProposedAccount", {"shop": shop}, organisations=self._private.municipality
        )
        return cast(ShopAccount, account)
