"""The municipality's back office: one method for each of its transactions.

`kindpakket.calls.Caller` says what each call may raise. `request_id` is a fresh id unless given; the same id
with the same content has one effect, however often it is sent. Which role a call needs stands in
docs/transactions.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Literal, cast

from kindpakket.fabric import CommitError
from kindpakket.queries import Queries
from kindpakket.records import (
    Activated,
    Activation,
    Allocation,
    CaseRecord,
    ClosedDay,
    Exported,
    Issued,
    Organisations,
    Recorded,
    Rules,
    Scheme,
    Settlement,
    Shop,
    ShopAccount,
    ShopGrant,
    Voucher,
)

BULK = 500
"""How many vouchers one request may record, issue or activate."""
_NOT_BY_ONE_ALONE = "ENDORSEMENT_POLICY_FAILURE"


class Municipality(Queries):
    """The municipality, as the user whose identity the contract's gateway has."""

    @cached_property
    def _municipal(self) -> list[str]:
        """The MSP id of the municipality; it is named once, so it is asked once."""
        return [self.organisations()["municipality"]]

    def initialise(
        self,
        municipality: str,
        shops: Sequence[str],
        auditors: Sequence[str],
        *,
        request_id: str | None = None,
    ) -> Organisations:
        """`organisations:Initialise`: name the MSP ids of the channel, once."""
        members = {"municipality": municipality, "shops": list(shops), "auditors": list(auditors)}
        return cast(Organisations, self.invoke("organisations:Initialise", members, request_id=request_id))

    def draft_scheme(self, rules: Rules, budget_cents: int, *, request_id: str | None = None) -> Scheme:
        """`scheme:Draft`: propose a scheme; the request id becomes its id."""
        members = {"rules": rules, "budget_cents": budget_cents}
        return cast(Scheme, self.invoke("scheme:Draft", members, request_id=request_id))

    def approve_scheme(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Approve`: by another person than who drafted it."""
        return cast(Scheme, self.invoke("scheme:Approve", {"scheme": scheme}, request_id=request_id))

    def open_scheme(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Open`: let vouchers be issued and spent, for the first time or after a pause."""
        return cast(Scheme, self.invoke("scheme:Open", {"scheme": scheme}, request_id=request_id))

    def pause_scheme(self, scheme: str, reason: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Pause`: stop issuing and spending; the reason is a code."""
        members = {"scheme": scheme, "reason": reason}
        return cast(Scheme, self.invoke("scheme:Pause", members, request_id=request_id))

    def close_day(self, scheme: str, day: date, *, request_id: str | None = None) -> ClosedDay:
        """`scheme:CloseDay`: nothing is booked any more on that day and those before it.

        Args:
            scheme: the scheme.
            day: today (Europe/Amsterdam) or earlier, and later than the last closed one.
            request_id: see above.
        """
        members = {"scheme": scheme, "day": day.isoformat()}
        return cast(ClosedDay, self.invoke("scheme:CloseDay", members, request_id=request_id))

    def approve_shop(
        self, shop: str, categories: Sequence[ShopGrant], *, request_id: str | None = None
    ) -> Shop:
        """`shop:Approve`: grant categories, each from a day on."""
        members = {"shop": shop, "categories": list(categories)}
        return cast(Shop, self.invoke("shop:Approve", members, request_id=request_id))

    def suspend_shop(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Suspend`: it takes no payments until it is reinstated; the reason is a code."""
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self.invoke("shop:Suspend", members, request_id=request_id))

    def reinstate_shop(self, shop: str, reason: str, *, request_id: str | None = None) -> Shop:
        """`shop:Reinstate`: a suspended shop takes payments again; the reason is a code."""
        members = {"shop": shop, "reason": reason}
        return cast(Shop, self.invoke("shop:Reinstate", members, request_id=request_id))

    def shop_account(self, shop: str) -> ShopAccount:
        """`shop:Account`: where a shop is paid, from the private collection on a municipal peer."""
        return cast(ShopAccount, self.query("shop:Account", {"shop": shop}, organisations=self._municipal))

    def record_cases(
        self, scheme: str, cases: Sequence[CaseRecord], *, request_id: str | None = None
    ) -> Recorded:
        """`voucher:RecordCases`: tie vouchers to cases, in the municipality's private collection only.

        Endorsed by the municipality alone, so that no other organisation receives the records. At most
        `BULK`. The same records again are accepted; others for the same vouchers are not.

        A repetition writes nothing, so peers judge it by the policy of the whole chaincode, which the
        municipality alone cannot satisfy, and mark it invalid. The endorsing peer has compared the records by
        then, so that this verdict is taken for "recorded before". `issue` refuses vouchers without a record.
        """
        try:
            answer = self.invoke(
                "voucher:RecordCases",
                {"scheme": scheme},
                request_id=request_id,
                transient={"cases": list(cases)},
                organisations=self._municipal,
            )
        except CommitError as error:
            if error.code != _NOT_BY_ONE_ALONE:
                raise
            return {"recorded": len(cases)}
        return cast(Recorded, answer)

    def issue(self, scheme: str, vouchers: Sequence[Allocation], *, request_id: str | None = None) -> Issued:
        """`voucher:Issue`: give money to vouchers whose cases were recorded; all or none, at most `BULK`."""
        members = {"scheme": scheme, "vouchers": list(vouchers)}
        return cast(Issued, self.invoke("voucher:Issue", members, request_id=request_id))

    def activate(
        self, scheme: str, activations: Sequence[Activation], *, request_id: str | None = None
    ) -> Activated:
        """`voucher:Activate`: bind vouchers to what their holders proved; all or none, at most `BULK`."""
        members = {"scheme": scheme, "activations": list(activations)}
        return cast(Activated, self.invoke("voucher:Activate", members, request_id=request_id))

    def block(self, scheme: str, voucher: str, reason: str, *, request_id: str | None = None) -> Voucher:
        """`voucher:Block`: stop spending at once; the reason is a code."""
        members = {"scheme": scheme, "voucher": voucher, "reason": reason}
        return cast(Voucher, self.invoke("voucher:Block", members, request_id=request_id))

    def unblock(self, scheme: str, voucher: str, *, request_id: str | None = None) -> Voucher:
        """`voucher:Unblock`: by another person than who blocked it."""
        members = {"scheme": scheme, "voucher": voucher}
        return cast(Voucher, self.invoke("voucher:Unblock", members, request_id=request_id))

    def draft_settlement(self, scheme: str, shop: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: take a shop's oldest open items of closed days, 500 at most.

        Raises:
            NothingToSettle: there are none, or they come to nothing; they stay open.
        """
        members = {"scheme": scheme, "shop": shop}
        return cast(Settlement, self.invoke("settlement:Draft", members, request_id=request_id))

    def approve_settlement(
        self, scheme: str, settlement: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Approve`: by another person than who drafted it."""
        members = {"scheme": scheme, "settlement": settlement}
        return cast(Settlement, self.invoke("settlement:Approve", members, request_id=request_id))

    def withdraw_settlement(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Withdraw`: before export; its items open again. The reason is a code."""
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self.invoke("settlement:Withdraw", members, request_id=request_id))

    def export_settlements(
        self, scheme: str, settlements: Sequence[str], file_sha256: str, *, request_id: str | None = None
    ) -> Exported:
        """`settlement:Export`: say that a payment file holds these settlements; all or none.

        Args:
            scheme: the scheme of all of them.
            settlements: their ids.
            file_sha256: SHA-256 of the file, 64 hexadecimal characters.
            request_id: see above.
        """
        members = {"scheme": scheme, "settlements": list(settlements), "file_sha256": file_sha256}
        return cast(Exported, self.invoke("settlement:Export", members, request_id=request_id))

    def book_settlement(
        self,
        scheme: str,
        settlement: str,
        outcome: Literal["paid", "rejected", "returned"],
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Settlement:
        """`settlement:Book`: enter the bank's answer; the items of rejected and returned ones open again."""
        members = {"scheme": scheme, "settlement": settlement, "outcome": outcome, "reason": reason}
        return cast(Settlement, self.invoke("settlement:Book", members, request_id=request_id))
