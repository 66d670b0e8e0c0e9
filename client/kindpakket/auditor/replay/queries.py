"""The chaincode's queries, which write nothing even if a client submits one to the orderer."""

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
"""Full names only, so that a transaction that writes never passes for a query with a similar name."""
