"""The ledger's own terms by scheme, added up from movements apart from any bookkeeping, in euro cents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kindpakket.ledger.money import in_cents
from kindpakket.ledger.movements import Movement, MovementKind

TERMS = ("issued", "topped_up", "spent", "refunded", "cancelled", "held", "available", "lapsed", "revoked")
"""The terms of vouchers, as design and chaincode name them."""
PLACES = ("unsettled", "drafted", "approved", "exported")
"""Where what a shop is owed can be; `paid` and the others are over."""
_MOVES: Mapping[MovementKind, tuple[tuple[str, int], ...]] = {
    "budgeted": (("budget", 1),),
    "budget_cut": (("budget", -1),),
    "issued": (("issued", 1), ("available", 1)),
    "topped_up": (("topped_up", 1), ("available", 1)),
    "held": (("available", -1), ("held", 1)),
    "released": (("held", -1), ("available", 1)),
    "captured": (("held", -1), ("available", 1)),
    "spent": (("available", -1), ("spent", 1), ("unsettled", 1)),
    "refunded": (("refunded", 1), ("available", 1), ("unsettled", -1)),
    "cancelled": (("cancelled", 1), ("available", 1), ("unsettled", -1)),
    "lapsed": (("available", -1), ("lapsed", 1)),
    "revoked": (("available", -1), ("revoked", 1)),
    "drafted": (("unsettled", -1), ("drafted", 1)),
    "approved": (("drafted", -1), ("approved", 1)),
    "exported": (("approved", -1), ("exported", 1)),
    "paid": (("exported", -1), ("paid", 1)),
    "rejected": (("exported", -1), ("unsettled", 1)),
    "returned": (("paid", -1), ("unsettled", 1)),
    "claimed": (("unsettled", 1), ("claimed", 1)),
    "recovered": (("claimed", -1), ("recovered", 1)),
    "recovery_reversed": (("recovered", -1), ("claimed", 1)),
    "written_off": (("claimed", -1), ("written_off", 1)),
    "write_off_reversed": (("written_off", -1), ("claimed", 1)),
    "claim_reopened": (("claimed", -1), ("unsettled", -1)),
    "netted_in": (("unsettled", 1), ("netted", -1)),
    "netted_out": (("unsettled", -1), ("netted", 1)),
}
_SIGNED = frozenset({"unsettled", "netted"})
"""Terms that may be below zero."""


@dataclass(slots=True)
class SchemeTerms:
    """The terms of one scheme, by name.

    Attributes:
        scheme: id of the scheme.
        cents: the terms; those that nothing moved are 0.
        broken: the first thing that cannot have happened on the ledger; "" if all can.
    """

    scheme: str
    cents: dict[str, int] = field(default_factory=dict)
    broken: str = ""

    def add(self, movement: Movement, before: str = "") -> None:
        """Add a movement; `before` is where a withdrawn settlement was."""
        moves = ((before, -1), ("unsettled", 1)) if before else _MOVES[movement.kind]
        for term, sign in moves:
            cents = self.cents.get(term, 0) + sign * movement.cents
            self.cents[term] = cents
            # What is captured is available for no longer than until the next movement.
            if cents < 0 and term not in _SIGNED and not self.broken:
                self.broken = (
                    f"{term} is {in_cents(cents)} at block {movement.block}, transaction {movement.position}"
                )

    def get(self, *terms: str) -> int:
        """The sum of terms."""
        return sum(self.cents.get(term, 0) for term in terms)

    @property
    def committed(self) -> int:
        """What can still be spent: available or held."""
        return self.get("available", "held")

    @property
    def net_spent(self) -> int:
        """What was spent and neither refunded nor cancelled."""
        return self.get("spent") - self.get("refunded", "cancelled")

    @property
    def payable(self) -> int:
        """What shops are owed and the bank has not paid; what they owe is deducted."""
        return self.get(*PLACES)


class LedgerTerms:
    """The terms of all schemes."""

    def __init__(self) -> None:
        """Begin without movements."""
        self.schemes: dict[str, SchemeTerms] = {}
        self._drafted: dict[tuple[str, str], str] = {}

    def add(self, movement: Movement) -> None:
        """Add a movement."""
        terms = self.schemes.get(movement.scheme)
        if terms is None:
            terms = self.schemes[movement.scheme] = SchemeTerms(movement.scheme)
        settlement = movement.scheme, movement.settlement
        if movement.kind in ("drafted", "approved"):
            self._drafted[settlement] = movement.kind
        before = self._drafted.get(settlement, "drafted") if movement.kind == "withdrawn" else ""
        terms.add(movement, before)
