"""Columns of shops, and of what persons propose and decide."""

from __future__ import annotations

from kindpakket.ledgerview.columns import Column, cents, day, instant, number, structure, text

TABLES: dict[str, tuple[str, tuple[str, ...], tuple[Column, ...]]] = {
    "shops": (
        "A shop; its account is private and not on the ledger.",
        ("shop",),
        (
            text("id", "Id of the shop."),
            text("msp", "MSP id of the organisation that it belongs to."),
            text("state", "applied, approved, suspended or ended."),
            structure("categories", "Categories it may sell, each with the first day."),
            structure("requested", "Categories it applied for."),
            text("applied_by", "Who applied."),
            text("approved_by", "Who approved it."),
            text("changed_by", "Who changed its state last."),
            text("state_reason", "Why."),
            structure("acquirers", "Persons of acquirers who may take payments for it."),
            cents("refund_alone_cents", "What of a payment one person may refund alone; empty: no limit."),
            text("account_sha256", "SHA-256 of the private record of its account."),
            text("account_proposed_by", "Who proposed another account.", "account_change.proposed_by"),
            text("payout_frozen_by", "Who froze its payout."),
            text("payout_freeze_reason", "Why its payout is frozen."),
            day("ended_on", "The day on which it ended."),
        ),
    ),
    "proposals": (
        "What one person proposes and another decides on: changes of a scheme, allocations, decisions, "
        "organisations.",
        ("change", "allocation", "decision", "organisation"),
        (
            text("id", "Id of the proposal."),
            text(
                "kind",
                "rules, budget or closing; allocation; revocation, freeing, shop-end or organisation-end; "
                "organisation.",
                "proposal",
            ),
            text(
                "state", "proposed, approved or rejected; of an allocation withdrawn or used as well; ended."
            ),
            text("scheme", "The scheme that it is about."),
            text("shop", "The shop that it is about."),
            text("msp", "The organisation that it is about."),
            text("reason", "Why."),
            text("proposed_by", "Who proposed it."),
            instant("proposed_at", "When it was proposed."),
            instant("expires_at", "From when on it can no longer be approved."),
            text("decided_by", "Who approved or rejected it."),
            text("reject_reason", "Why it was rejected."),
            text("withdrawn_by", "Who withdrew it."),
            text("withdraw_reason", "Why it was withdrawn."),
            cents("add_cents", "What the budget grows by."),
            cents("remove_cents", "What the budget shrinks by."),
            text("use", "What an allocation is for: issue or top-up."),
            number("vouchers", "How many vouchers it is about.", "voucher_count"),
            cents("cents", "The sum of an allocation."),
            number("used_vouchers", "How many of an allocation's vouchers were drawn."),
            cents("used_cents", "How much of an allocation was drawn."),
            text("list_sha256", "Hash of the list of an allocation."),
        ),
    ),
    "erasures": (
        "An order to purge private records, and its certificate.",
        ("erasure",),
        (
            text("id", "Id of the erasure."),
            text("collection", "The private collection: citizens or shopAccounts."),
            text("scheme", "The scheme, of case records."),
            text("state", "ordered, approved, withdrawn or certified."),
            number("records", "How many records.", "record_count"),
            text("reason", "Why."),
            text("ordered_by", "Who ordered it."),
            text("approved_by", "Who approved it."),
            text("withdrawn_by", "Who withdrew it."),
            text("withdraw_reason", "Why it was withdrawn."),
            text("certified_by", "Who certified it."),
            instant("certified_at", "When it was certified."),
        ),
    ),
}
"""For each table: what a row is, the kinds of records it shows, and its columns."""
