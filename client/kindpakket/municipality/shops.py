"""The desk for shops: accrediting and ending them, and where they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.caller import Caller
from kindpakket.ledger.queries.shops import ShopQueries
from kindpakket.ledger.records import Shop, ShopAccount, ShopGrant
from kindpakket.municipality.private_records import PrivateRecords


class ShopDesk(ShopQueries):
    """Transactions on shops."""

    def __init__(self, caller: Caller, private: PrivateRecords) -> None:
        """Call through a caller, and write private records as `PrivateRecords` does."""
        super().__init__(caller)
        self._private = private

    def approve(self, shop: str, categories: Sequence[ShopGrant], *, request_id: str | None = None) -> Shop:
        """`shop:Approve`: grant categories, each from a day on."""
        members = {"shop": shop, "categories": list(categories)}
        return cast(Shop, self._caller.invoke("shop:Approve", members, request_id=request_id))

    def grant(
        self, shop: str, categories: Sequence[ShopGrant], reason: str, *, request_id: str | None = None
    ) -> Shop:
        """`shop:Grant`: these categories, each from a day on, instead of those that it has.

        The reason is a code.
        """
        members = {"shop": shop, "categories": list(categories), "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Grant", members, request_id=request_id))

    def suspend(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Suspend`: it takes no payments until it is reinstated; the reason is a code."""
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Suspend", members, request_id=request_id))

    def reinstate(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Reinstate`: a suspended shop takes payments again; the reason is a code."""
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:Reinstate", members, request_id=request_id))

    def end(self, shop: str, reason: str, retention_days: int, *, request_id: str | None = None) -> Shop:
        """`shop:End`: it sells nothing more, for ever; it can still cancel, refund and release.

        Its open items are due at once; when they come to less than zero, `claim` makes a receivable of them.

        Args:
            shop: the shop.
            reason: a code.
            retention_days: how long its account is kept from today on.
            request_id: see above.
        """
        members = {"shop": shop, "reason": reason, "retention_days": retention_days}
        return cast(Shop, self._caller.invoke("shop:End", members, request_id=request_id))

    def approve_account(self, shop: str, change: str, *, request_id: str | None = None) -> Shop:
        """`shop:ApproveAccount`: pay the shop on the account that it proposed, from now on.

        Look at `proposed_account` first, and ask the shop by another way whether it is theirs.

        Args:
            shop: the shop.
            change: the id of the change, `account_change` of the shop: no other account can slip in.
            request_id: see above.
        """
        members = {"shop": shop, "change": change}
        return cast(Shop, self._caller.invoke("shop:ApproveAccount", members, request_id=request_id))

    def reject_account(self, shop: str, change: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:RejectAccount`: leave the account as it is. The reason is a code."""
        members = {"shop": shop, "change": change, "reason": reason}
        return cast(Shop, self._caller.invoke("shop:RejectAccount", members, request_id=request_id))

    def account(self, shop: str) -> ShopAccount:
        """`shop:Account`: the account in force, from the private collection on a municipal peer."""
        return cast(
            ShopAccount,
            self._caller.query("shop:Account", {"shop": shop}, organisations=self._private.municipality),
        )

    def proposed_account(self, shop: str) -> ShopAccount:
        """`shop:ProposedAccount`: the account that waits for a second person.

        Raises:
            ChangeNotFound: none waits.
        """
        found = self._caller.query(
            "shop:ProposedAccount", {"shop": shop}, organisations=self._private.municipality
        )
        return cast(ShopAccount, found)
