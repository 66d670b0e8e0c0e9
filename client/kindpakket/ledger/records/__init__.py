"""The ledger's JSON objects as types. Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD`.

`docs/transactions.md` explains each member. Members that a record may lack are `NotRequired`.
"""

from __future__ import annotations

from kindpakket.ledger.records.allocations import Allocation, AllocationUse, Drawing
from kindpakket.ledger.records.erasures import Collection, DueErasure, Erasure, ErasureRecord, Purged
from kindpakket.ledger.records.holders import (
    Activation,
    Authorisation,
    BoundAuthorisation,
    Proof,
    Replacement,
    WaitingReplacement,
)
from kindpakket.ledger.records.organisations import Organisation, Organisations, Outcome, Voided
from kindpakket.ledger.records.payments import Item, Line, Payment, ProofUsed, Refund
from kindpakket.ledger.records.schemes import (
    Budget,
    CategoryRule,
    Change,
    ClosedDay,
    Product,
    Rules,
    Scheme,
    SchemeView,
    StoredRules,
)
from kindpakket.ledger.records.settlements import Due, Exported, Settlement
from kindpakket.ledger.records.shops import AccountChange, Shop, ShopAccount, ShopGrant
from kindpakket.ledger.records.statements import (
    HistoryEntry,
    Mark,
    SchemeStatementEntry,
    ShopStatement,
    ShopStatementEntry,
    ShopSums,
    VoucherStatementEntry,
)
from kindpakket.ledger.records.vouchers import (
    Activated,
    Allowance,
    Balance,
    CaseRecord,
    DaySpending,
    Extended,
    Issuance,
    Issued,
    LiveHold,
    Moved,
    Recorded,
    SelfBlocked,
    TopUp,
    Totals,
    Voucher,
    VoucherCents,
)

__all__ = [
    "AccountChange",
    "Activated",
    "Activation",
    "Allocation",
    "AllocationUse",
    "Allowance",
    "Authorisation",
    "Balance",
    "BoundAuthorisation",
    "Budget",
    "CaseRecord",
    "CategoryRule",
    "Change",
    "ClosedDay",
    "Collection",
    "DaySpending",
    "Drawing",
    "Due",
    "DueErasure",
    "Erasure",
    "ErasureRecord",
    "Exported",
    "Extended",
    "HistoryEntry",
    "Issuance",
    "Issued",
    "Item",
    "Line",
    "LiveHold",
    "Mark",
    "Moved",
    "Organisation",
    "Organisations",
    "Outcome",
    "Payment",
    "Product",
    "Proof",
    "ProofUsed",
    "Purged",
    "Recorded",
    "Refund",
    "Replacement",
    "Rules",
    "Scheme",
    "SchemeStatementEntry",
    "SchemeView",
    "SelfBlocked",
    "Settlement",
    "Shop",
    "ShopAccount",
    "ShopGrant",
    "ShopStatement",
    "ShopStatementEntry",
    "ShopSums",
    "StoredRules",
    "TopUp",
    "Totals",
    "Voided",
    "Voucher",
    "VoucherCents",
    "VoucherStatementEntry",
    "WaitingReplacement",
]
