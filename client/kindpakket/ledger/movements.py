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
    "recovered",  # a receivable was paid, in part or in full
    "written_off",  # what was left of a receivable was given up
    "recovery_reversed",  # what was booked as recovered was not received after all: the receivable rises
    "write_off_reversed",  # what was given up is a receivable again
    "reopened",  # what is left of a receivable is no longer a receivable: the shop's items are open again
    "netted",  # what a shop owes under this scheme was deducted under another: its open items rise
    "netted_against",  # the other scheme of the same netting: the shop's open items there fall
]
"""What happened to an amount.

Refunds to a revoked or lapsed voucher are `refunded` followed by `revoked` or `lapsed`. Reopening a
receivable is `recovery_reversed` and `write_off_reversed`, as far as there is anything to reverse, followed
by `reopened` with what the receivable is then.
"""


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
