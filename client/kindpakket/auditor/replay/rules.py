"""What all rules of the replay share: findings, second persons, lines, bulks, layouts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from kindpakket.auditor.books import Books, ShopBook, is_layout_1
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.ledger.days import day_after, first_instant
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Line, Rules

MAX_CENTS = 10**8
"""The largest amount, in cents, and the most that one voucher may be given."""
MAX_BUDGET = 10**12
"""The largest budget, in cents."""
_BULK = 500
_MAX_LINES = 20
_MAX_DAYS = {
    "hold_days": 366,
    "extension_days": 366,
    "refund_grace_days": 36_500,
    "settlement_days": 36_500,
    "retention_days": 36_500,
}


class Findings:
    """Collects what is wrong with one request."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Something is wrong."""
        self.sentences.append(sentence)

    def expect(self, kept: bool, sentence: str) -> None:
        """Something is wrong unless the rule was kept."""
        if not kept:
            self.sentences.append(sentence)

    def expect_state(self, thing: str, state: str, *allowed: str) -> None:
        """A step is possible from some states only."""
        self.expect(state in allowed, f"{thing} is {state}, and this needs {' or '.join(allowed)}")

    def expect_second_person(self, first: str, second: str) -> None:
        """Two steps need two persons."""
        self.expect(bool(second) and first != second, f"one person, {first}, did both steps")

    def expect_decider(self, request: CommittedRequest, proposer: str) -> None:
        """An approver decides against a proposal, or who made it takes it back."""
        may = request.role == "approver" or request.person == proposer
        self.expect(may, f"{request.person} is no approver, and {proposer} proposed it")

    def expect_own(self, request: CommittedRequest, shop: ShopBook) -> None:
        """A till acts for its own shop, and for the organisation that the shop belongs to."""
        own = (request.shop, request.mspid) == (shop.id, shop.msp)
        self.expect(own, f"shop {shop.id} is not that of the till, which belongs to {request.shop or 'none'}")

    def expect_lines(self, lines: Sequence[Line]) -> None:
        """Lines are few, of different categories, and of amounts."""
        codes = [line["category"] for line in lines]
        self.expect(0 < len(lines) <= _MAX_LINES, f"{len(lines)} lines")
        self.expect(len(set(codes)) == len(codes), "a category stands in two lines")
        for line in lines:
            self.expect(0 < line["cents"] <= MAX_CENTS, f"{line['cents']} cents are no amount")

    def expect_bulk(self, ids: Collection[str]) -> None:
        """A bulk names each thing once, and not too many."""
        self.expect(0 < len(ids) <= _BULK, f"{len(ids)} in one request")
        self.expect(len(set(ids)) == len(ids), "the request names one of them twice")

    def expect_rules(self, rules: Rules, layout_2: bool) -> None:
        """Rules do not contradict each other."""
        presets, products = rules.get("presets", {}), rules.get("products", {})
        codes = [category["code"] for category in rules["categories"]]
        self.expect(rules["starts_on"] <= rules["ends_on"], "the rules end before they start")
        self.expect(bool(presets or products), "the rules have neither a preset nor a product")
        self.expect(not presets.keys() & products.keys(), "a code is both a preset and a product")
        for code, product in products.items():
            known = product["category"] in codes
            self.expect(known, f"product {code} is in no category of the rules")
        self.expect(bool(codes) and len(set(codes)) == len(codes), "the rules name a category twice, or none")
        self._expect_amounts(rules)
        self._expect_end(rules)
        if is_layout_1(rules):
            self.expect(not layout_2, "the rules do not say how long a hold may last")
            return
        for name, most in _MAX_DAYS.items():
            days = rules[name]  # type: ignore[literal-required]
            self.expect(0 <= days <= most, f"{days} {name}")

    def _expect_amounts(self, rules: Rules) -> None:
        """Everything that is paid is an amount, and some payment is possible."""
        least = rules["payment_min_cents"]
        caps = {rules["payment_cap_cents"], rules["day_cap_cents"]}
        amounts = [least, *caps, rules["paper_cap_cents"], *rules.get("presets", {}).values()]
        amounts += [product["max_cents"] for product in rules.get("products", {}).values()]
        amounts += [one["cap_cents"] for one in rules["categories"] if "cap_cents" in one]
        for cents in amounts:
            self.expect(0 < cents <= MAX_CENTS, f"{cents} cents are no amount")
        self.expect(0 < rules.get("settlement_cents", 1) <= MAX_BUDGET, "settlement_cents is no amount")
        self.expect(least <= min(caps), f"the smallest payment of {least} cents is above a cap")
        proofs = rules["proofs"]
        kinds = set(proofs) <= {"key", "booklet"} and 0 < len(proofs) == len(set(proofs))
        self.expect(kinds, f"the rules take proofs by {', '.join(proofs) or 'nothing'}")
        payable = "booklet" not in proofs or least <= rules["paper_cap_cents"]
        self.expect(payable, f"the smallest payment of {least} cents is above the cap on paper")

    def _expect_end(self, rules: Rules) -> None:
        """Vouchers end within the last day, and records are kept from an end."""
        given, last = rules.get("ends_at"), rules["ends_on"]
        within = given is None or first_instant(last) < given <= first_instant(day_after(last, 1))
        self.expect(within, f"the rules end at {given}, which does not lie within {last}")
        start = rules.get("retention_from", "end")
        self.expect(start in ("end", "closing"), f"the rules keep records from the {start} on")


Handler: TypeAlias = Callable[[Books, Findings, CommittedRequest, Domain], None]
"""How an operation changes the books, and what it finds."""
Handlers: TypeAlias = Mapping[str, Handler]

_OF_LAYOUT_1 = frozenset(
    {
        "organisations:Initialise",
        "scheme:Draft",
        "scheme:Approve",
        "scheme:Open",
        "scheme:Pause",
        "scheme:CloseDay",
        "shop:Apply",
        "shop:Approve",
        "shop:Suspend",
        "shop:Reinstate",
        "voucher:RecordCases",
        "voucher:Issue",
        "voucher:Activate",
        "voucher:Block",
        "voucher:Unblock",
        "payment:Pay",
        "payment:Cancel",
        "payment:Refund",
        "settlement:Draft",
        "settlement:Approve",
        "settlement:Withdraw",
        "settlement:Export",
        "settlement:Book",
    }
)


def shows_layout_2(operation: str, request: Mapping[str, Any]) -> bool:
    """Whether only a chaincode of layout 2 can have taken a request: layout 1 refused all it did not know."""
    match operation:
        case "scheme:Draft":
            return "hold_days" in request.get("rules", {})
        case "voucher:Unblock":
            return "reason" in request
        case "voucher:Activate":
            return any("self_block" in activation for activation in request.get("activations", ()))
        case _:
            return operation not in _OF_LAYOUT_1
