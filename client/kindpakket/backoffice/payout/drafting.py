"""Drafting all settlements that are due, in all schemes.

Drafting takes a shop's open items away, so a run that was interrupted is simply run again: it drafts what is
still due, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from kindpakket.backoffice.payout.candidates import LeftOut, WhyLeftOut, hindrance
from kindpakket.ledger.records import DueShop, Settlement, Shop
from kindpakket.ledger.refusals import NothingToSettle, Refusal, SettlementNotDue
from kindpakket.municipality import Municipality


@dataclass(frozen=True, slots=True)
class DueSettlement:
    """What a run would draft of a shop, or has drafted.

    Attributes:
        scheme: the scheme.
        shop: the shop.
        cents: the amount in cents.
        items: how many payments and refunds.
        why: `rhythm`, `amount` or `ending`.
    """

    scheme: str
    shop: str
    cents: int
    items: int
    why: str

    def as_json(self) -> dict[str, object]:
        """As a JSON document."""
        return {
            "scheme": self.scheme,
            "shop": self.shop,
            "cents": self.cents,
            "items": self.items,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Due:
    """What is due in some schemes, and who is left out.

    Attributes:
        settlements: what a run drafts.
        left_out: shops with open items of which nothing is drafted.
    """

    settlements: tuple[DueSettlement, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a run drafted.

    Attributes:
        settlements: the new settlements.
        left_out: shops of which nothing was drafted.
    """

    settlements: tuple[Settlement, ...]
    left_out: tuple[LeftOut, ...]


def due(municipality: Municipality, schemes: Collection[str] = ()) -> Due:
    """Find out what is due, in all schemes or some of them; nothing is changed."""
    shops = {shop["id"]: shop for shop in municipality.shops.list()}
    found: list[DueSettlement] = []
    left_out: list[LeftOut] = []
    for scheme in schemes or sorted(scheme["id"] for scheme in municipality.schemes.list()):
        for listed in municipality.settlements.due_list(scheme):
            reason = _reason(scheme, listed, shops[listed["shop"]])
            if reason is None:
                found.append(
                    DueSettlement(scheme, listed["shop"], listed["cents"], listed["items"], listed["why"])
                )
            else:
                left_out.append(reason)
    return Due(tuple(found), tuple(left_out))


def draft(municipality: Municipality, what: Due, progress: Callable[[int], None] | None = None) -> Drafted:
    """Draft what is due. What the ledger refuses of one shop keeps no other from being drafted.

    Args:
        municipality: as its treasurer or issuer.
        what: what `due` found.
        progress: called with 1 each time that a shop is done.
    """
    made: list[Settlement] = []
    left_out = list(what.left_out)
    for settlement in what.settlements:
        try:
            made += _draft_all(municipality, settlement)
        except NothingToSettle as error:
            left_out.append(_left(settlement, "nothing-owed", error))
        except Refusal as error:
            left_out.append(_left(settlement, "refused", error))
        if progress:
            progress(1)
    return Drafted(tuple(made), tuple(left_out))


def _draft_all(municipality: Municipality, settlement: DueSettlement) -> Iterator[Settlement]:
    """All settlements of a shop: one holds some hundreds of items."""
    drafted = municipality.settlements.draft(settlement.scheme, settlement.shop)
    while True:
        # What was carried over is one open item now, and pays nobody by itself.
        if drafted["state"] == "drafted":
            yield drafted
        if not drafted.get("more"):
            return
        try:
            drafted = municipality.settlements.draft(settlement.scheme, settlement.shop)
        except (NothingToSettle, SettlementNotDue):
            return


def _reason(scheme: str, listed: DueShop, shop: Shop) -> LeftOut | None:
    if not listed["due"]:
        sentence = "not due yet, by the rhythm and the amount of the scheme"
        return LeftOut(scheme, listed["shop"], listed["cents"], "not-due", sentence)
    found = hindrance(shop)
    return None if found is None else LeftOut(scheme, listed["shop"], listed["cents"], *found)


def _left(settlement: DueSettlement, why: WhyLeftOut, error: Refusal) -> LeftOut:
    return LeftOut(settlement.scheme, settlement.shop, settlement.cents, why, str(error))
