"""The queries of the chaincode, which write nothing when somebody has one ordered."""

QUERIES = frozenset(
    {
        "audit:History",
        "audit:Sample",
        "audit:SchemeStatement",
        "audit:ShopStatement",
        "audit:Totals",
        "audit:VoucherStatement",
        "erasure:Due",
        "erasure:List",
        "erasure:Show",
        "organisations:List",
        "organisations:Show",
        "payment:List",
        "payment:Show",
        "payment:Unsettled",
        "request:Show",
        "scheme:Changes",
        "scheme:List",
        "scheme:Rules",
        "scheme:Show",
        "settlement:Due",
        "settlement:List",
        "settlement:Show",
        "shop:Account",
        "shop:List",
        "shop:ProposedAccount",
        "shop:Show",
        "voucher:Allowance",
        "voucher:Lapsable",
        "voucher:List",
        "voucher:Show",
    }
)
"""Full names only: a transaction that writes must never pass for a query because it is called alike."""
