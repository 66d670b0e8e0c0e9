"""What each kind of movement is in the books: a debit and a credit of the same amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kindpakket.backoffice.books.chart import JournalName, Role
from kindpakket.ledger.movements import MovementKind

EntryKind = Literal[MovementKind, "accrual", "accrual_reversed"]
"""What an entry is about."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount that goes from one account to another.

    Attributes:
        journal: the journal.
        debit: the account that is debited, by its role.
        credit: the account that is credited.
    """

    journal: JournalName
    debit: Role
    credit: Role


_COMMITTED = Posting("commitments", "commitments_contra", "commitments")
_FREED = Posting("commitments", "commitments", "commitments_contra")
POSTINGS: Mapping[MovementKind, tuple[Posting, ...]] = {
    # A budget may be spent and is not spent yet: it is in the municipality's budget, not in these books.
    "budgeted": (),
    "budget_cut": (),
    "issued": (_COMMITTED,),
    "topped_up": (_COMMITTED,),
    # What is held is committed as it was before.
    "held": (),
    "released": (),
    "captured": (),
    "spent": (_FREED, Posting("costs", "costs", "payables")),
    "refunded": (_COMMITTED, Posting("costs", "payables", "costs")),
    "cancelled": (_COMMITTED, Posting("costs", "payables", "costs")),
    "lapsed": (_FREED,),
    "revoked": (_FREED,),
    # A shop is owed the same until the bank has paid, and again when the bank returns it.
    "drafted": (),
    "withdrawn": (),
    "approved": (),
    "exported": (),
    "rejected": (),
    "paid": (Posting("bank", "payables", "bank"),),
    "returned": (Posting("bank", "bank", "payables"),),
    "claimed": (Posting("general", "receivables", "payables"),),
    "recovered": (Posting("bank", "bank", "receivables"),),
    "recovery_reversed": (Posting("bank", "receivables", "bank"),),
    "written_off": (Posting("general", "write_offs", "receivables"),),
    "write_off_reversed": (Posting("general", "receivables", "write_offs"),),
    "claim_reopened": (Posting("general", "payables", "receivables"),),
    "netted_in": (Posting("general", "netting", "payables"),),
    "netted_out": (Posting("general", "payables", "netting"),),
}
"""The postings of each kind; the first is booked before the second."""
DESCRIPTIONS: Mapping[EntryKind, str] = {
    "issued": "Vouchers issued",
    "topped_up": "Vouchers topped up",
    "spent": "Spent",
    "refunded": "Refunded",
    "cancelled": "Payments cancelled",
    "lapsed": "Lapsed",
    "revoked": "Vouchers revoked",
    "paid": "Paid to shops",
    "returned": "Returned by the bank",
    "claimed": "Claimed from shops",
    "recovered": "Recovered from shops",
    "recovery_reversed": "Recovery reversed",
    "written_off": "Receivables written off",
    "write_off_reversed": "Write-off reversed",
    "claim_reopened": "Receivables reopened",
    "netted_in": "Netted with another scheme",
    "netted_out": "Netted for another scheme",
    "accrual": "Accrual at the end of the year",
    "accrual_reversed": "Accrual of the last year reversed",
}
"""Descriptions of entries, by what they are about."""
ORDER: Mapping[EntryKind, int] = {kind: place for place, kind in enumerate(DESCRIPTIONS)}
"""The order of entries of one day."""
UNSETTLED: Mapping[MovementKind, int] = {
    "spent": 1,
    "refunded": -1,
    "cancelled": -1,
    "drafted": -1,
    "withdrawn": 1,
    "rejected": 1,
    "returned": 1,
    "claimed": 1,
    "claim_reopened": -1,
    "netted_in": 1,
    "netted_out": -1,
}
"""The sign with which an amount changes what is in no settlement of a shop."""
