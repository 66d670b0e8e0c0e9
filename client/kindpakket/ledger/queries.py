"""What the municipality and the auditor may both ask about what is. `statements` asks about what was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.records import (
    Allowance,
    Change,
    Collection,
    Due,
    DueErasure,
    Erasure,
    Item,
    Organisation,
    Organisations,
    Payment,
    Scheme,
    SchemeView,
    Settlement,
    Shop,
    StoredRules,
    Voucher,
)
from kindpakket.ledger.statements import Statements


class Queries(Statements):
    """The queries of municipal roles and of auditors. `Caller` says what each call may raise."""

    def organisations(self) -> Organisations:
        """`organisations:Show`: the MSP ids that were named for this channel, at first and later."""
        return cast(Organisations, self.query("organisations:Show"))

    def further_organisations(self) -> list[Organisation]:
        """`organisations:List`: all that were proposed after the first ones were named, by MSP id."""
        return cast(list[Organisation], self.query("organisations:List")["items"])

    def scheme(self, scheme: str) -> SchemeView:
        """`scheme:Show`: a scheme with rules, budget and last closed day."""
        return cast(SchemeView, self.query("scheme:Show", {"scheme": scheme}))

    def schemes(self) -> Iterator[Scheme]:
        """`scheme:List`: all schemes, by id."""
        return self.items("scheme:List")

    def rules(self, scheme: str, version: int) -> StoredRules:
        """`scheme:Rules`: one version of a scheme's rules; `scheme` shows the newest one."""
        return cast(StoredRules, self.query("scheme:Rules", {"scheme": scheme, "version": version}))

    def changes(self, scheme: str) -> Iterator[Change]:
        """`scheme:Changes`: all changes of a scheme that were proposed, by id."""
        return self.items("scheme:Changes", {"scheme": scheme})

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

    def lapsable(self, scheme: str) -> Iterator[Voucher]:
        """`voucher:Lapsable`: the vouchers that lapsing would take now and change, by id."""
        return self.items("voucher:Lapsable", {"scheme": scheme})

    def allowance(self, scheme: str, voucher: str, shop: str) -> Allowance:
        """`voucher:Allowance`: what a voucher could pay now at a shop."""
        members = {"scheme": scheme, "voucher": voucher, "shop": shop}
        return cast(Allowance, self.query("voucher:Allowance", members))

    def payment(self, payment: str) -> Payment:
        """`payment:Show`: a payment."""
        return cast(Payment, self.query("payment:Show", {"payment": payment}))

    def payments(self, scheme: str) -> Iterator[Payment]:
        """`payment:List`: all payments of a scheme, holds included, by id."""
        return self.items("payment:List", {"scheme": scheme})

    def unsettled(self, scheme: str, shop: str) -> Iterator[Item]:
        """`payment:Unsettled`: what a shop is owed and no live settlement holds, oldest first."""
        return self.items("payment:Unsettled", {"scheme": scheme, "shop": shop})

    def settlement(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement with its items."""
        return cast(Settlement, self.query("settlement:Show", {"scheme": scheme, "settlement": settlement}))

    def settlements(self, scheme: str) -> Iterator[Settlement]:
        """`settlement:List`: all settlements of a scheme, by id."""
        return self.items("settlement:List", {"scheme": scheme})

    def due(self, scheme: str, shop: str) -> Due:
        """`settlement:Due`: whether a shop is due, why, and what drafting a settlement would take now."""
        return cast(Due, self.query("settlement:Due", {"scheme": scheme, "shop": shop}))

    def erasure(self, erasure: str) -> Erasure:
        """`erasure:Show`: an order to purge private records; once it is certified, the certificate."""
        return cast(Erasure, self.query("erasure:Show", {"erasure": erasure}))

    def erasures(self) -> Iterator[Erasure]:
        """`erasure:List`: all orders to purge private records, by id."""
        return self.items("erasure:List")

    def erasures_due(self, collection: Collection, scheme: str | None = None) -> Iterator[DueErasure]:
        """`erasure:Due`: whose private records have passed their retention term and are still there.

        Args:
            collection: `citizens`, case references by voucher; or `shopAccounts`, accounts by shop.
            scheme: the scheme, of `citizens` only.
        """
        of_scheme = {} if scheme is None else {"scheme": scheme}
        return self.items("erasure:Due", {"collection": collection, **of_scheme})
