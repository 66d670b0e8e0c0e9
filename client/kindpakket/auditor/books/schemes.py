"""Schemes and changes to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

from kindpakket.auditor.books.allocations import AllocationBook
from kindpakket.auditor.books.decisions import expiry
from kindpakket.auditor.books.terms import Terms
from kindpakket.auditor.books.vouchers import VoucherBook
from kindpakket.ledger.days import day_after, first_instant
from kindpakket.ledger.records import Item, ItemKind, Rules

_LAYOUT_2_DAYS = ("hold_days", "extension_days", "refund_grace_days", "settlement_days")


def is_layout_1(rules: Rules) -> bool:
    """Whether rules were agreed under layout 1 of the ledger, which had no holds."""
    return "hold_days" not in rules


def agreed(rules: Rules) -> Rules:
    """The rules as two persons agreed on them; under layout 1 without holds, extensions, grace and rhythm."""
    return cast(Rules, {**rules, **dict.fromkeys(_LAYOUT_2_DAYS, 0)}) if is_layout_1(rules) else rules


def end_of(rules: Rules) -> int:
    """The first instant, in Unix seconds, at which a voucher under these rules can no longer be spent."""
    given = rules.get("ends_at")
    return first_instant(day_after(rules["ends_on"], 1)) if given is None else given


@dataclass(slots=True)
class ChangeBook:
    """A change of a scheme, recomputed from the requests; `content` has the members of its kind."""

    id: str
    kind: str
    reason: str
    proposed_by: str
    proposed_at: int
    base_version: int = 0
    content: dict[str, Any] = field(default_factory=dict)
    state: str = "proposed"
    decided_by: str = ""
    reject_reason: str = ""
    version: int = 0

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "kind": self.kind,
            "state": self.state,
            "reason": self.reason,
            "proposed_by": self.proposed_by,
            "proposed_at": self.proposed_at,
            "expires_at": expiry(self.proposed_at),
            "base_version": self.base_version or None,
            "decided_by": self.decided_by or None,
            "reject_reason": self.reject_reason or None,
            "version": self.version or None,
            **{name: self.content.get(name) for name in ("rules", "applies_to", "add_cents", "remove_cents")},
        }


@dataclass(slots=True)
class SchemeBook:
    """A scheme, recomputed from the requests.

    Attributes:
        versions: its rules, version 1 first.
        floor: the version that applies to all vouchers issued under an earlier one; 0 if there is none.
        issued, topped_up, lapsed, revoked: the budget's terms, in cents, as the requests moved them.
        unsettled: maps a shop to its open items, which map (day, id) to cents.
        kinds: maps an item that is neither a payment nor a refund to its kind.
    """

    id: str
    versions: list[Rules]
    budget: int
    drafted_by: str
    state: str = "draft"
    floor: int = 0
    approved_by: str = ""
    opened_by: str = ""
    paused_by: str = ""
    pause_reason: str = ""
    closed_by: str = ""
    close_reason: str = ""
    closed_at: int = 0
    closed_until: str = ""
    issued: int = 0
    topped_up: int = 0
    lapsed: int = 0
    revoked: int = 0
    vouchers: MutableMapping[str, VoucherBook] = field(default_factory=dict)
    changes: MutableMapping[str, ChangeBook] = field(default_factory=dict)
    allocations: MutableMapping[str, AllocationBook] = field(default_factory=dict)
    unsettled: MutableMapping[str, MutableMapping[tuple[str, str], int]] = field(default_factory=dict)
    kinds: MutableMapping[tuple[str, str], ItemKind] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """The newest rules."""
        return self.versions[-1]

    def rules_for(self, voucher: VoucherBook) -> Rules:
        """The rules that apply to a voucher."""
        return self.versions[max(voucher.rules_version, self.floor) - 1]

    @property
    def unallocated(self) -> int:
        """What the budget has left, in cents."""
        return self.budget - self.issued - self.topped_up + self.lapsed + self.revoked - self.allocated

    @property
    def allocated(self) -> int:
        """What approved allocations still reserve, in cents."""
        return sum(allocation.reserved for allocation in self.allocations.values())

    def terms(self) -> Terms:
        """The sums over all vouchers."""
        return Terms.sum(voucher.terms for voucher in self.vouchers.values())

    def by_category(self) -> dict[str, int]:
        """Net cents by category; only categories that were spent in."""
        total: Counter[str] = Counter()
        for voucher in self.vouchers.values():
            total.update(voucher.by_category)
        return {category: cents for category, cents in sorted(total.items()) if cents}

    def open(self, shop: str, item: Item) -> None:
        """Add an open item of a shop."""
        place = item["day"], item["id"]
        self.unsettled.setdefault(shop, {})[place] = item["cents"]
        if "kind" in item:
            self.kinds[place] = item["kind"]

    def items(self, shop: str, until: str) -> list[Item]:
        """A shop's open items up to and including a day, oldest first."""
        opened = self.unsettled.get(shop, {})
        return [self._item(place, opened[place]) for place in sorted(opened) if place[0] <= until]

    def _item(self, place: tuple[str, str], cents: int) -> Item:
        item: Item = {"id": place[1], "day": place[0], "cents": cents}
        if place in self.kinds:
            item["kind"] = self.kinds[place]
        return item

    def unsettled_cents(self, shop: str) -> int:
        """The sum of a shop's open items."""
        return sum(self.unsettled.get(shop, {}).values())

    def take_back(self, destination: str, cents: int) -> None:
        """Return money of a voucher to the budget, as `lapsed` or `revoked`."""
        if destination == "lapsed":
            self.lapsed += cents
        else:
            self.revoked += cents

    def budget_members(self) -> dict[str, int]:
        """The budget's terms, in cents, under the names of the ledger's record."""
        return {
            "budget_cents": self.budget,
            "issued_cents": self.issued,
            "topped_up_cents": self.topped_up,
            "lapsed_cents": self.lapsed,
            "revoked_cents": self.revoked,
            "allocated_cents": self.allocated,
            "unallocated_cents": self.unallocated,
        }

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        optional = (
            "approved_by",
            "opened_by",
            "paused_by",
            "pause_reason",
            "closed_by",
            "close_reason",
            "closed_at",
        )
        return {
            "state": self.state,
            "rules_version": len(self.versions),
            "rules_floor": self.floor or None,
            "drafted_by": self.drafted_by,
            **{name: getattr(self, name) or None for name in optional},
        }
