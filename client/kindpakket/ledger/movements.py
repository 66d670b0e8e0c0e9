"""Movements of money: what each valid transaction did to the sums of a scheme, one amount at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MovementKind = Literal[
    "budgeted",  # a scheme's budget was set or raised
    "budget_cut",  # a scheme's budget was lowered
    "issued",
    "topped_up",
    "held",
    "released",  # a hold ended without a payment, or the part of it that was not captured
    "captured",  # a hold became spent: `held` falls, and a movement `spent` of the same payment follows
    "spent",
    "refunded",
    "cancelled",
    "lapsed",
    "revoked",
    "drafted",  # a shop's open items became a settlement
    "withdrawn",  # a settlement was withdrawn: its items are open again
    "approved",
    "exported",
    "paid",
    "rejected",  # the bank refused the payment: the items are open again
    "returned",  # the bank returned the payment after it was paid: the items are open again
    "claimed",  # what an ended shop owes became a receivable
    "recovered",  # a receivable was paid
    "written_off",  # a receivable was given up
    "write_off_reversed",  # a receivable that was given up is owed again
    "recovery_reversed",  # a receivable was paid less than was booked: it is owed again
    "claim_reopened",  # what was left of a receivable is the shop's open items again
    "netted_in",  # what the shop owes here was deducted from what another scheme owes it
    "netted_out",  # what the shop is owed here was used for its debt under another scheme
]
"""What happened to an amount. Refunds to a voucher that has ended are `refunded`, then `lapsed`
or `revoked`."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount that one transaction moved, in the order of the ledger.

    Attributes:
        block: The number of the block.
        position: The transaction's place in its block, from 0.
        line: The movement's place in its transaction, from 0.
        transaction_id: Fabric's transaction id.
        time: The transaction's time, in Unix seconds (UTC).
        kind: What happened to the amount.
        scheme: The scheme's id.
        cents: The amount in euro cents, above 0; a settlement's net total for the kinds of settlements.
        voucher, shop, payment, settlement: The ids of what the amount belongs to, or "".
        category: The category of the goods of a payment or refund, or "". One movement per category.
    """

    block: int
    position: int
    line: int
    transaction_id: str
    time: int
    kind: MovementKind
    scheme: str
    cents: int
    voucher: str = ""
    shop: str = ""
    payment: str = ""
    settlement: str = ""
    category: str = ""
