"""Queries for controllers and auditors: histories, statements, sums, samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import (
    HistoryEntry,
    Payment,
    SchemeStatementEntry,
    SchemeTotals,
    Settlement,
    ShopStatement,
    ShopSums,
    Totals,
    Voucher,
    VoucherStatementEntry,
)

_TERMS = tuple(
    f"{term}_cents"
    for term in (
        "issued",
        "topped_up",
        "spent",
        "refunded",
        "cancelled",
        "held",
        "available",
        "lapsed",
        "revoked",
    )
)
SampleKind = Literal["voucher", "payment", "settlement"]


class AuditQueries(Desk):
    """The queries `audit:…`. `Caller` lists what each may raise."""

    def shop_statement(self, scheme: str, shop: str) -> ShopStatement:
        """`audit:ShopStatement`: a shop's settlements and open items, and where its money is.

        The sums cover all pages; together they are what was spent at the shop under the scheme, net, in
        cents.
        """
        statement: ShopStatement = {"entries": [], "sums": cast(ShopSums, {})}
        for page in self._caller.pages("audit:ShopStatement", {"scheme": scheme, "shop": shop}):
            statement["entries"] += page["entries"]
            _add(cast(dict[str, int], statement["sums"]), page["sums"])
        return statement

    def history(self, key: str) -> Iterator[HistoryEntry]:
        """`audit:History`: all versions of a key, newest first: who wrote it, the value before and after.

        Args:
            key: a key of the ledger, such as `voucher/<scheme>/<voucher>`.
        """
        return self._entries("audit:History", {"key": key})

    def voucher_statement(self, scheme: str, voucher: str) -> Iterator[VoucherStatementEntry]:
        """`audit:VoucherStatement`: what each transaction moved in a voucher, newest first."""
        return self._entries("audit:VoucherStatement", {"scheme": scheme, "voucher": voucher})

    def scheme_statement(self, scheme: str) -> Iterator[SchemeStatementEntry]:
        """`audit:SchemeStatement`: what each transaction moved in a scheme's budget, newest first."""
        return self._entries("audit:SchemeStatement", {"scheme": scheme})

    def scheme_totals(self, scheme: str) -> SchemeTotals:
        """`audit:SchemeTotals`: all money of a scheme at one height, for up to 100 000 records.

        While the query runs, its peer commits no block: run it at an auditor's peer.

        Raises:
            SchemeTooLarge: add up the pages instead, by `totals`.
        """
        return cast(SchemeTotals, self._caller.query("audit:SchemeTotals", {"scheme": scheme}))

    def totals(self, scheme: str) -> Totals:
        """`audit:Totals`: number and sums, in cents, of all vouchers of a scheme, added up over all pages."""
        sums = dict.fromkeys((*_TERMS, "vouchers"), 0)
        for page in self._caller.pages("audit:Totals", {"scheme": scheme}):
            _add(sums, {term: page[term] for term in sums})
        return cast(Totals, sums)

    def sample(
        self, scheme: str, kind: SampleKind, seed: str, per_mille: int
    ) -> Iterator[Voucher | Payment | Settlement]:
        """`audit:Sample`: a random sample that anyone with the seed can repeat and nobody could foresee.

        Args:
            scheme: the scheme.
            kind: what to sample.
            seed: 1 to 64 hexadecimal characters; draw it after the books are closed, with dice for instance.
            per_mille: how many per thousand, on average; 1 to 1000.
        """
        members = {"scheme": scheme, "kind": kind, "seed": seed, "per_mille": per_mille}
        return self._caller.items("audit:Sample", members)

    def _entries(self, name: str, members: Mapping[str, object]) -> Iterator[Any]:
        for page in self._caller.pages(name, members):
            yield from page["entries"]


def _add(sums: dict[str, int], page: Mapping[str, int]) -> None:
    for term, cents in page.items():
        sums[term] = sums.get(term, 0) + cents
