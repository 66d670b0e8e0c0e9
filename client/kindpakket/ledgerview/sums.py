"""Sums of movements: the nine terms of vouchers, the budgets of schemes, and where the money of shops is.

What each kind of movement does to each sum is a table, so that the equations of money follow from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kindpakket.ledger.movements import Movement, MovementKind

Effects = Mapping[MovementKind, tuple[tuple[str, int], ...]]

VOUCHER: Effects = {
    "issued": (("issued", 1), ("available", 1)),
    "topped_up": (("topped_up", 1), ("available", 1)),
    "held": (("available", -1), ("held", 1)),
    "released": (("held", -1), ("available", 1)),
    "captured": (("held", -1), ("available", 1)),
    "spent": (("available", -1), ("spent", 1)),
    "refunded": (("refunded", 1), ("available", 1)),
    "cancelled": (("cancelled", 1), ("available", 1)),
    "lapsed": (("available", -1), ("lapsed", 1)),
    "revoked": (("available", -1), ("revoked", 1)),
}
"""Effects on the nine terms of a voucher. What was captured is available until the `spent` that follows."""

BUDGET: Effects = {
    "budgeted": (("budget", 1), ("unissued", 1)),
    "budget_cut": (("budget", -1), ("unissued", -1)),
    "issued": (("issued", 1), ("unissued", -1)),
    "topped_up": (("topped_up", 1), ("unissued", -1)),
    "lapsed": (("lapsed", 1), ("unissued", 1)),
    "revoked": (("revoked", 1), ("unissued", 1)),
}
"""Effects on a scheme's budget; `unissued` is what is allocated and what is not, together."""

SHOP: Effects = {
    "spent": (("open", 1),),
    "refunded": (("open", -1),),
    "cancelled": (("open", -1),),
    "drafted": (("open", -1), ("drafted", 1)),
    "approved": (("drafted", -1), ("approved", 1)),
    "exported": (("approved", -1), ("exported", 1)),
    "paid": (("exported", -1), ("paid", 1)),
    "rejected": (("exported", -1), ("open", 1)),
    "returned": (("paid", -1), ("open", 1)),
    "claimed": (("open", 1), ("claimed", -1)),
    "recovered": (("claimed", 1), ("recovered", -1)),
    "written_off": (("claimed", 1), ("written_off", -1)),
    "write_off_reversed": (("written_off", 1), ("claimed", -1)),
    "recovery_reversed": (("recovered", 1), ("claimed", -1)),
    "claim_reopened": (("claimed", 1), ("open", -1)),
    "netted_in": (("open", 1), ("netted", -1)),
    "netted_out": (("open", -1), ("netted", 1)),
}
"""Effects on a shop's money under a scheme; `open` is in no settlement. See `withdrawn` in `Sums.add`."""


@dataclass(slots=True)
class Sums:
    """Sums of movements, in cents.

    Attributes:
        vouchers: the terms of each voucher, by scheme and id.
        budgets: the terms of each scheme's budget.
        shops: where the money of each shop is, by scheme and shop.
        categories: what was spent of each voucher in each category, by scheme, voucher and category.
        stages: the state of each settlement that is in the bank's way: drafted, approved, exported, paid.
    """

    vouchers: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    budgets: dict[str, Counter[str]] = field(default_factory=dict)
    shops: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    categories: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    stages: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, movements: Iterable[Movement]) -> Sums:
        """The sums of movements, in the order of the ledger."""
        sums = cls()
        for movement in movements:
            sums.add(movement)
        return sums

    def add(self, movement: Movement) -> None:
        """Add the next movement."""
        kind, scheme = movement.kind, movement.scheme
        if kind in VOUCHER and movement.voucher:
            _apply(VOUCHER, movement, self.vouchers.setdefault((scheme, movement.voucher), Counter()))
        if kind in BUDGET:
            _apply(BUDGET, movement, self.budgets.setdefault(scheme, Counter()))
        shop = self.shops.setdefault((scheme, movement.shop), Counter()) if movement.shop else None
        if shop is not None and kind in SHOP:
            _apply(SHOP, movement, shop)
        if shop is not None and kind == "withdrawn":
            shop[self.stages[movement.settlement]] -= movement.cents
            shop["open"] += movement.cents
        if kind in ("drafted", "approved", "exported", "paid"):
            self.stages[movement.settlement] = kind
        if kind in ("spent", "refunded", "cancelled"):
            sign = 1 if kind == "spent" else -1
            self.categories[scheme, movement.voucher, movement.category] += sign * movement.cents


def _apply(effects: Effects, movement: Movement, sums: Counter[str]) -> None:
    for term, sign in effects[movement.kind]:
        sums[term] += sign * movement.cents
