"""Whether the movements of a transaction are all that its records changed by, to the cent.

By induction the equations of money then hold for the sums of movements at every block, if they hold for the
records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kindpakket.ledgerview.changes import ITEM, Change
from kindpakket.ledgerview.payment_movements import Moved
from kindpakket.ledgerview.sums import BUDGET, SHOP, VOUCHER, Effects

_TERMS = ("issued", "topped_up", "spent", "refunded", "cancelled", "held", "available", "lapsed", "revoked")
_OF_BUDGET = ("budget", "issued", "topped_up", "lapsed", "revoked")
_REOPENS = "withdrawn"
"""The one movement whose effect on the open items depends on nothing: all of it is open again."""


def unexplained(changes: Sequence[Change], moved: Iterable[Moved]) -> Iterator[str]:
    """A sentence for each amount of a record that changed otherwise than the movements say."""
    of_vouchers: Counter[tuple[str, str]] = Counter()
    of_budgets: Counter[tuple[str, str]] = Counter()
    of_items: Counter[str] = Counter()
    for movement in moved:
        if movement.voucher:
            _add(VOUCHER, movement, of_vouchers, movement.voucher)
        _add(BUDGET, movement, of_budgets, movement.scheme)
        if movement.shop:
            place = f"{movement.scheme}/{movement.shop}"
            effects = dict(SHOP.get(movement.kind, ()))
            sign = 1 if movement.kind == _REOPENS else effects.get("open", 0)
            of_items[place] += sign * movement.cents
    for change in changes:
        match change.kind:
            case "voucher":
                thing = change.key.rpartition("/")[2]
                for term in _TERMS:
                    of_vouchers[thing, term] -= _difference(change, f"{term}_cents")
            case "budget":
                thing = change.key.partition("/")[2]
                for term in _OF_BUDGET:
                    of_budgets[thing, term] -= _difference(change, f"{term}_cents")
            case kind if kind == ITEM:
                _, scheme, shop, *_ = change.key.split("/")
                of_items[f"{scheme}/{shop}"] -= _open(change.after) - _open(change.before)
    yield from _sentences("voucher", of_vouchers)
    yield from _sentences("the budget of scheme", of_budgets)
    for place, cents in of_items.items():
        if cents:
            scheme, _, shop = place.partition("/")
            yield (
                f"the open items of shop {shop} under scheme {scheme} differ by {-cents} cents from what "
                "moved"
            )


def _sentences(thing: str, differences: Counter[tuple[str, str]]) -> Iterator[str]:
    for (name, term), cents in differences.items():
        if cents and term != "unissued":
            yield f"{term} of {thing} {name} differs by {-cents} cents from what moved"


def _add(effects: Effects, movement: Moved, sums: Counter[tuple[str, str]], thing: str) -> None:
    for term, sign in effects.get(movement.kind, ()):
        sums[thing, term] += sign * movement.cents


def _difference(change: Change, member: str) -> int:
    return int((change.after or {}).get(member, 0)) - int((change.before or {}).get(member, 0))


def _open(item: dict[str, object] | None) -> int:
    """What an item counts for while no settlement includes it, in cents."""
    return int(str(item["cents"])) if item and not item.get("settlement") else 0
