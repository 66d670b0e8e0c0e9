"""Who changed what, and which amounts it moved."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from kindpakket.ledger.records.payments import ItemKind
from kindpakket.ledger.records.schemes import Budget
from kindpakket.ledger.records.vouchers import Balance


class Mark(TypedDict):
    """Who wrote a version of a record, by which request, and why."""

    operation: str
    request: str
    person: str
    msp: str
    role: str
    reason: NotRequired[str]
    till: NotRequired[str]


class HistoryEntry(TypedDict):
    """One version of a key, with the values before and after; None if there was no value.

    `by` is None for a deletion and for a record of layout 1; the transaction's block shows who wrote it.
    """

    transaction_id: str
    at: int
    deleted: bool
    by: Mark | None
    before: dict[str, object] | None
    value: dict[str, object] | None


class VoucherStatementEntry(TypedDict):
    """What one transaction moved in a voucher: the changed terms, and all nine afterwards, in cents."""

    transaction_id: str
    at: int
    by: Mark | None
    state: str
    moved: dict[str, int]
    balance: Balance


class SchemeStatementEntry(TypedDict):
    """What one transaction moved in a budget: the changed terms, and all of them afterwards, in cents."""

    transaction_id: str
    at: int
    by: Mark | None
    moved: dict[str, int]
    balance: Budget


class ShopStatementEntry(TypedDict):
    """A settlement of a shop, or one of its open items."""

    kind: Literal["settlement", "open"]
    id: str
    cents: int
    state: NotRequired[str]
    through: NotRequired[str]
    items: NotRequired[int]
    against: NotRequired[str]
    day: NotRequired[str]
    item: NotRequired[ItemKind]


class ShopSums(TypedDict):
    """Where a shop's money under a scheme is, in cents; the sum is what was spent there, net."""

    unsettled_cents: int
    drafted_cents: int
    approved_cents: int
    exported_cents: int
    paid_cents: int
    claimed_cents: int
    collected_cents: int
    written_off_cents: int
    netted_cents: int


class ShopStatement(TypedDict):
    """All settlements and open items of a shop under a scheme, and their sums."""

    entries: list[ShopStatementEntry]
    sums: ShopSums


class SchemeTotals(TypedDict):
    """All money of a scheme at one height: its vouchers, its budget, and where its shops' money is."""

    scheme: str
    closed_until: str
    vouchers: int
    balance: Balance
    budget: Budget
    settlements: int
    open_items: int
    shops: ShopSums
