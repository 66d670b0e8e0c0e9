"""The chaincode's queries, which write nothing even if a client submits one to the orderer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from kindpakket.ledger.records import WaitingKind

QUERIES = frozenset(
    {
        "allocation:List",
        "allocation:Show",
        "audit:History",
        "audit:Sample",
        "audit:SchemeStatement",
        "audit:SchemeTotals",
        "audit:ShopStatement",
        "audit:Totals",
        "audit:VoucherStatement",
        "decision:List",
        "decision:Show",
        "decision:Unindexed",
        "decision:Waiting",
        "erasure:Due",
        "erasure:List",
        "erasure:Show",
        "erasure:UnusedCases",
        "organisations:List",
        "organisations:Show",
        "payment:Holds",
        "payment:List",
        "payment:OfDay",
        "payment:Show",
        "payment:ShowRefund",
        "payment:Unindexed",
        "payment:Unsettled",
        "payment:WaitingRefunds",
        "request:Show",
        "scheme:Changes",
        "scheme:List",
        "scheme:Rules",
        "scheme:Show",
        "settlement:Due",
        "settlement:DueList",
        "settlement:Items",
        "settlement:List",
        "settlement:Live",
        "settlement:Receivables",
        "settlement:Show",
        "shop:Account",
        "shop:List",
        "shop:ProposedAccount",
        "shop:Show",
        "shop:Terms",
        "voucher:Allowance",
        "voucher:Binding",
        "voucher:Lapsable",
        "voucher:List",
        "voucher:Show",
    }
)
"""Full names only, so that a transaction that writes never passes for a query with a similar name."""

_MEMBERS = frozenset(
    {
        "allocation",
        "collection",
        "cursor",
        "day",
        "decision",
        "erasure",
        "key",
        "kind",
        "limit",
        "payment",
        "per_mille",
        "refund",
        "request",
        "scheme",
        "seed",
        "settlement",
        "shop",
        "version",
        "voucher",
    }
)
_TEXT = re.compile(
    r"|[0-9a-f]{1,64}|[0-9a-f]{32}(/[0-9a-f]{32}){1,2}|([0-9a-f]{32}/)?[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9a-f]{32})?"
    r"|(settlement|open|held|unsettled|sold|undone|asked|waiting)/[0-9a-f/-]{0,76}"
    r"|[a-z-]{4,16}/((-/)?[0-9a-f]{32}(/[0-9a-f]{32}){0,2})?|organisation/[A-Za-z][A-Za-z0-9.-]{0,63}"
)
_KEY = re.compile(r"[a-z-]{3,16}(/[0-9A-Za-z.-]{1,64}){0,4}")
_CHOICES = frozenset(
    {"voucher", "payment", "settlement", "citizens", "shopAccounts", *get_args(WaitingKind)},
)


def unexplained(request: Mapping[str, Any]) -> str:
    """What a committed query holds that no query takes, as a sentence; "" if there is nothing.

    A query leaves nothing on the ledger but its argument, so that must be ids, cursors and numbers only.

    Args:
        request: the query's argument.
    """
    for name, value in request.items():
        if name not in _MEMBERS:
            return "it has a member that no query takes"
        if not (type(value) is int or (isinstance(value, str) and _is_asked(name, value))):
            return f"its {name} is not what a query takes"
    return ""


def _is_asked(name: str, text: str) -> bool:
    if name == "key":
        return _KEY.fullmatch(text) is not None
    return text in _CHOICES or _TEXT.fullmatch(text) is not None
