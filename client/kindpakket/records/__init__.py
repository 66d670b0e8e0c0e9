"""The JSON objects of the ledger as types. Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD`.

docs/transactions.md says what each member means. Members that a record may lack are `NotRequired`.
"""

from __future__ import annotations

from kindpakket.records.erasures import (
    Collection,
    DueErasure,
    Erasure,
    ErasureRecord,
    Purged,
)
from kindpakket.records.holders import (
    Activation,
    Authorisation,
    BoundAuthorisation,
    Proof,
    Replacement,
    WaitingReplacement,
)
from kindpakket.records.organisations import (
    Organisations,
    Outcome,
    Voided,
)
from kindpakket.records.payments import (
    Item,
    Line,
    Payment,
    ProofUsed,
    Refund,
)
from kindpakket.records.schemes import (
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
from kindpakket.records.settlements import (
    Due,
    Exported,
    Settlement,
)
from kindpakket.records.shops import (
    AccountChange,
    Shop,
    ShopAccount,
    ShopGrant,
)
from kindpakket.records.statements import (
    HistoryEntry,
    Mark,
    SchemeStatementEntry,
    ShopStatement,
    ShopStatementEntry,
    ShopSums,
    VoucherStatementEntry,
)
from kindpakket.records.vouchers import (
    Activated,
    Allocation,
    Allowance,
    Balance,
    CaseRecord,
    DaySpending,
    Extended,
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
    "Due",
    "DueErasure",
    "Erasure",
    "ErasureRecord",
    "Exported",
    "Extended",
    "HistoryEntry",
    "Issued",
    "Item",
    "Line",
    "LiveHold",
    "Mark",
    "Moved",
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
