"""Who is paid in a run, and who is left out and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from kindpakket.ledger.records import Settlement, Shop
from kindpakket.municipality import Municipality

Hindrance = Literal["payout-frozen", "suspended", "account-change"]
WhyLeftOut = Hindrance | Literal["not-due", "nothing-owed", "refused", "own-work"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A shop that is not paid in a run, under one scheme.

    Attributes:
        scheme: the scheme.
        shop: the shop.
        cents: what its open items, or its settlement, come to.
        why: a code.
        reason: the same in a sentence, with what to do.
        settlement: its settlement; "" when there is none yet.
    """

    scheme: str
    shop: str
    cents: int
    why: WhyLeftOut
    reason: str
    settlement: str = ""

    def as_json(self) -> dict[str, object]:
        """As a JSON document."""
        return {
            "scheme": self.scheme,
            "shop": self.shop,
            "settlement": self.settlement or None,
            "cents": self.cents,
            "why": self.why,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Waiting:
    """Settlements that wait for a step.

    Attributes:
        ready: those that can take it now, by scheme and shop.
        left_out: the others.
    """

    ready: tuple[Settlement, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def cents(self) -> int:
        """The sum of those that can take it."""
        return sum(record["cents"] for record in self.ready)


def hindrance(shop: Shop) -> tuple[Hindrance, str] | None:
    """Why nothing may be paid to a shop now, as a code and a sentence; None when it may be paid."""
    if "payout_frozen_by" in shop:
        reason = shop.get("payout_freeze_reason") or "no reason given"
        return "payout-frozen", f"its payout is frozen ({reason}): another person releases it"
    if shop["state"] == "suspended":
        reason = shop.get("state_reason") or "no reason given"
        return "suspended", f"it is suspended ({reason}): another person reinstates it"
    if "account_change" in shop:
        return "account-change", "a change of its account waits: approve or reject it"
    return None


def live_settlements(municipality: Municipality, schemes: Collection[str] = ()) -> Iterator[Settlement]:
    """What waits for a step, in all schemes or some of them."""
    for scheme in schemes or sorted(scheme["id"] for scheme in municipality.schemes.list()):
        yield from municipality.settlements.live(scheme)


def waiting(
    municipality: Municipality,
    state: Literal["drafted", "approved"],
    official: str,
    schemes: Collection[str] = (),
) -> Waiting:
    """Settlements that wait to be approved or exported.

    Args:
        municipality: whoever may read settlements and shops.
        state: `drafted` for those to approve, `approved` for those to export.
        official: the person id of whoever is to take the step, who may not have taken the one before.
        schemes: only of these schemes; none: of all.
    """
    shops = {shop["id"]: shop for shop in municipality.shops.list()}
    ready, left_out = [], []
    for record in live_settlements(municipality, schemes):
        if record["state"] != state:
            continue
        found = hindrance(shops[record["shop"]])
        before = record["drafted_by"] if state == "drafted" else record.get("approved_by")
        if found is not None:
            why: WhyLeftOut = found[0]
            reason = found[1]
        elif official and before == official:
            why, reason = "own-work", f"{official} {state} it: another person takes the next step"
        else:
            ready.append(record)
            continue
        left_out.append(LeftOut(record["scheme"], record["shop"], record["cents"], why, reason, record["id"]))
    return Waiting(tuple(ready), tuple(left_out))
