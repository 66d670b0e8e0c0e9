"""What the municipality and the auditor may both ask. Queries write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.calls import Caller
from kindpakket.records import (
    Allowance,
    HistoryEntry,
    Item,
    Organisations,
    Payment,
    Scheme,
    SchemeView,
    Settlement,
    Shop,
    Totals,
    Voucher,
)

_TERMS = (
    "issued_cents",
    "topped_up_cents",
    "spent_cents",
    "refunded_cents",
    "cancelled_cents",
    "held_cents",
    "available_cents",
    "lapsed_cents",
    "revoked_cents",
)


class Queries(Caller):
    """The queries of municipal roles and of auditors. `Caller` says what each call may raise."""

    def organisations(self) -> Organisations:
        """`organisations:Show`: the MSP ids that were named for this channel."""
        return cast(Organisations, self.query("organisations:Show"))

    def scheme(self, scheme: str) -> SchemeView:
        """`scheme:Show`: a scheme with rules, budget and last closed day."""
        return cast(SchemeView, self.query("scheme:Show", {"scheme": scheme}))

    def schemes(self) -> Iterator[Scheme]:
        """`scheme:List`: all schemes, by id."""
        return self.items("scheme:List")

    def shop(self, shop: str) -> Shop:
        """`shop:Show`: a shop."""
        return cast(Shop, self.query("shop:Show", {"shop": shop}))

    def shops(self) -> Iterator[Shop]:
        """`shop:List`: all shops, by id."""
        return self.items("shop:List")

    def voucher(self, scheme: str, voucher: str) -> Voucher:
        """`voucher:Show`: a voucher."""
        return cast(Voucher, self.query("voucher:Show", {"scheme": scheme, "voucher": voucher}))

    def vouchers(self, scheme: str) -> Iterator[Voucher]:
        """`voucher:List`: all vouchers of a scheme, by id."""
        return self.items("voucher:List", {"scheme": scheme})

    def allowance(self, scheme: str, voucher: str, shop: str) -> Allowance:
        """`voucher:Allowance`: what a voucher could pay now at a shop."""
        members = {"scheme": scheme, "voucher": voucher, "shop": shop}
        return cast(Allowance, self.query("voucher:Allowance", members))

    def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment."""
        return cast(Payment, self.query("payment:Show", {"payment": payment}))

    def unsettled(self, scheme: str, shop: str) -> Iterator[Item]:
        """`payment:Unsettled`: what a shop is owed and no live settlement holds, oldest first."""
        return self.items("payment:Unsettled", {"scheme": scheme, "shop": shop})

    def settlement(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement with its items."""
        return cast(Settlement, self.query("settlement:Show", {"scheme": scheme, "settlement": settlement}))

    def settlements(self, scheme: str) -> Iterator[Settlement]:
        """`settlement:List`: all settlements of a scheme, by id."""
        return self.items("settlement:List", {"scheme": scheme})

    def history(self, key: str) -> Iterator[HistoryEntry]:
        """`audit:History`: all versions of a key, newest first.

        Args:
            key: a key of the ledger, such as `voucher/<scheme>/<voucher>`.
        """
        for page in self.pages("audit:History", {"key": key}):
            yield from page["entries"]

    def totals(self, scheme: str) -> Totals:
        """`audit:Totals`: number and sums of all vouchers of a scheme, its pages added up."""
        sums = dict.fromkeys((*_TERMS, "vouchers"), 0)
        for page in self.pages("audit:Totals", {"scheme": scheme}):
            for term in sums:
                sums[term] += page[term]
        return cast(Totals, sums)
